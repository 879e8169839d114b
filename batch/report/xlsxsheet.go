package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// The looks of a cell, as numbers of the formats in [xlsxStyles].
const (
	plainCell = iota
	headerCell
	wrappedCell
	linkCell
	titleCell
	footCell // at the foot of its row
	openCell // for people to write in
	looks
)

// The looks of numbers come after those of text and of text that looks like a
// formula.
const (
	moneyCell = 2*looks + iota
	dateCell  // in the first zone of the workbook, then one for each further zone
)

// A column is a column of a sheet.
type column struct {
	name  string
	width float64 // in characters
	look  int
}

// A freeze is how many rows and columns stay in sight, and which column comes
// beside them when the sheet opens, from 0; 0: the next.
type freeze struct{ rows, columns, first int }

// A span is a number of columns, from the first to the last, from 0.
type span struct{ first, last int }

// A sheet is the XML of one as it is written. Its rows are only ever added.
type sheet struct {
	name    string
	part    string // in a workbook that is returned
	columns []column
	header  bool // the columns' names are the first row, with a filter
	freeze  freeze
	print   span     // the columns to print, beside those that stay in sight; zero: all
	first   bool     // it is the one that shows when the workbook opens
	styles  int      // the number of the workbook's first format that is ours
	zones   []string // of its times
	choose  int      // the column with a list of verdicts, from 1; 0: there is none
	rows    int
	links   links
	notes   comments
	row     strings.Builder
}

// begin writes what comes before the rows, and the header.
func (s *sheet) begin(w io.Writer) error {
	b := &s.row
	b.Reset()
	b.WriteString(xmlHead + `<worksheet xmlns="` + sheetNS + `" xmlns:r="` + relNS + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView`)
	if s.first {
		b.WriteString(` tabSelected="1"`)
	}
	b.WriteString(` workbookViewId="0">`)
	s.freeze.put(b)
	b.WriteString(`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`)
	for i, c := range s.columns {
		fmt.Fprintf(b, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, c.width)
	}
	b.WriteString(`</cols><sheetData>`)
	if _, err := io.WriteString(w, b.String()); err != nil || !s.header {
		return err
	}
	cells := make([]cell, len(s.columns))
	for i, c := range s.columns {
		cells[i] = cell{text: c.name, look: headerCell}
	}
	return s.add(w, cells)
}

// put writes the pane.
func (f freeze) put(b *strings.Builder) {
	if f.rows == 0 {
		return
	}
	if f.columns == 0 {
		fmt.Fprintf(b, `<pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>`, f.rows, f.rows+1)
		return
	}
	place := columnName(max(f.first, f.columns)) + strconv.Itoa(f.rows+1)
	fmt.Fprintf(b, `<pane xSplit="%d" ySplit="%d" topLeftCell="%s" activePane="bottomRight" state="frozen"/>`+
		`<selection pane="topRight"/><selection pane="bottomLeft"/><selection pane="bottomRight" activeCell="%[3]s" sqref="%[3]s"/>`, f.columns, f.rows, place)
}

// full reports whether no further row fits.
func (s *sheet) full() bool { return s.rows == excelRows }

// add writes a row.
func (s *sheet) add(w io.Writer, cells []cell) error {
	s.rows++
	b := &s.row
	b.Reset()
	fmt.Fprintf(b, `<row r="%d"`, s.rows)
	if height := rowHeight(cells, s.columns); height > lineHeight {
		fmt.Fprintf(b, ` ht="%d" customHeight="1"`, height)
	}
	b.WriteByte('>')
	for i, c := range cells {
		if c.empty() {
			continue
		}
		ref := columnName(i) + strconv.Itoa(s.rows)
		if !s.links.add(ref, c.link) && c.look == linkCell {
			c.look = wrappedCell
		}
		c.put(b, ref, s.styleOf(c), ownFont)
	}
	b.WriteString(`</row>`)
	_, err := io.WriteString(w, b.String())
	return err
}

// styleOf returns the number of a cell's format.
func (s *sheet) styleOf(c cell) int {
	style := s.styles + c.look
	switch {
	case c.zone != "":
		at := slices.Index(s.zones, c.zone)
		if at < 0 {
			at = len(s.zones)
			s.zones = append(s.zones, c.zone)
		}
		style += at
	case c.quoted():
		style += looks // text also after it is edited
	}
	return style
}

// links are the links of a sheet.
type links struct {
	elements bytes.Buffer // the element of each
	rels     bytes.Buffer // the URL of each that leads out
	n        int
}

// add has a cell lead somewhere, and reports whether it does.
func (l *links) add(ref, to string) bool {
	if to == "" || l.n == excelLinks {
		return false
	}
	l.n++
	var target strings.Builder
	if place, inside := strings.CutPrefix(to, "#"); inside {
		excelText(&target, place)
		fmt.Fprintf(&l.elements, `<hyperlink ref="%s" location="%s"/>`, ref, target.String())
		return true
	}
	excelText(&target, to)
	fmt.Fprintf(&l.elements, `<hyperlink ref="%s" r:id="rId%d"/>`, ref, l.n)
	fmt.Fprintf(&l.rels, `<Relationship Id="rId%d" Type="%s/hyperlink" Target="%s" TargetMode="External"/>`, l.n, relNS, target.String())
	return true
}

// end writes what comes after the rows.
func (s *sheet) end(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(`</sheetData>`)
	if s.header {
		fmt.Fprintf(&b, `<autoFilter ref="%s"/>`, s.area())
	}
	if s.choose > 0 && s.rows > 1 {
		b.WriteString(`<dataValidations count="1">` + verdictList(s.choose-1, 2, s.rows) + `</dataValidations>`)
	}
	if s.links.n > 0 {
		b.WriteString(`<hyperlinks>`)
		b.Write(s.links.elements.Bytes())
		b.WriteString(`</hyperlinks>`)
	}
	b.WriteString(`<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup orientation="landscape" fitToHeight="0"/><headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>` +
		// Cells are text on purpose: no green corner in those that look like numbers.
		fmt.Sprintf(`<ignoredErrors><ignoredError sqref="A1:%s%d" numberStoredAsText="1"/></ignoredErrors>`, columnName(len(s.columns)-1), s.rows))
	if s.notes.n > 0 {
		b.WriteString(`<legacyDrawing r:id="boxes"/>`)
	}
	b.WriteString(`</worksheet>`)
	_, err := w.Write(b.Bytes())
	return err
}

// area returns where the rows are, as Excel names it.
func (s *sheet) area() string {
	return fmt.Sprintf("A1:%s%d", columnName(len(s.columns)-1), max(1, s.rows))
}

// columnName returns the name of a column, counted from 0: A, B, … Z, AA.
func columnName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return columnName(i/26-1) + string(rune('A'+i%26))
}

// verdictList has the cells of a column, counted from 0, offer the verdicts. They
// take any other text too.
func verdictList(column, first, last int) string {
	name := columnName(column)
	return fmt.Sprintf(`<dataValidation type="list" allowBlank="1" showInputMessage="1" sqref="%s%d:%[1]s%[3]d"><formula1>"%[4]s"</formula1></dataValidation>`,
		name, first, last, strings.Join(batch.Verdicts, ","))
}
