package report

import (
	"fmt"
	"io"
	"strings"
)

// head writes what stands above the sections.
func (w *docxWriter) head() error {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:document ` + wordNS + `><w:body>`)
	fmt.Fprintf(&b, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, w.style("Title"), runXML(w.title, ""))
	for _, line := range w.below {
		fmt.Fprintf(&b, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, w.style("Subtitle"), runXML(line, ""))
	}
	fmt.Fprintf(&b, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, w.style("TOC Heading"), runXML("Questions", ""))
	_, err := io.WriteString(w.toc, b.String())
	return err
}

// titleLines returns the document's title and what is told below it.
func (w *docxWriter) titleLines() (title string, lines []string, err error) {
	if h := w.o.History; h != nil {
		f, err := figuresOf(h)
		if err != nil {
			return "", nil, err
		}
		if when := period(f); when != "" {
			lines = append(lines, when)
		}
		lines = append(lines, fmt.Sprintf("%d answered, %d failed, %d pending; %s spent", h.Answered, h.Failed, h.Pending, h.Spent))
	}
	if s := selection(w.o); s != "" {
		lines = append(lines, s)
	}
	if w.rehearsal() {
		lines = append(lines, rehearsed)
	}
	return oneLine(titleOf(w.o)), lines, nil
}

const rehearsed = "A rehearsal: these answers come from the sandbox and are no advice."

func (w *docxWriter) rehearsal() bool { return w.o.History != nil && w.o.History.Endpoint == "sandbox" }

// entry writes the row's line of the table of contents. Its page is known to the
// program that lays the document out.
func (w *docxWriter) entry(title string) error {
	field := ""
	if w.number == 1 {
		field = fieldXML("begin") + `<w:r><w:instrText xml:space="preserve"> TOC \o "1-1" \h \z \u </w:instrText></w:r>` + fieldXML("separate")
	}
	_, err := fmt.Fprintf(w.toc, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s<w:hyperlink w:anchor="%s" w:history="1">%s<w:r><w:tab/></w:r>%s<w:r><w:instrText xml:space="preserve"> PAGEREF %s \h </w:instrText></w:r>%s%s</w:hyperlink></w:p>`,
		w.style("toc 1"), field, w.section(), runXML(title, ""), fieldXML("begin"), w.section(), fieldXML("separate"), fieldXML("end"))
	return err
}

// section returns the name of the row's section, to which the table of contents
// leads.
func (w *docxWriter) section() string { return fmt.Sprintf("_Toc%08d", w.number) }
