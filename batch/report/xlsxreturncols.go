package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// columnWidths returns the input's columns and ours, with their widths.
func (w *returnWriter) columnWidths() []column {
	columns := make([]column, 0, len(w.in.in.Columns)+len(w.ours.columns))
	for _, name := range w.in.in.Columns {
		columns = append(columns, column{name, 9, wrappedCell})
	}
	for _, c := range w.colElements() {
		width, _ := attribute(c.raw, "width")
		from, to := colRange(c)
		for i := from; i <= min(to, len(columns)); i++ {
			if n, err := strconv.ParseFloat(width, 64); err == nil && n >= 1 {
				columns[i-1].width = n
			}
		}
	}
	return append(columns, w.ours.columns...)
}

// colElements returns the elements with the widths of columns.
func (w *returnWriter) colElements() []element {
	at := w.sheet.find("cols")
	if at < 0 {
		return nil
	}
	cols, _ := inner(w.sheet.children[at].raw) // it was read before
	return cols
}

// colRange returns the first and the last column of such an element, from 1.
func colRange(c element) (from, to int) {
	low, _ := attribute(c.raw, "min")
	high, _ := attribute(c.raw, "max")
	from, _ = strconv.Atoi(low) // 0 and 0 where it says nothing
	to, _ = strconv.Atoi(high)
	return from, to
}

// setColumns gives our columns their widths. They are in sight, also where the
// workbook hides all that is beside its own.
func (w *returnWriter) setColumns() {
	type col struct {
		from int
		raw  string
	}
	var cols []col
	first, last := w.first+1, w.first+len(w.ours.columns)
	part := func(c element, from, to int) {
		if from <= to {
			raw := withAttribute(withAttribute(c.raw, "min", strconv.Itoa(from)), "max", strconv.Itoa(to))
			cols = append(cols, col{from, raw})
		}
	}
	for _, c := range w.colElements() {
		from, to := colRange(c)
		part(c, from, min(to, first-1))
		part(c, max(from, last+1), to)
	}
	for i, c := range w.ours.columns {
		cols = append(cols, col{first + i, withPrefix(fmt.Sprintf(`<col min="%d" max="%d" width="%g" customWidth="1"/>`, first+i, first+i, c.width), w.rows.prefix)})
	}
	slices.SortStableFunc(cols, func(a, b col) int { return cmp.Compare(a.from, b.from) })
	var text strings.Builder
	for _, c := range cols {
		text.WriteString(c.raw)
	}
	if at := w.sheet.find("cols"); at >= 0 {
		w.sheet.children = slices.Delete(w.sheet.children, at, at+1)
	}
	w.sheet.add("cols", "", sheetOrder)
	at := w.sheet.find("cols")
	w.sheet.children[at].raw = inside(w.sheet.children[at].raw, text.String())
}

// setDimension says how far the sheet reaches.
func (w *returnWriter) setDimension() {
	if at := w.sheet.find("dimension"); at >= 0 {
		ref, _ := attribute(w.sheet.children[at].raw, "ref")
		begin, _, _ := strings.Cut(ref, ":")
		w.sheet.children[at].raw = withAttribute(w.sheet.children[at].raw, "ref", begin+":"+columnName(w.lastColumn())+strconv.Itoa(w.lastRow))
	}
}

// lastColumn returns the last of our columns, from 0.
func (w *returnWriter) lastColumn() int { return w.first + len(w.ours.columns) - 1 }

// sheetOrder is the order of the elements of a sheet.
var sheetOrder = strings.Fields(`sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
	scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks
	printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing
	legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst`)
