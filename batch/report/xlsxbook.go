package report

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetNS    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNS      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageNS  = "http://schemas.openxmlformats.org/package/2006"
	sheetTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// xlsxStyles holds a format for each look of a cell, and each again with the
// mark that keeps Excel from reading an edited text as a formula; then those of
// money, and of dates in each of the zones.
func xlsxStyles(zones []string) string {
	format := func(quote string) string {
		const top = `applyAlignment="1"%s><alignment vertical="top"%s/></xf>`
		f := `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" ` + fmt.Sprintf(top, quote, "") +
			`<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1" ` + fmt.Sprintf(top, quote, ` wrapText="1"`) +
			`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" ` + fmt.Sprintf(top, quote, ` wrapText="1"`) +
			`<xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1" ` + fmt.Sprintf(top, quote, ` wrapText="1"`) +
			`<xf numFmtId="0" fontId="3" fillId="0" borderId="0" xfId="0" applyFont="1" ` + fmt.Sprintf(top, quote, "")
		return f
	}
	var formats, numbers strings.Builder
	number := func(code string) {
		id := 164 + strings.Count(numbers.String(), "<xf ") // the first that is not built in
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, id, strings.ReplaceAll(code, `"`, "&quot;"))
		fmt.Fprintf(&numbers, `<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>`, id)
	}
	number(`"$"#,##0.00####`)
	for _, zone := range zones {
		number(`yyyy\-mm\-dd hh:mm:ss "` + zone + `"`)
	}
	return xmlHead + `<styleSheet xmlns="` + sheetNS + `">` + fmt.Sprintf(`<numFmts count="%d">`, 1+len(zones)) + formats.String() + `</numFmts><fonts count="4">` +
		`<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><u/><sz val="11"/><color rgb="FF1F5C99"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><b/><sz val="13"/><color rgb="FF1F3A4D"/><name val="Calibri"/><family val="2"/></font></fonts>` +
		`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FF1F3A4D"/><bgColor indexed="64"/></patternFill></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d">`, dateCell+len(zones)) + format("") + format(` quotePrefix="1"`) + numbers.String() + `</cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}

// A book is a workbook on its way. Its parts are written one after the other,
// so that none is ever in memory as a whole.
type book struct {
	zip    *zip.Writer
	sheets []*sheet
	zones  []string // of its dates: offsets from UTC
}

// newBook begins a workbook. b buffers what the ZIP writer writes.
func newBook(b *bufio.Writer) *book { return &book{zip: zip.NewWriter(b)} }

// part begins a part of the workbook and ends the one before.
func (k *book) part(name string) (io.Writer, error) { return k.zip.Create(name) }

// begin begins a sheet. Rows are added to it with the writer, until the next
// part begins.
func (k *book) begin(s *sheet) (io.Writer, error) {
	k.sheets = append(k.sheets, s)
	w, err := k.part(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(k.sheets)))
	if err != nil {
		return nil, err
	}
	return w, nil
}

// date is a cell with a time where we are. Excel knows no zones: the cell's format
// shows it.
func (k *book) date(t time.Time) cell {
	t = t.Local()
	zone := t.Format("-07:00")
	at := slices.Index(k.zones, zone)
	if at < 0 {
		at = len(k.zones)
		k.zones = append(k.zones, zone)
	}
	_, offset := t.Zone()
	const dayOf1970 = 25_569 // in the count of days that Excel keeps
	days := dayOf1970 + float64(t.Unix()+int64(offset))/(24*60*60)
	return cell{text: strconv.FormatFloat(days, 'f', 9, 64), look: dateCell + at, number: true}
}

// end writes what holds the sheets together.
func (k *book) end() error {
	parts := [][2]string{}
	add := func(name, content string) { parts = append(parts, [2]string{name, content}) }
	var types, sheets, names, rels strings.Builder
	for i, s := range k.sheets {
		n := i + 1
		var name strings.Builder
		excelText(&name, s.name)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, sheetTypes)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name.String(), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relNS, n)
		if s.header {
			fmt.Fprintf(&names, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!%s</definedName>`, i, name.String(), absolute(s.area()))
			fmt.Fprintf(&names, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">'%s'!$1:$1</definedName>`, i, name.String())
		}
		if s.rels.Len() > 0 {
			add(fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", n), xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+s.rels.String()+`</Relationships>`)
		}
	}
	add("xl/workbook.xml", xmlHead+`<workbook xmlns="`+sheetNS+`" xmlns:r="`+relNS+`"><bookViews><workbookView activeTab="0"/></bookViews><sheets>`+
		sheets.String()+`</sheets><definedNames>`+names.String()+`</definedNames></workbook>`)
	add("xl/_rels/workbook.xml.rels", xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+rels.String()+
		fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(k.sheets)+1, relNS))
	add("xl/styles.xml", xlsxStyles(k.zones))
	add("_rels/.rels", xmlHead+`<Relationships xmlns="`+packageNS+`/relationships"><Relationship Id="rId1" Type="`+relNS+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	add("[Content_Types].xml", xmlHead+`<Types xmlns="`+packageNS+`/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="`+sheetTypes+`sheet.main+xml"/>`+
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

// absolute is an area such as A1:K46 as $A$1:$K$46.
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
