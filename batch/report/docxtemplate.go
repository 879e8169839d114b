package report

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
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

// inFolder returns a part by its address, as seen from the folder of another.
func inFolder(folder, target string) string {
	if strings.HasPrefix(target, "/") {
		return path.Clean(target)[1:]
	}
	return path.Join(folder, target)
}

// content returns the content of a part, or nil if there is no such part.
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

// rels returns the relationships of a part, or of the whole.
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
