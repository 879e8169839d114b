package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
