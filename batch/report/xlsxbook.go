package report

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strings"
)

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetNS    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNS      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageNS  = "http://schemas.openxmlformats.org/package/2006"
	sheetTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	mainType   = sheetTypes + "sheet.main+xml"
	macroType  = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
	vmlType    = "application/vnd.openxmlformats-officedocument.vmlDrawing"
)

// A book is a workbook on its way. Its parts are written one after the other,
// so that none is ever in memory as a whole.
type book struct {
	zip    *zip.Writer
	sheets []*sheet
}

// newBook begins a workbook. b buffers what the ZIP writer writes.
func newBook(b *bufio.Writer) *book { return &book{zip: zip.NewWriter(b)} }

// part begins a part of the workbook and ends the one before.
func (k *book) part(name string) (io.Writer, error) { return k.zip.Create(name) }

// begin begins a sheet. Rows are added to it with the writer, until the next
// part begins.
func (k *book) begin(s *sheet) (io.Writer, error) {
	k.sheets = append(k.sheets, s)
	return k.part(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(k.sheets)))
}

// end writes what holds the sheets together. The workbook is one that may have
// macros where its name says so; Excel opens no other under that name.
func (k *book) end(macros bool) error {
	parts := [][2]string{}
	add := func(name, content string) { parts = append(parts, [2]string{name, content}) }
	var types, sheets, names, rels strings.Builder
	var zones []string
	for i, s := range k.sheets {
		n := i + 1
		var name strings.Builder
		excelText(&name, s.name)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, sheetTypes)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name.String(), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relNS, n)
		if s.header {
			names.WriteString(s.definedNames(i))
		}
		sheetRels := s.links.rels.String()
		if s.notes.n > 0 {
			sheetRels += fmt.Sprintf(`<Relationship Id="boxes" Type="%s/vmlDrawing" Target="../drawings/vmlDrawing%d.vml"/><Relationship Id="comments" Type="%[1]s/comments" Target="../comments%[2]d.xml"/>`, relNS, n)
			fmt.Fprintf(&types, `<Override PartName="/xl/comments%d.xml" ContentType="%scomments+xml"/>`, n, sheetTypes)
			add(fmt.Sprintf("xl/comments%d.xml", n), s.notes.listPart())
			add(fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", n), s.notes.boxesPart())
		}
		if sheetRels != "" {
			add(fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", n), xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+sheetRels+`</Relationships>`)
		}
		if len(s.zones) > len(zones) {
			zones = s.zones
		}
	}
	add("xl/workbook.xml", xmlHead+`<workbook xmlns="`+sheetNS+`" xmlns:r="`+relNS+`"><bookViews><workbookView activeTab="0"/></bookViews><sheets>`+
		sheets.String()+`</sheets><definedNames>`+names.String()+`</definedNames></workbook>`)
	add("xl/_rels/workbook.xml.rels", xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+rels.String()+
		fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(k.sheets)+1, relNS))
	add("xl/styles.xml", xlsxStyles(zones))
	add("_rels/.rels", xmlHead+`<Relationships xmlns="`+packageNS+`/relationships"><Relationship Id="rId1" Type="`+relNS+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	kind := mainType
	if macros {
		kind = macroType
	}
	add("[Content_Types].xml", xmlHead+`<Types xmlns="`+packageNS+`/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Default Extension="xml" ContentType="application/xml"/><Default Extension="vml" ContentType="`+vmlType+`"/><Override PartName="/xl/workbook.xml" ContentType="`+kind+`"/>`+
		`<Override PartName="/xl/styles.xml" ContentType="`+sheetTypes+`styles+xml"/>`+types.String()+`</Types>`)
	for _, p := range parts {
		w, err := k.part(p[0])
		if err == nil {
			_, err = io.WriteString(w, p[1])
		}
		if err != nil {
			return err
		}
	}
	return k.zip.Close()
}

// absolute returns an area such as A1:K46 as $A$1:$K$46.
func absolute(area string) string {
	var b strings.Builder
	for corner := range strings.SplitSeq(area, ":") {
		at := strings.IndexAny(corner, "0123456789")
		if b.Len() > 0 {
			b.WriteByte(':')
		}
		b.WriteString("$" + corner[:at] + "$" + corner[at:])
	}
	return b.String()
}

// definedNames returns the names by which Excel knows the filter of a sheet, what is
// printed of it, and what is repeated on each page.
func (s *sheet) definedNames(index int) string {
	var text, title strings.Builder
	excelText(&title, strings.ReplaceAll(s.name, "'", "''"))
	name := func(name, attributes, areas string) {
		fmt.Fprintf(&text, `<definedName name="_xlnm.%s" localSheetId="%d"%s>%s</definedName>`, name, index, attributes, strings.ReplaceAll(areas, "!", "'"+title.String()+"'!"))
	}
	name("_FilterDatabase", ` hidden="1"`, "!"+absolute(s.area()))
	if s.print.last > 0 {
		name("Print_Area", "", "!"+absolute(fmt.Sprintf("%s1:%s%d", columnName(s.print.first), columnName(s.print.last), max(1, s.rows))))
	}
	titles := "!$1:$1"
	if n := s.freeze.columns; n > 0 {
		titles = "!$A:$" + columnName(n-1) + "," + titles
	}
	name("Print_Titles", "", titles)
	return text.String()
}
