package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// An xlsxWriter writes a workbook: the sheet Answers, with the input's columns
// and after them the common ones; the sheet Sources, a row for each citation;
// and the sheet Run. The sources wait in a temporary file for the answers to
// end, for the sheets of a workbook stand one after the other in it. Where a
// sheet is full, the next one (Answers 2) goes on.
type xlsxWriter struct {
	book    *book
	rows    rowReader
	ours    columnWriter
	more    []Column
	history *batch.History
	groups  []Group
	columns []column
	answers *sheet
	out     io.Writer // of answers

	temp    *os.File // the rows of the sources' sheets
	spool   *bufio.Writer
	sources []*sheet
	written map[batch.Status]int
	sourced int // the column that leads to the sources
}

func newXLSXWriter(b *bufio.Writer, folder string, in batch.Input, o Options) (_ writer, err error) {
	w := &xlsxWriter{book: newBook(b), rows: rowReader{in}, more: o.Columns, history: o.History, groups: o.Groups, written: map[batch.Status]int{}}
	w.columns, w.sourced = answerColumns(in, o.Columns)
	if len(w.columns) > 16_384 {
		return nil, fmt.Errorf("an Excel sheet has room for 16,384 columns, the input has %d", len(in.Columns))
	}
	if err := w.nextAnswers(); err != nil {
		return nil, err
	}
	if w.temp, err = os.CreateTemp(folder, ".sources.*.tmp"); err != nil {
		return nil, err
	}
	_ = os.Remove(w.temp.Name()) // where the system lets it go on without its name; close removes it elsewhere
	w.spool = bufio.NewWriterSize(w.temp, 64<<10)
	return w, nil
}

// answerColumns are the columns of the sheet Answers, and which of them leads to
// the row's sources. That is one of its own, for a cell has one link, and
// LibreOffice puts a linked cell on one line.
func answerColumns(in batch.Input, more []Column) (columns []column, sourced int) {
	for _, name := range in.Columns {
		c := column{name, 18, wrappedCell}
		if slices.ContainsFunc(batch.QuestionNames, func(long string) bool { return sameName(name, long) }) {
			c.width = 48
		}
		columns = append(columns, c)
	}
	wanted := slices.Insert(slices.Clone(common), 2, "sources")
	names := headerOf(wanted, more, in)
	widths := placed(slices.Insert(slices.Clone(commonWidths), 2, 11), more, slices.Repeat([]float64{moreWidth}, len(more)))
	for i, own := range placed(wanted, more, make([]string, len(more))) {
		c := column{names[i], widths[i], plainCell}
		switch own {
		case "": // a further one
			c.look = wrappedCell
		case "answer", "citations", "error", "checks":
			c.look = wrappedCell
		case "sources":
			c.look, sourced = linkCell, len(columns)
		case "cost":
			c.look = moneyCell
		case "answered":
			c.look = dateCell
		}
		columns = append(columns, c)
	}
	return columns, sourced
}

// moreWidth is that of a further column, in characters.
const moreWidth = 24

// numbered is a sheet's name, with its number from the second on.
func numbered(name string, n int) string {
	if n > 1 {
		name += " " + strconv.Itoa(n)
	}
	return name
}

// nextAnswers begins a sheet of answers.
func (w *xlsxWriter) nextAnswers() (err error) {
	if w.answers != nil {
		if err := w.answers.end(w.out); err != nil {
			return err
		}
	}
	w.answers = &sheet{name: numbered("Answers", len(w.book.sheets)+1), columns: w.columns, header: true}
	if w.out, err = w.book.begin(w.answers); err != nil {
		return err
	}
	return w.answers.begin(w.out)
}

func (w *xlsxWriter) write(rec batch.Record) error {
	row, err := w.rows.cells(rec.Fields)
	if err != nil {
		return err
	}
	w.written[rec.Status]++
	ours, err := w.ours.cellsOf(rec)
	if err != nil {
		return err
	}
	more := valuesOf(&rec, w.more)
	values := append(make([]any, len(row)), placed(make([]any, len(ours)+1), w.more, more)...)
	row = append(row, placed(slices.Insert(slices.Clone(ours), 2, ""), w.more, textsOf(more))...)
	cells := make([]cell, len(row))
	for i, text := range row {
		look := w.columns[i].look
		cells[i] = cell{text: text, look: look, number: look == moneyCell}
		if look == dateCell && text != "" {
			cells[i] = w.book.date(rec.Finished)
		}
		switch v := values[i].(type) {
		case json.Number:
			cells[i].number = isExcelNumber(v)
		case bool:
			cells[i].truth = true
		}
	}
	if rec.Answer != nil {
		n, place, err := w.cite(rec)
		if err != nil {
			return err
		}
		if n > 0 {
			cells[w.sourced].text, cells[w.sourced].link = prose.Count(n, "source"), place
		}
	}
	if w.answers.full() {
		if err := w.nextAnswers(); err != nil {
			return err
		}
	}
	return w.answers.add(w.out, cells)
}

// cite writes a record's sources and returns how many there are, and where the
// first of them stands.
func (w *xlsxWriter) cite(rec batch.Record) (n int, place string, err error) {
	_, cited, _ := rec.Answer.Numbered()
	cited, _ = listed(rec.Answer, cited)
	for i, s := range cited {
		if n := len(w.sources); n == 0 || w.sources[n-1].full() {
			w.sources = append(w.sources, &sheet{name: numbered("Sources", n+1), columns: sourceColumns, header: true})
			if err := w.sources[n].begin(w.spool); err != nil {
				return 0, "", err
			}
		}
		sheet := w.sources[len(w.sources)-1]
		err := sheet.add(w.spool, []cell{
			{text: rec.ID, look: wrappedCell}, {text: strconv.Itoa(i + 1)}, {text: s.Title(), look: wrappedCell}, {text: s.Page()},
			{text: s.Tool()}, {text: s.URL(), look: linkCell, link: excelURLOf(s.URL())}, {text: s.Excerpt(), look: wrappedCell},
		})
		if err != nil {
			return 0, "", err
		}
		if place == "" {
			place = fmt.Sprintf("#'%s'!A%d", sheet.name, sheet.rows)
		}
		if sheet.full() {
			if err := sheet.end(w.spool); err != nil {
				return 0, "", err
			}
		}
	}
	return len(cited), place, nil
}

var sourceColumns = []column{
	{"question_id", 14, wrappedCell}, {"number", 9, plainCell}, {"title", 40, wrappedCell}, {"page", 8, plainCell},
	{"tool", 22, plainCell}, {"url", 44, linkCell}, {"excerpt", 90, wrappedCell},
}

func (w *xlsxWriter) end() error {
	if err := w.answers.end(w.out); err != nil {
		return err
	}
	if err := w.copySources(); err != nil {
		return err
	}
	run := &sheet{name: "Run", columns: []column{{"", 34, wrappedCell}, {"", 60, wrappedCell}, {"", 16, plainCell}, {"", 16, plainCell}, {"", 16, plainCell}, {"", 16, plainCell}}}
	out, err := w.book.begin(run)
	if err != nil {
		return err
	}
	if err := run.begin(out); err != nil {
		return err
	}
	for _, line := range runLines(w.history, w.groups, w.written) {
		if err := run.add(out, line); err != nil {
			return err
		}
	}
	if err := run.end(out); err != nil {
		return err
	}
	return w.book.end()
}

// copySources writes the sheets of sources from their temporary file, in which
// they stand one after the other.
func (w *xlsxWriter) copySources() error {
	if len(w.sources) == 0 {
		w.sources = append(w.sources, &sheet{name: "Sources", columns: sourceColumns, header: true})
		if err := w.sources[0].begin(w.spool); err != nil {
			return err
		}
	}
	if last := w.sources[len(w.sources)-1]; !last.full() {
		if err := last.end(w.spool); err != nil {
			return err
		}
	}
	if err := w.spool.Flush(); err != nil {
		return err
	}
	if _, err := w.temp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(w.temp, 64<<10)
	for _, s := range w.sources {
		out, err := w.book.begin(s)
		if err != nil {
			return err
		}
		if err := copyThrough(out, in, "</worksheet>"); err != nil {
			return err
		}
	}
	return nil
}

// copyThrough copies until after the end mark, which stands nowhere before: the
// text of cells has no <.
func copyThrough(out io.Writer, in *bufio.Reader, end string) error {
	for {
		part, err := in.ReadSlice('>')
		if _, werr := out.Write(part); werr != nil {
			return werr
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return err
		case strings.HasSuffix(string(part), end):
			return nil
		}
	}
}

func (w *xlsxWriter) close() error {
	if w.temp == nil {
		return nil
	}
	err := w.temp.Close()
	if rerr := os.Remove(w.temp.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	w.temp = nil
	return err
}
