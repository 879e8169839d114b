package report

import (
	"fmt"
	"io"
	"strings"

	"bizbatch/internal/prose"
)

const wordTypes = "application/vnd.openxmlformats-officedocument.wordprocessingml."

// parts writes what holds the document together, after its text.
func (w *docxWriter) parts() error {
	if err := w.numbering(); err != nil {
		return err
	}
	for _, p := range w.template.parts {
		if err := w.part(p.name, func(out io.Writer) error { _, err := out.Write(p.content); return err }); err != nil {
			return err
		}
	}
	ours := w.smallParts(w.title)
	if w.template.plain {
		ours = append(ours, w.headerAndFooter(w.title, w.below)...)
	}
	for _, p := range ours {
		if err := w.part(p[0], func(out io.Writer) error { _, err := io.WriteString(out, p[1]); return err }); err != nil {
			return err
		}
	}
	if err := w.part("word/_rels/document.xml.rels", w.documentRels); err != nil {
		return err
	}
	return w.zip.Close()
}

// smallParts returns the names and contents of the parts that are the same in every
// document, but for its title and its template.
func (w *docxWriter) smallParts(title string) [][2]string {
	t := w.template
	return [][2]string{
		{"word/styles.xml", t.stylesXML()},
		{"word/settings.xml", xmlHead + `<w:settings ` + wordNS + `>` + t.settings + `<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`},
		{"docProps/core.xml", xmlHead + `<cp:coreProperties xmlns:cp="` + packageNS + `/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + xmlEscaped(prose.Printable(title)) + `</dc:title><dc:creator>bizbatch</dc:creator></cp:coreProperties>`},
		{"_rels/.rels", relationships(relationship("rId1", relNS+"/officeDocument", "word/document.xml") + relationship("rId2", packageNS+"/relationships/metadata/core-properties", "docProps/core.xml"))},
		{"[Content_Types].xml", xmlHead + `<Types xmlns="` + packageNS + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			override("word/document.xml", wordTypes+"document.main+xml") + override("word/styles.xml", wordTypes+"styles+xml") + override("word/settings.xml", wordTypes+"settings+xml") +
			override("word/numbering.xml", wordTypes+"numbering+xml") + override("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml") + t.types + `</Types>`},
	}
}

// headerAndFooter returns the parts with the header and the footer of a document
// without a template. lines are those below its title.
func (w *docxWriter) headerAndFooter(title string, lines []string) [][2]string {
	right := ""
	if w.o.History != nil && len(lines) > 0 {
		right = lines[0]
	}
	if w.rehearsal() {
		right = rehearsed
	}
	return [][2]string{
		{"word/header1.xml", xmlHead + `<w:hdr ` + wordNS + `><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>` + runXML(title+"\t"+right, "") + `</w:p></w:hdr>`},
		{"word/footer1.xml", xmlHead + `<w:ftr ` + wordNS + `><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>` + runXML("Written by bizbatch\tPage ", "") + pageField("PAGE") + runXML(" of ", "") + pageField("NUMPAGES") + `</w:p></w:ftr>`},
	}
}

// documentRels writes the relationships of the document.
func (w *docxWriter) documentRels(out io.Writer) error {
	if _, err := io.WriteString(out, xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+w.template.rels+
		relationship("styles", relNS+"/styles", "styles.xml")+relationship("settings", relNS+"/settings", "settings.xml")+relationship("numbering", relNS+"/numbering", "numbering.xml")); err != nil {
		return err
	}
	if err := w.links.copyTo(out); err != nil {
		return err
	}
	_, err := io.WriteString(out, `</Relationships>`)
	return err
}

func (w *docxWriter) part(name string, write func(io.Writer) error) error {
	out, err := w.zip.Create(name)
	if err != nil {
		return err
	}
	return write(out)
}

// numbering writes the lists: the template's, ours, and the numbered ones of the
// sections.
func (w *docxWriter) numbering() error {
	l := w.template.lists
	return w.part("word/numbering.xml", func(out io.Writer) error {
		if _, err := io.WriteString(out, l.kinds+listKind(l.lastKind+1, "bullet")+listKind(l.lastKind+2, "decimal")+l.lists+
			fmt.Sprintf(`<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, l.lastList+1, l.lastKind+1)); err != nil {
			return err
		}
		if err := w.lists.copyTo(out); err != nil {
			return err
		}
		_, err := io.WriteString(out, l.rest)
		return err
	})
}

// listKind defines how a list's items begin on each level.
func listKind(id int, format string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="multilevel"/>`, id)
	for level := range deepestList {
		text := fmt.Sprintf("%%%d.", level+1)
		if format == "bullet" {
			text = []string{"•", "–", "◦"}[level%3]
		}
		fmt.Fprintf(&b, `<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="%d" w:hanging="%d"/></w:pPr></w:lvl>`,
			level, format, text, indent*(level+1), indent)
	}
	b.WriteString(`</w:abstractNum>`)
	return b.String()
}

func pageField(name string) string {
	return fieldXML("begin") + `<w:r><w:instrText xml:space="preserve"> ` + name + ` </w:instrText></w:r>` + fieldXML("separate") + runXML("1", "") + fieldXML("end")
}

func relationships(list string) string {
	return xmlHead + `<Relationships xmlns="` + packageNS + `/relationships">` + list + `</Relationships>`
}

func relationship(id, kind, target string) string {
	return `<Relationship Id="` + xmlEscaped(id) + `" Type="` + xmlEscaped(kind) + `" Target="` + xmlEscaped(target) + `"/>`
}

func override(part, contentType string) string {
	return `<Override PartName="/` + xmlEscaped(part) + `" ContentType="` + xmlEscaped(contentType) + `"/>`
}
