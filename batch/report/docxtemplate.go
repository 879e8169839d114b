package report

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A wordTemplate is what a document takes from another one: styles, header,
// footer, the page, and the lists that its styles use. Nothing of the other's
// text or properties is in it.
type wordTemplate struct {
	plain    bool // there is none
	styles   string
	ids      map[string]string // of its styles, by their names in lower case
	section  string            // the page, header and footer
	width    int               // of the text on the page, in twentieths of a point
	settings string
	rels     string // from the document to the parts
	types    string // of the parts
	parts    []wordPart
	lists    wordLists
}

type wordPart struct {
	name    string
	content []byte
}

// wordLists are a template's lists, in three pieces between which ours stand.
type wordLists struct {
	kinds, lists, rest string
	lastKind, lastList int
}

var plainLists = wordLists{kinds: xmlHead + `<w:numbering ` + wordNS + `>`, rest: `</w:numbering>`}

var plainTemplate = &wordTemplate{
	plain: true, lists: plainLists, width: 9360,
	section: `<w:sectPr><w:headerReference w:type="default" r:id="header"/><w:footerReference w:type="default" r:id="footer"/><w:pgSz w:w="12240" w:h="15840"/>` +
		`<w:pgMar w:top="1440" w:right="1440" w:bottom="1224" w:left="1440" w:header="720" w:footer="576" w:gutter="0"/></w:sectPr>`,
	rels:  relationship("header", relNS+"/header", "header1.xml") + relationship("footer", relNS+"/footer", "footer1.xml"),
	types: override("word/header1.xml", wordTypes+"header+xml") + override("word/footer1.xml", wordTypes+"footer+xml"),
}

// largestTemplate is how much of a template is read, in bytes.
const largestTemplate = 64 << 20

// readWordTemplate reads a template; of no name: ours.
func readWordTemplate(name string) (*wordTemplate, error) {
	if name == "" {
		return plainTemplate, nil
	}
	t, err := parseWordTemplate(name)
	if err != nil {
		return nil, fmt.Errorf("take the styles of %s: %w", name, cause(err))
	}
	return t, nil
}

func parseWordTemplate(name string) (*wordTemplate, error) {
	z, err := zip.OpenReader(name)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("it is no Word document (.docx)")
	}
	if err != nil {
		return nil, err
	}
	defer z.Close()
	r := &templateReader{zip: &z.Reader, t: &wordTemplate{lists: plainLists}, left: largestTemplate}
	return r.t, r.read()
}

type templateReader struct {
	zip    *zip.Reader
	t      *wordTemplate
	left   int64
	types  map[string]string // content types by part, or by extension
	copied map[string]bool
}

type wordRel struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
	Mode   string `xml:"TargetMode,attr"`
}

func (r *templateReader) read() error {
	if err := r.readTypes(); err != nil {
		return err
	}
	main := ""
	rels, err := r.rels("")
	for _, rel := range rels {
		if strings.HasSuffix(rel.Type, "/officeDocument") {
			main = inFolder("", rel.Target)
		}
	}
	if err != nil || !strings.Contains(r.types[main], "wordprocessingml") {
		return errors.Join(err, errors.New("it is no Word document (.docx)"))
	}
	if rels, err = r.rels(main); err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, rel := range rels {
		if rel.Mode == "External" {
			continue
		}
		part := inFolder(path.Dir(main), rel.Target)
		switch path.Base(rel.Type) {
		case "styles":
			err = r.readStyles(part)
		case "numbering":
			err = r.readLists(part)
		case "settings":
			err = r.readSettings(part)
		case "header", "footer", "theme":
			kept[rel.ID] = true
			r.t.rels += relationship("t"+rel.ID, rel.Type, "/"+part)
			err = r.copy(part)
		}
		if err != nil {
			return err
		}
	}
	if r.t.styles == "" {
		return errors.New("it has no styles")
	}
	return r.readSection(main, kept)
}

// inFolder is a part by its address, as seen from the folder of another.
func inFolder(folder, target string) string {
	if strings.HasPrefix(target, "/") {
		return path.Clean(target)[1:]
	}
	return path.Join(folder, target)
}

// content is that of a part, or nil where there is none.
func (r *templateReader) content(name string) ([]byte, error) {
	for _, f := range r.zip.File {
		if strings.TrimPrefix(f.Name, "/") != name {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer in.Close()
		b, err := io.ReadAll(io.LimitReader(in, r.left+1))
		if r.left -= int64(len(b)); err == nil && r.left < 0 {
			err = fmt.Errorf("it is larger than %d MB", largestTemplate>>20)
		}
		return b, err
	}
	return nil, nil
}

func (r *templateReader) parse(name string, v any) error {
	b, err := r.content(name)
	if err != nil || b == nil {
		return err
	}
	if err := xml.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s in it: %w", name, err)
	}
	return nil
}

func (r *templateReader) readTypes() error {
	var types struct {
		Default []struct {
			Extension   string `xml:"Extension,attr"`
			ContentType string `xml:"ContentType,attr"`
		}
		Override []struct {
			PartName    string `xml:"PartName,attr"`
			ContentType string `xml:"ContentType,attr"`
		}
	}
	err := r.parse("[Content_Types].xml", &types)
	r.types, r.copied = map[string]string{}, map[string]bool{}
	for _, d := range types.Default {
		r.types["."+strings.ToLower(d.Extension)] = d.ContentType
	}
	for _, o := range types.Override {
		r.types[strings.TrimPrefix(o.PartName, "/")] = o.ContentType
	}
	return err
}

// rels are the relationships of a part, or of the whole.
func (r *templateReader) rels(part string) ([]wordRel, error) {
	var list struct{ Relationship []wordRel }
	err := r.parse(path.Join(path.Dir(part), "_rels", path.Base("/"+part)+".rels"), &list)
	return list.Relationship, err
}

// copy takes a part over as it is, with the pictures that are in it.
func (r *templateReader) copy(part string) error {
	b, err := r.content(part)
	if err != nil || b == nil || r.copied[part] {
		return err
	}
	r.copied[part] = true
	kind := r.types[part]
	if kind == "" {
		kind = r.types[strings.ToLower(path.Ext(part))]
	}
	r.t.types += override(part, kind)
	r.t.parts = append(r.t.parts, wordPart{part, b})
	rels, err := r.rels(part)
	if err != nil || rels == nil {
		return err
	}
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if b, err = r.content(name); err != nil {
		return err
	}
	r.t.parts = append(r.t.parts, wordPart{name, b})
	for _, rel := range rels {
		if rel.Mode == "External" {
			continue
		}
		if err := r.copy(inFolder(path.Dir(part), rel.Target)); err != nil {
			return err
		}
	}
	return nil
}

func (r *templateReader) readStyles(part string) error {
	b, err := r.content(part)
	if err != nil {
		return err
	}
	var styles struct {
		Style []struct {
			ID   string `xml:"styleId,attr"`
			Name struct {
				Val string `xml:"val,attr"`
			} `xml:"name"`
		} `xml:"style"`
	}
	if err := xml.Unmarshal(b, &styles); err != nil {
		return fmt.Errorf("%s in it: %w", part, err)
	}
	if !strings.Contains(string(b), `"http://schemas.openxmlformats.org/wordprocessingml/2006/main"`) || !strings.Contains(string(b), "</w:styles>") {
		return errors.New("it is not as Word writes documents: save it in Word as .docx, not as Strict Open XML")
	}
	r.t.styles, r.t.ids = string(b), map[string]string{}
	for _, s := range styles.Style {
		r.t.ids[strings.ToLower(s.Name.Val)] = s.ID
	}
	return nil
}

var (
	listKinds = regexp.MustCompile(`<w:abstractNum [^>]*w:abstractNumId="([0-9]+)"`)
	listIDs   = regexp.MustCompile(`<w:num [^>]*w:numId="([0-9]+)"`)
)

func (r *templateReader) readLists(part string) error {
	b, err := r.content(part)
	if err != nil || b == nil {
		return err
	}
	s, end := string(b), strings.LastIndex(string(b), "</w:numbering>")
	if end < 0 {
		return nil // an empty element
	}
	last := func(ids *regexp.Regexp) (n int) {
		for _, m := range ids.FindAllStringSubmatch(s, -1) {
			id, _ := strconv.Atoi(m[1])
			n = max(n, id)
		}
		return n
	}
	at, after := end, end
	if first := listIDs.FindStringIndex(s); first != nil {
		at = first[0]
		after = strings.LastIndex(s, "</w:num>") + len("</w:num>")
	}
	if after < at {
		return fmt.Errorf("%s in it is not as Word writes it", part)
	}
	r.t.lists = wordLists{s[:at], s[at:after], s[after:], last(listKinds), last(listIDs)}
	return nil
}

// readSettings takes over that left and right pages differ.
func (r *templateReader) readSettings(part string) error {
	b, err := r.content(part)
	if strings.Contains(string(b), "<w:evenAndOddHeaders/>") {
		r.t.settings = "<w:evenAndOddHeaders/>"
	}
	return err
}

type wordElement struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
}

// readSection reads the page, and which header and footer stand on it.
func (r *templateReader) readSection(main string, kept map[string]bool) error {
	var document struct {
		Section struct {
			Elements []wordElement `xml:",any"`
		} `xml:"body>sectPr"`
	}
	if err := r.parse(main, &document); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(`<w:sectPr>`)
	r.t.width = plainTemplate.width
	size := map[string]int{}
	for _, e := range document.Section.Elements {
		name := e.XMLName.Local
		if !slices.Contains([]string{"headerReference", "footerReference", "pgSz", "pgMar", "titlePg"}, name) {
			continue
		}
		attrs, known := "", true
		for _, a := range e.Attrs {
			prefix, value := "w:", a.Value
			if strings.HasSuffix(a.Name.Space, "/relationships") {
				prefix, value, known = "r:", "t"+value, kept[value]
			}
			size[name+" "+a.Name.Local], _ = strconv.Atoi(a.Value) // 0 for what is no number
			attrs += " " + prefix + a.Name.Local + `="` + xmlEscaped(value) + `"`
		}
		if known {
			b.WriteString(`<w:` + name + attrs + `/>`)
		}
	}
	b.WriteString(`</w:sectPr>`)
	if width := size["pgSz w"] - size["pgMar left"] - size["pgMar right"] - size["pgMar gutter"]; width > 0 {
		r.t.width = width
	}
	r.t.section = b.String()
	return nil
}

// styleIDs are the ids of the styles that a document uses, by their names.
func (t *wordTemplate) styleIDs() map[string]string {
	ids := map[string]string{}
	taken := slices.Collect(maps.Values(t.ids))
	for _, s := range wordStyles {
		id, ok := t.ids[strings.ToLower(s.name)]
		if !ok {
			id = s.id
			for slices.Contains(taken, id) {
				id = "bizbatch" + id
			}
		}
		ids[s.name] = id
	}
	return ids
}

// stylesXML are the template's styles, and ours as far as it has none by that
// name.
func (t *wordTemplate) stylesXML() string {
	ids := t.styleIDs()
	var ours strings.Builder
	for _, s := range wordStyles {
		if _, ok := t.ids[strings.ToLower(s.name)]; !ok {
			s.id = ids[s.name]
			ours.WriteString(s.xml(ids))
		}
	}
	all := placed(ours.String(), t.width)
	if t.plain {
		return xmlHead + `<w:styles ` + wordNS + `>` + wordDefaults + all + `</w:styles>`
	}
	at := strings.LastIndex(t.styles, "</w:styles>")
	return t.styles[:at] + all + t.styles[at:]
}

// placed are styles with the places on a line of the width.
func placed(styles string, width int) string {
	at := func(n int) string { return strconv.Itoa(n) }
	return strings.NewReplacer("{right}", at(width-10), "{middle}", at(width*6/10), "{after}", at(width*6/10+180)).Replace(styles)
}
