package report

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// A returnWriter writes the workbook of questions with the answers in it: our
// columns to the right of its last one, and sheets for the sources and the runs.
// Each answer stands in the row of its question.
type returnWriter struct {
	source  *sourceBook
	options Options
	macros  bool // see book.end
	zip     *zip.Writer
	in      rowReader
	ours    *answerRow
	last    int // the last column with anything in it from the header down, from 0
	first   int // the column of ours that comes first, beside pictures and merged cells

	sheet    *document // what stands around the rows
	rows     *sheetReader
	part     io.ReadCloser
	out      io.Writer // of the sheet
	widths   []column  // the input's columns, and ours
	asked    int       // the question's column, or -1
	links    links
	notes    *notesParts
	noted    int
	written  map[batch.Status]int
	row      strings.Builder
	lastRow  int
	finished bool // no row is left
}

// pass copies the rows before a row, and finds whether that is there.
func (w *returnWriter) pass(number int) (found bool, err error) {
	for !w.finished {
		if w.rows.row.number < number || w.rows.row.number == 0 {
			err := w.rows.next()
			if w.finished = err == io.EOF; w.finished {
				return false, nil
			} else if err != nil {
				return false, err
			}
		}
		switch row := &w.rows.row; {
		case row.number == number:
			return true, nil
		case row.number > number:
			return false, nil
		case row.number == w.options.Source.HeaderRow:
			err = w.putHeader()
		default:
			_, err = io.WriteString(w.out, row.before+row.raw)
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func (w *returnWriter) write(rec batch.Record) error {
	w.written[rec.Status]++
	ours, comment, err := w.ours.cells(rec)
	if err != nil {
		return err
	}
	found, err := w.pass(rec.Line)
	if err == nil && !found {
		err = errors.New("it is not in the workbook any more")
	}
	if err != nil {
		return err
	}
	fields, err := w.in.cells(rec.Fields)
	if err != nil {
		return err
	}
	row := make([]cell, 0, len(fields)+len(ours))
	style := 0
	for i, text := range fields {
		c := cell{text: text, look: plainCell}
		if i == w.asked {
			c.look = wrappedCell
			style = w.rows.row.styleAt(i)
		}
		row = append(row, c)
	}
	row = append(row, ours...)
	w.ours.continues(row, w.widths)
	height := rowHeight(row, w.widths)
	if at := w.first + slices.Index(w.ours.names, "citations"); comment != "" && w.noted < mostComments {
		if w.notes.add(rec.Line-1, at, height, comment) {
			w.noted++
		}
	}
	return w.putRow(height, row[len(fields):], func(c cell) int { return w.styleOf(style, c) })
}

// styleAt returns the format of a cell of the row.
func (r *sheetRow) styleAt(column int) int {
	for _, c := range r.cells {
		if c.column == column {
			return c.style
		}
	}
	return 0
}

// putHeader writes the header: our names look as the last of its own.
func (w *returnWriter) putHeader() error {
	style := 0
	for _, c := range w.rows.row.cells {
		if c.filled {
			style = c.style
		}
	}
	cells := make([]cell, len(w.ours.columns))
	for i, c := range w.ours.columns {
		cells[i] = cell{text: c.name}
	}
	return w.putRow(lineHeight, cells, func(cell) int { return style })
}

// styleOf returns the format of a cell of ours in a row whose question has a format.
func (w *returnWriter) styleOf(beside int, c cell) int {
	m := madeStyle{of: beside, look: c.look, quoted: c.quoted(), open: c.look == openCell}
	switch {
	case c.zone != "":
		m.code = zonedFormat(c.zone)
	case c.look == moneyCell:
		m.code = moneyFormat
	}
	return w.source.styles.number(m)
}

// putRow writes the row that was read last, with our cells in it.
func (w *returnWriter) putRow(height int, ours []cell, style func(cell) int) error {
	row, b := &w.rows.row, &w.row
	b.Reset()
	b.WriteString(row.before)
	tag := withAttribute(row.tag, "spans", "")
	ht, _ := attribute(tag, "ht")
	if has, _ := strconv.ParseFloat(ht, 64); float64(height) > max(has, lineHeight) {
		tag = withAttribute(withAttribute(tag, "ht", strconv.Itoa(height)), "customHeight", "1")
	}
	b.WriteString(strings.TrimSuffix(strings.TrimSuffix(tag, ">"), "/") + ">")
	for _, c := range row.cells {
		if c.column < w.first {
			b.WriteString(c.raw)
		}
	}
	var cells strings.Builder
	for i, c := range ours {
		ref := columnName(w.first+i) + strconv.Itoa(row.number)
		if c.empty() {
			if c.look == openCell { // which people write in, also in a sheet that is protected
				fmt.Fprintf(&cells, `<c r="%s" s="%d"/>`, ref, style(c))
			}
			continue
		}
		if !w.links.add(ref, c.link) && c.look == linkCell {
			c.look = wrappedCell
		}
		number := style(c)
		if c.zone != "" && w.source.date1904 {
			c.days -= 1_462
		}
		c.put(&cells, ref, number, w.source.styles.runFont(number))
	}
	b.WriteString(withPrefix(cells.String(), w.rows.prefix))
	for _, c := range row.cells {
		if c.column > w.lastColumn() {
			b.WriteString(c.raw)
		}
	}
	b.WriteString(row.rest + "</" + w.rows.prefix + "row>")
	_, err := io.WriteString(w.out, b.String())
	return err
}

func (w *returnWriter) close() error {
	var errs []error
	if w.part != nil {
		errs = append(errs, w.part.Close())
		w.part = nil
	}
	if w.ours != nil {
		errs = append(errs, w.ours.sources.close())
	}
	if w.source != nil {
		errs = append(errs, w.source.zip.Close())
		w.source = nil
	}
	return errors.Join(errs...)
}
