package report

import (
	"bufio"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/diff"
)

// compareXLSX writes a workbook with a row for each comparison: the input's columns and
// ours. The words that are gone and those that are new are bold.
func compareXLSX(b *bufio.Writer, _ string, in batch.Input, all *Comparisons, _ Options) error {
	rows := rowReader{in}
	s := &sheet{name: "Differences", header: true, first: true, freeze: freeze{rows: 1}}
	for _, name := range in.Columns {
		s.columns = append(s.columns, column{name, 24, wrappedCell})
	}
	for i, name := range comparedColumns(in) {
		s.columns = append(s.columns, column{name, []float64{12, 40, 70, 27, 70, 27}[i], wrappedCell})
	}
	book := newBook(b)
	out, err := book.begin(s)
	if err == nil {
		err = s.begin(out)
	}
	for i := range all.List {
		if err != nil {
			return err
		}
		c := &all.List[i]
		row, err := rows.cells(c.Record.Fields)
		if err != nil {
			return err
		}
		was, is := c.sides()
		cells := make([]cell, 0, len(s.columns))
		for _, text := range row {
			cells = append(cells, cell{text: text, look: wrappedCell})
		}
		if err := s.add(out, append(cells, cell{text: string(c.Class), look: wrappedCell}, cell{text: strings.Join(c.Difference.What(), "\n"), look: wrappedCell},
			was, timeCell(c.Old.Finished), is, timeCell(c.New.Finished))); err != nil {
			return err
		}
	}
	if err == nil {
		err = s.end(out)
	}
	if err == nil {
		err = writeAbout(book, all)
	}
	if err == nil {
		err = book.end(false)
	}
	return err
}

// writeAbout writes the sheet that says what was compared.
func writeAbout(book *book, all *Comparisons) error {
	about := runSheet("About", 0)
	out, err := book.begin(about)
	if err == nil {
		err = about.begin(out)
	}
	var t runTable
	t.title(all.title())
	t.add("compared", all.Of)
	t.add("answered anew", all.InWords())
	if all.Sandbox {
		t.add(rehearsed)
	}
	for _, row := range t {
		if err == nil {
			err = about.add(out, row)
		}
	}
	if err == nil {
		err = about.end(out)
	}
	return err
}

// sides returns the two answers as cells, with the words of each that the other does not
// have in bold type.
func (c *Comparison) sides() (was, is cell) {
	edits := c.edits(2)
	side := func(text func(diff.Edit) string) cell {
		var runs []run
		for _, e := range edits {
			if part := text(e); part != "" {
				runs = append(runs, run{part, !e.Equal})
			}
		}
		return cell{text: runsText(runs), runs: slices.Clip(runs), look: wrappedCell}
	}
	return side(func(e diff.Edit) string { return e.Old }), side(func(e diff.Edit) string { return e.New })
}
