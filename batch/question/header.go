package question

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bizbatch/batch"
)

// maxTitleRows is the maximum number of rows above the header, such as titles, names
// and dates. They are kept in memory for the error if there is no header.
const maxTitleRows = 50

// A header names the columns of a table.
type header struct {
	names  []string
	line   int // where it stands, from 1; 0: the file has none
	layout layout
}

// findHeader reads up to the header: the first row with the name of a question
// column, or the requested row.
func (t *table) findHeader(opts *Options) (h header, err error) {
	var rows []header // that were passed
	template := templateNames(opts.Template)
	for h.line < opts.HeaderRow || opts.HeaderRow == 0 && len(rows) <= maxTitleRows {
		h, err = t.header()
		if err == io.EOF {
			break
		} else if err != nil {
			return h, err
		}
		if strings.ContainsRune(strings.Join(h.names, ""), 0) {
			return h, &Error{Line: h.line, Msg: "the header is not text in UTF-8", Hint: "name the file's encoding, such as --encoding utf-16le"}
		}
		if opts.isHeader(h, template) {
			if err := h.checkPassed(rows, opts); err != nil {
				return h, err
			}
			return h, h.assign(opts)
		}
		if len(rows) <= maxTitleRows {
			rows = append(rows, h)
		}
	}
	switch {
	case len(rows) == 0:
		return h, noQuestions(1)
	case opts.HeaderRow > 0:
		return h, &Error{Msg: fmt.Sprintf("row %d, which --header-row names, holds nothing", opts.HeaderRow), Line: opts.HeaderRow, noTable: true}
	}
	return h, t.noHeader(rows, opts)
}

// isHeader reports whether a row is the header.
func (o *Options) isHeader(row header, template []string) bool {
	if o.HeaderRow > 0 {
		return row.line == o.HeaderRow
	}
	if o.Template != "" && len(template) == 0 {
		return true // it says nothing about the columns
	}
	wanted := batch.QuestionNames
	if o.QuestionColumn != "" {
		wanted = []string{canonical(o.QuestionColumn)}
	}
	return slices.ContainsFunc(row.names, func(name string) bool {
		return slices.Contains(wanted, canonical(name)) || slices.Contains(template, strings.TrimSpace(name))
	})
}

// checkPassed refuses a header if one of the rows that were passed may be it: then
// the found row is one of its table, with a cell that happens to be such a name.
// A title has one cell, or fewer than the header. A row that also names an id
// column is the header, whatever is above it.
func (h *header) checkPassed(passed []header, opts *Options) error {
	if len(passed) == 0 || opts.HeaderRow > 0 || opts.table || h.namesID(opts) {
		return nil
	}
	above := fullest(passed)
	if n := filled(above.names); n < 2 || n < filled(h.names) && !slices.ContainsFunc(h.names, isNumber) {
		return nil
	}
	return &Error{
		Line: h.line, Msg: fmt.Sprintf("this row names a column that is looked for, but the header may be row %d (%s)", above.line, list(above.names)),
		Hint: fmt.Sprintf("if row %d is the header, add --header-row %[1]d and name the column that holds the question with --question-column; "+
			"if this row is the header, add --header-row %d; if there is none, add --no-header", above.line, h.line),
	}
}

// namesID reports whether a row names an id column.
func (h *header) namesID(opts *Options) bool {
	return slices.ContainsFunc(h.names, func(name string) bool {
		name = canonical(name)
		return name != "" && (slices.Contains(idNames, name) || name == canonical(opts.IDColumn))
	})
}

// assign finds the columns that have a role.
func (h *header) assign(opts *Options) (err error) {
	if h.layout, err = opts.layout(h.names); err == nil && h.layout.question < 0 && opts.Template == "" {
		err = noQuestionColumn(h.names)
	}
	if err != nil {
		e := asError(err)
		e.Line = max(1, h.line)
		return e
	}
	return nil
}

// guards returns the columns in which the first row below the header that holds
// anything may not name a question column: that of the questions, and those
// without a name.
func (h *header) guards() (columns []int) {
	for i, name := range h.names {
		if i == h.layout.question || canonical(name) == "" {
			columns = append(columns, i)
		}
	}
	return columns
}

// checkFirst refuses a first row that is a header by the looks of it. Then the
// header has two rows, or a title of one word was taken for it.
func (t *table) checkFirst() error {
	if len(t.guards) == 0 || filled(t.fields) == 0 {
		return nil
	}
	guards := t.guards
	t.guards = nil
	for _, i := range guards {
		cell := strings.TrimSpace(t.fields[i])
		if canonical(cell) != t.asked && !namesQuestion(cell) {
			continue
		}
		line := t.text.line()
		return &Error{
			Line: line, Msg: fmt.Sprintf("%q is the name of a question column: this row may be the header, or its second row", cell),
			Hint: fmt.Sprintf("if it is the header, add --header-row %d; if it is the second row of it, remove it; if it is a row like the others, add --header-row %d", line, t.below),
		}
	}
	return nil
}

// headerHint returns the hint for a row that names a question column, below
// another that was taken for the header.
func headerHint(line int) string {
	return fmt.Sprintf("this row names a question column: if it is the header, add --header-row %d", line)
}

// makeHeader makes a header for a table without one. Its only column is the
// question; several are named as spreadsheets do.
func (t *table) makeHeader(opts *Options) (h header, err error) {
	record, err := t.csv.Read()
	if err == io.EOF {
		return h, noQuestions(1)
	} else if err != nil {
		return h, err
	}
	names := []string{questionRole}
	if len(record) > 1 {
		names = nil
		for i := range record {
			names = append(names, columnName(i))
		}
		if opts.QuestionColumn == "" && opts.Template == "" {
			return h, severalColumns(names, record)
		}
	}
	o := *opts
	for _, asked := range []*string{&o.QuestionColumn, &o.IDColumn, &o.AskModeColumn} {
		if n, err := strconv.Atoi(*asked); err == nil && n >= 1 && n <= len(names) {
			*asked = names[n-1]
		}
	}
	t.text.again = appendRecord(appendRecord(nil, t.csv.Comma, names), t.csv.Comma, record)
	if h, err = t.header(); err != nil {
		return h, err
	}
	h.line = 0
	return h, h.assign(&o)
}

// fullest returns the first of the rows with the most cells that are not empty.
func fullest(rows []header) header {
	return slices.MaxFunc(rows, func(a, b header) int { return filled(a.names) - filled(b.names) })
}

// isNumber reports whether a cell is a number, an amount or a date in figures.
func isNumber(cell string) bool {
	return strings.ContainsFunc(cell, unicode.IsDigit) && !strings.ContainsFunc(cell, unicode.IsLetter)
}

// filled returns the number of cells that are not empty.
func filled(cells []string) (n int) {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// short quotes a cell, or its beginning.
func short(cell string) string {
	const most = 60
	cell = strings.TrimSpace(cell)
	if utf8.RuneCountInString(cell) > most {
		cell = strings.TrimSpace(string([]rune(cell)[:most])) + " …"
	}
	return strconv.Quote(cell)
}

var templateName = regexp.MustCompile(`\.([\pL_][\pL\p{Nd}_]*)|"([^"]*)"|` + "`([^`]*)`")

// templateNames returns the names of the columns that a template may use.
func templateNames(template string) (names []string) {
	for _, m := range templateName.FindAllStringSubmatch(template, -1) {
		if name := strings.TrimSpace(m[1] + m[2] + m[3]); name != "" {
			names = append(names, name)
		}
	}
	return names
}
