package report

import (
	"fmt"
	"strconv"
	"strings"
)

// bookStyles are the formats of a workbook that is returned: its own, and after
// them ours. Cells beside the workbook's have its fonts, fills and borders.
type bookStyles struct {
	doc   *document
	fonts []element
	xfs   []element
	base  int // the number of our first look
	codes int // of the next number format of ours
	made  map[madeStyle]int
	runs  map[int]string // by format, see runFont
}

// A madeStyle is a format made of one of the workbook's.
type madeStyle struct {
	of, look int
	quoted   bool
	code     string // of its numbers
	open     bool   // its cells can be edited in a protected sheet
}

var stylesOrder = []string{"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst"}

func readStyles(raw []byte) (*bookStyles, error) {
	doc, err := parseDocument(raw)
	if err != nil {
		return nil, err
	}
	s := &bookStyles{doc: doc, codes: 164, made: map[madeStyle]int{}, runs: map[int]string{}}
	lists := map[string][]element{}
	for _, name := range []string{"numFmts", "fonts", "fills", "cellXfs"} {
		if at := doc.find(name); at >= 0 {
			if lists[name], err = inner(doc.children[at].raw); err != nil {
				return nil, err
			}
		}
	}
	for _, format := range lists["numFmts"] {
		if id, _ := attribute(format.raw, "numFmtId"); id != "" {
			n, _ := strconv.Atoi(id) // 0 where it is none
			s.codes = max(s.codes, n+1)
		}
	}
	s.fonts, s.xfs = lists["fonts"], lists["cellXfs"]
	font, fill := len(s.fonts), len(lists["fills"])
	s.add("fonts", ownFonts)
	s.add("fills", ownFill)
	s.base = len(s.xfs)
	s.add("cellXfs", lookFormats(font, fill))
	return s, nil
}

// add adds elements to a list, and keeps in step with them.
func (s *bookStyles) add(list, text string) {
	s.doc.add(list, text, stylesOrder)
	root := "<x>" + text + "</x>"
	added, _ := inner(root) // of ours
	switch list {
	case "fonts":
		s.fonts = append(s.fonts, added...)
	case "cellXfs":
		s.xfs = append(s.xfs, added...)
	}
}

// number returns the number of a format for our cells beside one of that format.
func (s *bookStyles) number(m madeStyle) int {
	if n, ok := s.made[m]; ok {
		return n
	}
	xf := `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`
	if m.of < len(s.xfs) {
		xf = s.xfs[m.of].raw
	}
	tag := strings.TrimSuffix(strings.TrimSuffix(startTag(xf), ">"), "/")
	tag = "<xf" + strings.TrimPrefix(tag, tagName.FindString(tag)) + ">"
	code := "0"
	if m.code != "" {
		code = s.format(m.code)
	}
	set := map[string]string{"numFmtId": code, "applyNumberFormat": "1", "applyAlignment": "1", "quotePrefix": ""}
	if m.quoted {
		set["quotePrefix"] = "1"
	}
	place, wrap := "top", ` wrapText="1"`
	switch m.look {
	case footCell:
		place = "bottom"
	case plainCell, moneyCell, dateCell:
		wrap = ""
	case linkCell:
		set["fontId"], set["applyFont"] = strconv.Itoa(s.linkFont(tag)), "1"
	}
	protection := ""
	if m.open {
		protection, set["applyProtection"] = `<protection locked="0"/>`, "1"
	}
	for _, name := range []string{"numFmtId", "applyNumberFormat", "applyAlignment", "quotePrefix", "fontId", "applyFont", "applyProtection"} {
		if value, ok := set[name]; ok {
			tag = withAttribute(tag, name, value)
		}
	}
	n := len(s.xfs)
	s.add("cellXfs", fmt.Sprintf(`%s<alignment vertical="%s"%s/>%s</xf>`, tag, place, wrap, protection))
	s.made[m] = n
	return n
}

// format returns the number of a number format, which is made.
func (s *bookStyles) format(code string) string {
	id := strconv.Itoa(s.codes)
	s.codes++
	s.add("numFmts", withAttribute(`<numFmt numFmtId="`+id+`"/>`, "formatCode", code))
	return id
}

// font returns the font of a format, without its element.
func (s *bookStyles) font(xf string) []element {
	id, _ := attribute(xf, "fontId")
	n, _ := strconv.Atoi(id) // 0 where there is none
	if n >= len(s.fonts) {
		return nil
	}
	parts, _ := inner(s.fonts[n].raw) // it was read before
	return parts
}

// linkFont makes the font of a link out of that of a format.
func (s *bookStyles) linkFont(xf string) int {
	text := `<font><u/>`
	for _, part := range s.font(xf) {
		if part.name == "color" {
			text += `<color rgb="FF1F5C99"/>`
		} else if part.name != "u" {
			text += plainTag(part)
		}
	}
	n := len(s.fonts)
	s.add("fonts", text+`</font>`)
	return n
}

// runFont returns the font of a format as the runs of a cell repeat it.
func (s *bookStyles) runFont(style int) string {
	font, known := s.runs[style]
	if known || style >= len(s.xfs) {
		return font
	}
	for _, part := range s.font(s.xfs[style].raw) {
		switch part.name {
		case "b":
		case "name":
			value, _ := attribute(part.raw, "val")
			font += withAttribute(`<rFont/>`, "val", value)
		default:
			font += plainTag(part)
		}
	}
	s.runs[style] = font
	return font
}

// plainTag returns an element without children and without a prefix.
func plainTag(e element) string {
	attributes := strings.TrimPrefix(strings.TrimRight(startTag(e.raw), "/>"), tagName.FindString(e.raw))
	return "<" + e.name + attributes + "/>"
}

// String returns the XML of the part.
func (s *bookStyles) String() (string, error) {
	for _, list := range []string{"numFmts", "fonts", "fills", "cellXfs"} {
		if err := s.doc.setCount(list); err != nil {
			return "", err
		}
	}
	return s.doc.String(), nil
}
