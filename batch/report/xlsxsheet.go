package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The looks of a cell, as numbers of the formats in [xlsxStyles].
const (
	plainCell = iota
	headerCell
	wrappedCell
	linkCell
	titleCell
	looks
)

// The looks of numbers come after those of text and of text that looks like a
// formula.
const (
	moneyCell = 2*looks + iota
	dateCell  // in the first zone of the workbook, then one for each further zone
)

// A cell is text, which no spreadsheet takes for a formula, or a number of ours.
type cell struct {
	text   string
	look   int
	link   string // where it leads: a URL, or a place in the workbook after #
	number bool   // text is one
	truth  bool   // text is true or false
}

// A column is a column of a sheet.
type column struct {
	name  string
	width float64 // in characters
	look  int
}

// A sheet is the XML of one as it is written. Its rows are only ever added.
type sheet struct {
	name    string
	columns []column
	header  bool // the columns' names are the first row, frozen, with a filter
	rows    int
	links   bytes.Buffer // the element of each link
	rels    bytes.Buffer // the URL of each that leads out
	linked  int
	row     strings.Builder
}

// begin writes what comes before the rows, and the header.
func (s *sheet) begin(w io.Writer) error {
	b := &s.row
	b.Reset()
	b.WriteString(xmlHead + `<worksheet xmlns="` + sheetNS + `" xmlns:r="` + relNS + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">`)
	if s.header {
		b.WriteString(`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`)
	}
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

// full says that no further row fits.
func (s *sheet) full() bool { return s.rows == excelRows }

// add writes a row.
func (s *sheet) add(w io.Writer, cells []cell) error {
	s.rows++
	b := &s.row
	b.Reset()
	fmt.Fprintf(b, `<row r="%d"`, s.rows)
	if height := s.height(cells); height > lineHeight {
		fmt.Fprintf(b, ` ht="%d" customHeight="1"`, height)
	}
	b.WriteByte('>')
	for i, c := range cells {
		if c.text == "" {
			continue
		}
		ref := columnName(i) + strconv.Itoa(s.rows)
		if c.number {
			fmt.Fprintf(b, `<c r="%s" s="%d"><v>%s</v></c>`, ref, c.look, c.text)
			continue
		}
		if c.truth {
			fmt.Fprintf(b, `<c r="%s" s="%d" t="b"><v>%d</v></c>`, ref, c.look, strings.Count(c.text, "true"))
			continue
		}
		look := c.look
		if c.link != "" && s.linked < excelLinks {
			s.link(ref, c.link)
		} else if look == linkCell {
			look = wrappedCell
		}
		if strings.ContainsAny(c.text[:1], "=+-@") {
			look += looks // text also after it is edited
		}
		fmt.Fprintf(b, `<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">`, ref, look)
		excelText(b, fitCell(c.text))
		b.WriteString(`</t></is></c>`)
	}
	b.WriteString(`</row>`)
	_, err := io.WriteString(w, b.String())
	return err
}

// link has a cell lead somewhere.
func (s *sheet) link(ref, to string) {
	s.linked++
	var target strings.Builder
	if place, inside := strings.CutPrefix(to, "#"); inside {
		excelText(&target, place)
		fmt.Fprintf(&s.links, `<hyperlink ref="%s" location="%s"/>`, ref, target.String())
		return
	}
	excelText(&target, to)
	fmt.Fprintf(&s.links, `<hyperlink ref="%s" r:id="rId%d"/>`, ref, s.linked)
	fmt.Fprintf(&s.rels, `<Relationship Id="rId%d" Type="%s/hyperlink" Target="%s" TargetMode="External"/>`, s.linked, relNS, target.String())
}

const (
	lineHeight = 15 // points
	mostLines  = 20 // of a row: Excel scrolls by rows, and a screen has some forty lines
)

// height is a row's height in points, so that wrapped text can be seen. Excel
// would find it by itself, LibreOffice too, but not with a limit.
func (s *sheet) height(cells []cell) int {
	most := 1
	for i, c := range cells {
		if i >= len(s.columns) || c.number || c.look == plainCell || c.look == titleCell {
			continue
		}
		lines, width := 0, int(s.columns[i].width)
		for line := range strings.SplitSeq(c.text, "\n") {
			if lines += 1 + len(line)/width; lines >= mostLines {
				break
			}
		}
		most = max(most, lines)
	}
	return lineHeight * min(most, mostLines)
}

// end writes what comes after the rows.
func (s *sheet) end(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(`</sheetData>`)
	if s.header {
		fmt.Fprintf(&b, `<autoFilter ref="%s"/>`, s.area())
	}
	if s.linked > 0 {
		b.WriteString(`<hyperlinks>`)
		b.Write(s.links.Bytes())
		b.WriteString(`</hyperlinks>`)
	}
	b.WriteString(`<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup orientation="landscape" fitToHeight="0"/><headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>` +
		// Cells are text on purpose: no green corner in those that look like numbers.
		fmt.Sprintf(`<ignoredErrors><ignoredError sqref="A1:%s%d" numberStoredAsText="1"/></ignoredErrors></worksheet>`, columnName(len(s.columns)-1), s.rows))
	_, err := w.Write(b.Bytes())
	return err
}

// area is where the rows are, as Excel names it.
func (s *sheet) area() string {
	return fmt.Sprintf("A1:%s%d", columnName(len(s.columns)-1), max(1, s.rows))
}

// columnName is the name of a column, counted from 0: A, B, … Z, AA.
func columnName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return columnName(i/26-1) + string(rune('A'+i%26))
}
