package report

import (
	"bufio"
	"fmt"
	"io"

	"bizbatch/batch"
)

// An xlsxWriter writes a workbook anew: the sheet Answers, with the input's
// columns and after them ours; the sheet Sources, a row for each citation; and
// the sheet Run. Where a sheet is full, the next one (Answers 2) goes on.
type xlsxWriter struct {
	anew    string // see File.Anew
	book    *book
	in      rowReader
	options Options
	macros  bool // see book.end
	ours    *answerRow
	layout  layout

	first   []answer // the first rows, whose texts say how wide the columns are; then nil
	begun   bool
	answers *sheet
	out     io.Writer // of answers
	notes   int       // comments that were written
	written map[batch.Status]int
}

// An answer is a row of the sheet Answers on its way.
type answer struct {
	cells   []cell
	comment string
}

// sampledRows are the rows that say how wide the columns are.
const sampledRows = 100

func newXLSXWriter(b *bufio.Writer, folder string, in batch.Input, o Options) (writer, error) {
	return newBookWriter(b, folder, false, in, o)
}

func newXLSMWriter(b *bufio.Writer, folder string, in batch.Input, o Options) (writer, error) {
	return newBookWriter(b, folder, true, in, o)
}

// newBookWriter returns the workbook of questions, or makes one anew.
func newBookWriter(b *bufio.Writer, folder string, macros bool, in batch.Input, o Options) (writer, error) {
	anew := ""
	if o.Source.Path != "" && o.Status == "" && o.Since.IsZero() { // a workbook with all of its rows
		w, err := newReturnWriter(b, folder, macros, in, o)
		if err == nil {
			return w, w.start()
		}
		anew = err.Error()
	}
	sources, err := newSourceSheets(folder, func(n int) string { return numbered("Sources", n) })
	if err != nil {
		return nil, err
	}
	w := &xlsxWriter{anew: anew, book: newBook(b), in: rowReader{in}, options: o, macros: macros, ours: newAnswerRow(in, o, sources), written: map[batch.Status]int{}}
	if columns := len(in.Columns) + len(w.ours.columns); columns > excelColumns {
		return w, fmt.Errorf("an Excel sheet has room for 16,384 columns, the input has %d", len(in.Columns))
	}
	return w, nil
}

// numbered returns a sheet's name, with its number from the second on.
func numbered(name string, n int) string {
	if n > 1 {
		name = fmt.Sprintf("%s %d", name, n)
	}
	return name
}

// nextAnswers begins a sheet of answers.
func (w *xlsxWriter) nextAnswers() (err error) {
	var zones []string // whose formats are those of the sheet before, too
	if w.answers != nil {
		if err := w.answers.end(w.out); err != nil {
			return err
		}
		zones = w.answers.zones
	}
	n := len(w.book.sheets) + 1
	w.answers = &sheet{name: numbered("Answers", n), columns: w.layout.columns, header: true, freeze: w.layout.freeze, print: w.layout.print, first: n == 1, zones: zones, choose: w.choose()}
	if w.out, err = w.book.begin(w.answers); err != nil {
		return err
	}
	return w.answers.begin(w.out)
}

// choose returns the column of the verdicts, from 1; 0: there is none.
func (w *xlsxWriter) choose() int {
	if at := w.ours.verdictAt(); at >= 0 {
		return len(w.in.in.Columns) + at + 1
	}
	return 0
}

func (w *xlsxWriter) write(rec batch.Record) error {
	fields, err := w.in.cells(rec.Fields)
	if err != nil {
		return err
	}
	w.written[rec.Status]++
	ours, comment, err := w.ours.cells(rec)
	if err != nil {
		return err
	}
	a := answer{make([]cell, 0, len(fields)+len(ours)), comment}
	for _, text := range fields {
		a.cells = append(a.cells, cell{text: text, look: wrappedCell})
	}
	a.cells = append(a.cells, ours...)
	if w.begun {
		return w.add(a)
	}
	if w.first = append(w.first, a); len(w.first) < sampledRows {
		return nil
	}
	return w.begin()
}

// begin writes the first rows.
func (w *xlsxWriter) begin() error {
	w.begun = true
	rows := make([][]cell, len(w.first))
	for i, a := range w.first {
		rows[i] = a.cells
	}
	w.layout = layOut(w.in.in, w.options.Source, w.ours.columns, rows)
	if err := w.nextAnswers(); err != nil {
		return err
	}
	for _, a := range w.first {
		if err := w.add(a); err != nil {
			return err
		}
	}
	w.first = nil
	return nil
}

// add writes a row.
func (w *xlsxWriter) add(a answer) error {
	if w.answers.full() {
		if err := w.nextAnswers(); err != nil {
			return err
		}
	}
	row := w.layout.ordered(a.cells)
	w.ours.continues(row, w.layout.columns)
	if a.comment != "" && w.notes < mostComments {
		w.notes++
		w.answers.notes.add(w.answers.rows, w.ours.citationsAt(w.layout.columns), rowHeight(row, w.layout.columns), a.comment)
	}
	return w.answers.add(w.out, row)
}

func (w *xlsxWriter) end() error {
	if !w.begun {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := w.answers.end(w.out); err != nil {
		return err
	}
	if err := w.ours.sources.copyTo(w.book.begin); err != nil {
		return err
	}
	run := runSheet("Run", 0)
	out, err := w.book.begin(run)
	if err != nil {
		return err
	}
	if err := writeRun(out, run, w.options, w.written); err != nil {
		return err
	}
	return w.book.end(w.macros)
}

func (w *xlsxWriter) close() error { return w.ours.sources.close() }
