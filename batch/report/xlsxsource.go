package report

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What is returned with the answers in it. More is written anew.
const (
	mostReturnedRows = 50_000
	mostReturned     = 100 << 20 // bytes
	largestPart      = 64 << 20  // bytes of a part that is changed, but for the sheet
)

// A sourceBook is the workbook of questions, which is returned with the answers
// in it. All of its parts are copied as they are but those that have to know of
// the answers; in these, all is left that is not about them. (A library that
// loads a workbook and saves it does not do: excelize, in a trial with a
// workbook of charts, comments, conditional formats and macros, wrote the theme,
// the formats, and every sheet that it touched in its own words, and dropped
// attributes of newer versions of Excel.)
type sourceBook struct {
	zip   *zip.ReadCloser
	name  string // of the workbook's part, as all names of parts without the first slash
	sheet string // of the questions'
	index int    // of that sheet among all

	book, rels, types, sheetRels *document
	stylesName                   string
	styles                       *bookStyles
	date1904                     bool
	added, named                 []string // new parts and sheets
}

// openSource opens the workbook. The error says why it cannot be returned.
func openSource(s Source) (*sourceBook, error) {
	info, err := os.Stat(s.Path)
	switch {
	case s.Unfit != "":
		return nil, errors.New(s.Unfit)
	case err != nil:
		return nil, cause(err)
	case info.Size() > mostReturned:
		return nil, fmt.Errorf("it is larger than %d MB", mostReturned>>20)
	case s.HeaderRow == 0:
		return nil, errors.New("it has no row of names")
	}
	b := &sourceBook{}
	if b.zip, err = zip.OpenReader(s.Path); err != nil {
		return nil, cause(err)
	}
	if err := b.open(s.Sheet); err != nil {
		b.zip.Close() // only read from
		return nil, err
	}
	return b, nil
}

func (b *sourceBook) open(sheet string) (err error) {
	if b.types, err = b.read("[Content_Types].xml"); err != nil {
		return err
	}
	root, err := b.relations("")
	if err != nil {
		return err
	}
	b.name = root.target("officeDocument")
	if b.book, err = b.read(b.name); err != nil {
		return err
	}
	if strings.Contains(b.book.head, "purl.oclc.org") {
		return errors.New("it is in the strict form of Open XML")
	}
	rels, err := b.relations(b.name)
	if err != nil {
		return err
	}
	b.rels = rels.document
	if at := b.book.find("workbookPr"); at >= 0 {
		value, _ := attribute(b.book.children[at].raw, "date1904")
		b.date1904 = value == "1" || value == "true"
	}
	if err := b.findSheet(sheet, rels); err != nil {
		return err
	}
	sheetRels, err := b.relations(b.sheet)
	if err != nil {
		return err
	}
	b.sheetRels = sheetRels.document
	return b.readStyles(rels)
}

// readStyles reads the formats. A workbook without any gets a part with the plain one.
func (b *sourceBook) readStyles(rels relations) (err error) {
	raw := []byte(plainStyles)
	if b.stylesName = rels.target("styles"); b.stylesName != "" {
		if raw, err = b.bytes(b.stylesName); err != nil {
			return err
		}
	} else {
		b.stylesName = path.Join(rels.folder, "styles.xml") // the only name that some programs look for
		b.rels.relate("styles", b.stylesName)
		b.override(b.stylesName, sheetTypes+"styles+xml")
	}
	b.styles, err = readStyles(raw)
	return err
}

// findSheet finds the sheet of the questions by its name.
func (b *sourceBook) findSheet(name string, rels relations) error {
	sheets, err := b.sheets()
	if err != nil {
		return err
	}
	for i, s := range sheets {
		if title, _ := attribute(s.raw, "name"); title != name {
			continue
		}
		b.sheet, b.index = rels.byID(relationID(s.raw)), i
	}
	if b.find(b.sheet) == nil {
		return fmt.Errorf("its sheet %q is not found", name)
	}
	return nil
}

// sheets returns the elements that list the sheets.
func (b *sourceBook) sheets() ([]element, error) {
	at := b.book.find("sheets")
	if at < 0 {
		return nil, errors.New("it lists no sheets")
	}
	return inner(b.book.children[at].raw)
}

// find finds a part by its name, in any case.
func (b *sourceBook) find(name string) *zip.File {
	at := slices.IndexFunc(b.zip.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, name) })
	if at < 0 || name == "" {
		return nil
	}
	return b.zip.File[at]
}

// bytes returns a part that is to be changed.
func (b *sourceBook) bytes(name string) ([]byte, error) {
	f := b.find(name)
	if f == nil {
		return nil, fmt.Errorf("it has no part %q", name)
	}
	if f.UncompressedSize64 > largestPart {
		return nil, fmt.Errorf("%s is larger than %d MB", name, largestPart>>20)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, largestPart))
	if err == nil && (bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff"))) {
		err = errNotUTF8
	}
	return raw, err
}

func (b *sourceBook) read(name string) (*document, error) {
	raw, err := b.bytes(name)
	if err != nil {
		return nil, err
	}
	doc, err := parseDocument(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return doc, nil
}

// append adds a child at the end.
func (d *document) append(name, raw string) {
	d.children = append(d.children, element{name, withPrefix(raw, d.prefix)})
}

// unused returns a name for a new part, with a number in it.
func (b *sourceBook) unused(form string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf(form, n)
		if b.find(name) == nil && !slices.Contains(b.added, name) {
			b.added = append(b.added, name)
			return name
		}
	}
}

// override says of what kind a part is.
func (b *sourceBook) override(part, kind string) {
	for i, c := range b.types.children {
		if name, _ := attribute(c.raw, "PartName"); strings.EqualFold(name, "/"+part) {
			b.types.children[i].raw = withAttribute(c.raw, "ContentType", kind)
			return
		}
	}
	b.types.append("Override", fmt.Sprintf(`<Override PartName="/%s" ContentType="%s"/>`, part, kind))
}

// freeName returns a name for a new sheet, with a number where it is taken.
func (b *sourceBook) freeName(name string) string {
	sheets, _ := b.sheets() // they were read before
	taken := slices.Clone(b.named)
	for _, s := range sheets {
		title, _ := attribute(s.raw, "name")
		taken = append(taken, title)
	}
	for n := 1; ; n++ {
		free := numbered(name, n)
		if !slices.ContainsFunc(taken, func(title string) bool { return strings.EqualFold(title, free) }) {
			b.named = append(b.named, free)
			return free
		}
	}
}

var anchors = regexp.MustCompile(`(?s)<(?:\w+:)?(?:to|from)>\s*<(?:\w+:)?col>(\d+)<.*?<(?:\w+:)?row>(\d+)<`)

// besidePictures returns the first column from the given one on, counted from 0, in
// which no picture or chart stands at the rows from the header down.
func (b *sourceBook) besidePictures(column, header int) int {
	drawing := relations{b.sheetRels, path.Dir(b.sheet)}.target("drawing")
	raw, err := b.bytes(drawing)
	if err != nil {
		return column // there is none
	}
	for _, m := range anchors.FindAllStringSubmatch(string(raw), -1) {
		at, _ := strconv.Atoi(m[1]) // digits
		if row, _ := strconv.Atoi(m[2]); row >= header-1 {
			column = max(column, at+1)
		}
	}
	return column
}
