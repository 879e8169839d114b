package report

import (
	"fmt"
	"strconv"
	"strings"

	"bizbatch/internal/prose"
)

const wordNS = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="` + relNS + `"`

// bulletList stands for the list whose items have dots.
const bulletList = "bullets"

// A look is how a part of a line looks.
type look struct {
	bold, italic, struck bool
	style                string // by its name
}

// raw writes XML. That it cannot be written is told by flushed.
func (w *docxWriter) raw(xml string) { _, _ = w.body.WriteString(xml) }

// flushed returns the first error of writing what waits.
func (s *spool) flushed() error {
	_, err := s.WriteString("")
	return err
}

// paragraph writes a paragraph in a style, by its name; empty: the usual one.
func (w *docxWriter) paragraph(style string, at place, content func()) {
	w.raw(`<w:p><w:pPr>`)
	switch {
	case style != "":
	case at.level > 0:
		style = "List Paragraph"
	case at.quoted:
		style = "Quote"
	}
	if style != "" {
		w.raw(`<w:pStyle w:val="` + w.style(style) + `"/>`)
	}
	if at.keep {
		w.raw(`<w:keepNext/>`)
	}
	if at.item != "" {
		w.raw(fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%s"/></w:numPr>`, at.level-1, w.listID(at.item)))
	}
	if at.quoted && at.level > 0 {
		w.raw(`<w:pBdr><w:left w:val="single" w:sz="12" w:space="10" w:color="BFBFBF"/></w:pBdr>`)
	}
	if at.left > 0 {
		hanging := ""
		if at.item != "" {
			hanging = fmt.Sprintf(` w:hanging="%d"`, indent)
		}
		w.raw(fmt.Sprintf(`<w:ind w:left="%d"%s/>`, at.left, hanging))
	}
	w.raw(`</w:pPr>`)
	content()
	w.raw(`</w:p>`)
}

// listID returns the number of a list.
func (w *docxWriter) listID(item string) string {
	if item == bulletList {
		return strconv.Itoa(w.template.lists.lastList + 1)
	}
	return item
}

// codeBlock writes lines of code.
func (w *docxWriter) codeBlock(lines []string, at place) {
	at.item = ""
	w.paragraph("Code Block", at, func() { w.run(strings.Join(lines, "\n"), look{}) })
}

// rule writes a line across the page.
func (w *docxWriter) rule() {
	w.raw(`<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="BFBFBF"/></w:pBdr></w:pPr></w:p>`)
}

// run writes a part of a line.
func (w *docxWriter) run(text string, l look) {
	if text == "" {
		return
	}
	var p strings.Builder
	if l.style != "" {
		p.WriteString(`<w:rStyle w:val="` + w.style(l.style) + `"/>`)
	}
	for _, on := range []struct {
		on  bool
		xml string
	}{{l.bold, `<w:b/>`}, {l.italic, `<w:i/>`}, {l.struck, `<w:strike/>`}} {
		if on.on {
			p.WriteString(on.xml)
		}
	}
	w.raw(runXML(text, p.String()))
}

// runXML returns a part of a line with its properties. Lines in it end where they
// do.
func runXML(text, properties string) string {
	var b strings.Builder
	b.WriteString(`<w:r>`)
	if properties != "" {
		b.WriteString(`<w:rPr>` + properties + `</w:rPr>`)
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(prose.Printable(text))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteString(`<w:br/>`)
		}
		for j, part := range strings.Split(line, "\t") {
			if j > 0 {
				b.WriteString(`<w:tab/>`)
			}
			if part != "" {
				b.WriteString(`<w:t xml:space="preserve">` + xmlEscaped(part) + `</w:t>`)
			}
		}
	}
	b.WriteString(`</w:r>`)
	return b.String()
}

var xmlSigns = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\ufffe", "\ufffd", "\uffff", "\ufffd")

// xmlEscaped returns a printable text as it stands in XML.
func xmlEscaped(s string) string { return xmlSigns.Replace(s) }

// fieldXML returns one of the marks of a field: begin, separate or end.
func fieldXML(mark string) string {
	return `<w:r><w:fldChar w:fldCharType="` + mark + `"/></w:r>`
}

// bookmark names what is written by content.
func (w *docxWriter) bookmark(name string, content func()) {
	w.bookmarks++
	w.raw(fmt.Sprintf(`<w:bookmarkStart w:id="%d" w:name="%s"/>`, w.bookmarks, name))
	n := w.bookmarks
	content()
	w.raw(fmt.Sprintf(`<w:bookmarkEnd w:id="%d"/>`, n))
}

// hyperlink writes a link to a page.
func (w *docxWriter) hyperlink(to string, l look, text func(look)) {
	w.linkCount++
	id := fmt.Sprintf("link%d", w.linkCount)
	fmt.Fprintf(w.links, `<Relationship Id="%s" Type="%s/hyperlink" Target="%s" TargetMode="External"/>`, id, relNS, xmlEscaped(to))
	w.raw(`<w:hyperlink r:id="` + id + `" w:history="1">`)
	l.style = "Hyperlink"
	text(l)
	w.raw(`</w:hyperlink>`)
}
