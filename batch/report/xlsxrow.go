package report

import (
	"encoding/json"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// An answerRow makes the cells of our columns in a workbook: those of [ours], and
// two of its own. One leads to the row's sources, for a cell has one link, and
// LibreOffice puts a linked cell on one line. One says which cells of the row go
// on where it ends, on paper and on the screen.
type answerRow struct {
	columns []column
	names   []string // of ours, by which the columns are told apart; then those of reviews
	further []int    // which of the further columns each is; -1: none of them
	ours    columnWriter
	options Options
	sources *sourceSheets
}

func newAnswerRow(in batch.Input, o Options, sources *sourceSheets) *answerRow {
	at := slices.Index(common, "citations") + 1
	wanted := slices.Insert(slices.Clone(common), at, "sources", "continues")
	a := &answerRow{options: o, sources: sources, names: placed(wanted, o.Columns, make([]string, len(o.Columns)))}
	places := make([]int, len(o.Columns))
	for i := range places {
		places[i] = i
	}
	a.further = placed(slices.Repeat([]int{-1}, len(wanted)), o.Columns, places)
	widths := placed(slices.Insert(slices.Clone(commonWidths), at, 11, 13), o.Columns, slices.Repeat([]float64{moreWidth}, len(places)))
	for i, header := range headerOf(wanted, o.Columns, in) {
		c := column{header, widths[i], plainCell}
		switch name := a.names[i]; {
		case name == "sources":
			c.look = linkCell
		case name == "continues":
			c.look = footCell
		case name == "cost":
			c.look = moneyCell
		case name == "" || c.width > 30:
			c.look = wrappedCell
		}
		a.columns = append(a.columns, c)
	}
	for i, name := range o.reviewColumns(in) {
		a.names = append(a.names, name)
		a.further = append(a.further, -1)
		a.columns = append(a.columns, column{name, []float64{16, 12, 40, 20}[min(i, 3)], openCell})
	}
	return a
}

// verdictAt returns the verdict's column among ours, or -1.
func (a *answerRow) verdictAt() int {
	if !a.options.Review {
		return -1
	}
	return slices.IndexFunc(a.columns, func(c column) bool { return c.look == openCell }) + 1
}

// cells returns the cells of a record, and the comment for the one with its
// citations.
func (a *answerRow) cells(rec batch.Record) (cells []cell, comment string, err error) {
	ours, err := a.ours.cellsOf(rec)
	if err != nil {
		return nil, "", err
	}
	cells = make([]cell, len(a.columns))
	next := 0
	ours = append(slices.Clone(ours), a.options.reviewCells(&rec)...)
	values := valuesOf(&rec, a.options.Columns)
	for i, name := range a.names {
		c := &cells[i]
		c.look = a.columns[i].look
		if at := a.further[i]; at >= 0 {
			*c = valueCell(values[at])
			continue
		}
		if c.look == linkCell || c.look == footCell {
			continue
		}
		c.text = ours[next]
		next++
		if c.look == openCell {
			continue
		}
		switch name {
		case "answer":
			*c = richCell(c.text, c.look)
		case "attempts", "seconds", "cost":
			c.number = c.text != ""
		case "answered":
			if c.text != "" {
				*c = timeCell(rec.Finished)
			}
		}
	}
	if rec.Answer == nil {
		return cells, "", nil
	}
	_, cited, _ := rec.Answer.Numbered()
	cited, _ = listed(rec.Answer, cited)
	if len(cited) == 0 {
		return cells, "", nil
	}
	c := &cells[slices.Index(a.names, "sources")]
	c.text = prose.Count(len(cited), "source")
	c.link, err = a.sources.cite(rec.ID, cited)
	return cells, citationComment(cited), err
}

// continues says in the last but not least of our cells which cells of a row
// have more lines than it shows.
func (a *answerRow) continues(row []cell, columns []column) {
	var long []string
	for i, c := range row {
		if linesOf(c, columns[i].width) > mostLines {
			long = append(long, columns[i].name)
		}
	}
	if long == nil {
		return
	}
	goes := "goes"
	if len(long) > 1 {
		goes = "go"
	}
	row[len(row)-len(a.names)+slices.Index(a.names, "continues")].text = "… " + strings.Join(long, ", ") + " " + goes + " on in the cell"
}

// citationsAt returns where the citations stand in a row that ends with our columns.
func (a *answerRow) citationsAt(columns []column) int {
	return len(columns) - len(a.names) + slices.Index(a.names, "citations")
}

// moreWidth is that of a further column, in characters.
const moreWidth = 24

// valueCell returns a cell with a value of a further column, in its type.
func valueCell(value any) cell {
	c := cell{text: TextOf(value), look: wrappedCell}
	switch v := value.(type) {
	case json.Number:
		c.number = isExcelNumber(v)
	case bool:
		c.truth = true
	}
	return c
}
