package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A wordStyle is a style of a Word document. Its name is that under which Word
// knows it in every language; a template may have it under another id.
type wordStyle struct {
	kind, id, name, based string
	next                  string
	paragraph, run        string // its properties
}

// wordStyles are the styles that a document uses. In braces are places on a line:
// its end, and where the space to sign ends.
var wordStyles = []wordStyle{
	{"paragraph", "Normal", "Normal", "", "", `<w:spacing w:after="120" w:line="264" w:lineRule="auto"/>`, ``},
	{"paragraph", "Title", "Title", "Normal", "Normal", `<w:spacing w:before="0" w:after="60" w:line="240" w:lineRule="auto"/>`, `<w:b/><w:color w:val="1F3A4D"/><w:sz w:val="44"/><w:szCs w:val="44"/>`},
	{"paragraph", "Subtitle", "Subtitle", "Normal", "Normal", `<w:spacing w:after="60"/>`, `<w:color w:val="595959"/>`},
	headingStyle(1, 30, `<w:pBdr><w:top w:val="single" w:sz="6" w:space="8" w:color="1F3A4D"/></w:pBdr><w:spacing w:before="480" w:after="100" w:line="240" w:lineRule="auto"/>`),
	headingStyle(2, 24, ""), headingStyle(3, 22, ""), headingStyle(4, 21, ""), headingStyle(5, 21, ""), headingStyle(6, 21, ""),
	{"paragraph", "TOCHeading", "TOC Heading", "Normal", "Normal", `<w:keepNext/><w:spacing w:before="360" w:after="120"/>`, `<w:b/><w:color w:val="1F3A4D"/><w:sz w:val="26"/><w:szCs w:val="26"/>`},
	{"paragraph", "TOC1", "toc 1", "Normal", "Normal", `<w:tabs><w:tab w:val="right" w:pos="{right}"/></w:tabs><w:spacing w:after="80"/><w:ind w:right="720"/>`, ``},
	{"paragraph", "ListParagraph", "List Paragraph", "Normal", "", `<w:spacing w:after="120"/><w:contextualSpacing/>`, ``},
	{"paragraph", "Quote", "Quote", "Normal", "Normal", `<w:pBdr><w:left w:val="single" w:sz="12" w:space="10" w:color="BFBFBF"/></w:pBdr><w:ind w:left="288"/>`, `<w:color w:val="404040"/>`},
	{"paragraph", "ShortAnswer", "Short Answer", "Normal", "Normal", `<w:keepLines/><w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="1F5C99"/></w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="EEF3F8"/><w:spacing w:before="120" w:after="160"/><w:ind w:left="200" w:right="100"/>`, ``},
	{"paragraph", "RowFields", "Row Fields", "Normal", "Normal", `<w:keepNext/><w:keepLines/><w:spacing w:after="120" w:line="240" w:lineRule="auto"/>`, `<w:color w:val="595959"/><w:sz w:val="18"/><w:szCs w:val="18"/>`},
	{"paragraph", "CodeBlock", "Code Block", "Normal", "Normal", `<w:shd w:val="clear" w:color="auto" w:fill="F4F4F4"/><w:spacing w:line="240" w:lineRule="auto"/>`, mono + `<w:sz w:val="18"/><w:szCs w:val="18"/>`},
	{"paragraph", "Source", "Source", "Normal", "Source Excerpt", `<w:keepNext/><w:keepLines/><w:spacing w:before="60" w:after="40" w:line="240" w:lineRule="auto"/><w:ind w:left="504" w:hanging="504"/>`, `<w:sz w:val="20"/><w:szCs w:val="20"/>`},
	{"paragraph", "SourceExcerpt", "Source Excerpt", "Normal", "", `<w:spacing w:after="100" w:line="240" w:lineRule="auto"/><w:ind w:left="504"/>`, `<w:color w:val="404040"/><w:sz w:val="18"/><w:szCs w:val="18"/>`},
	{"paragraph", "Checks", "Checks", "Normal", "Normal", `<w:keepNext/><w:keepLines/><w:spacing w:before="160"/>`, ``},
	{"paragraph", "Reviewer", "Reviewer", "Normal", "Normal", `<w:tabs><w:tab w:val="left" w:leader="underscore" w:pos="{middle}"/><w:tab w:val="left" w:pos="{after}"/><w:tab w:val="left" w:leader="underscore" w:pos="{right}"/></w:tabs><w:spacing w:before="320" w:after="240"/>`, ``},
	{"paragraph", "Header", "header", "Normal", "", `<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" w:color="BFBFBF"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="{right}"/></w:tabs><w:spacing w:after="0"/>`, small},
	{"paragraph", "Footer", "footer", "Normal", "", `<w:tabs><w:tab w:val="right" w:pos="{right}"/></w:tabs><w:spacing w:after="0"/>`, small},
	{"character", "Hyperlink", "Hyperlink", "", "", "", `<w:color w:val="1F5C99"/><w:u w:val="single"/>`},
	{"character", "CodeText", "Code Text", "", "", "", mono + `<w:sz w:val="19"/><w:szCs w:val="19"/><w:shd w:val="clear" w:color="auto" w:fill="F0F0F0"/>`},
	{"table", "TableGrid", "Table Grid", "", "", `<w:spacing w:after="0" w:line="240" w:lineRule="auto"/>`, ``},
}

const (
	mono  = `<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/>`
	small = `<w:color w:val="595959"/><w:sz w:val="17"/><w:szCs w:val="17"/>`
)

func headingStyle(level, size int, paragraph string) wordStyle {
	if paragraph == "" {
		paragraph = `<w:spacing w:before="240" w:after="80" w:line="240" w:lineRule="auto"/>`
	}
	n := fmt.Sprint(level)
	return wordStyle{
		"paragraph", "Heading" + n, "heading " + n, "Normal", "Normal",
		`<w:keepNext/><w:keepLines/>` + paragraph + fmt.Sprintf(`<w:outlineLvl w:val="%d"/>`, level-1),
		fmt.Sprintf(`<w:b/><w:color w:val="1F3A4D"/><w:sz w:val="%d"/><w:szCs w:val="%d"/>`, size, size),
	}
}

// xml returns the style, with the ids of the others as they are in the document.
func (s wordStyle) xml(ids map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<w:style w:type="%s" w:styleId="%s"`, s.kind, s.id)
	if s.id == "Normal" {
		b.WriteString(` w:default="1"`)
	}
	fmt.Fprintf(&b, `><w:name w:val="%s"/>`, s.name)
	if s.based != "" {
		fmt.Fprintf(&b, `<w:basedOn w:val="%s"/>`, xmlEscaped(ids[s.based]))
	}
	if s.next != "" {
		fmt.Fprintf(&b, `<w:next w:val="%s"/>`, xmlEscaped(ids[s.next]))
	}
	b.WriteString(`<w:uiPriority w:val="9"/><w:qFormat/>`)
	if s.paragraph != "" {
		b.WriteString(`<w:pPr>` + s.paragraph + `</w:pPr>`)
	}
	if s.run != "" {
		b.WriteString(`<w:rPr>` + s.run + `</w:rPr>`)
	}
	if s.kind == "table" {
		b.WriteString(`<w:tblPr><w:tblBorders>`)
		for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
			fmt.Fprintf(&b, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"/>`, side)
		}
		b.WriteString(`</w:tblBorders><w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="100" w:type="dxa"/><w:bottom w:w="40" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tblCellMar></w:tblPr>`)
	}
	b.WriteString(`</w:style>`)
	return b.String()
}

// wordDefaults are what every style begins with.
const wordDefaults = `<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/>` +
	`<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-US"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>`

// styleIDs returns the ids of the styles that a document uses, by their names.
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

// stylesXML returns the template's styles, and ours as far as it has none by that
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
	all := fitted(ours.String(), t.width)
	if t.plain {
		return xmlHead + `<w:styles ` + wordNS + `>` + wordDefaults + all + `</w:styles>`
	}
	at := strings.LastIndex(t.styles, "</w:styles>")
	return t.styles[:at] + all + t.styles[at:]
}

// fitted returns styles with the places on a line of the width.
func fitted(styles string, width int) string {
	at := func(n int) string { return strconv.Itoa(n) }
	return strings.NewReplacer("{right}", at(width-10), "{middle}", at(width*6/10), "{after}", at(width*6/10+180)).Replace(styles)
}
