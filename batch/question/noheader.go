package question

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// noHeader returns the error for a file in which no row is a header.
func (t *table) noHeader(rows []header, opts *Options) *Error {
	best := fullest(rows)
	e := noQuestionColumn(best.names)
	if opts.QuestionColumn != "" {
		e = noColumn(opts.QuestionColumn, best.names, "--question-column")
	}
	e.Line = best.line
	if comma := t.text.delimiter(); comma != 0 {
		for _, row := range rows {
			if other := fits(row.names, comma, opts); other != "" {
				e.Line, e.Hint = row.line, "another delimiter fits: add --delimiter "+other
				return e
			}
		}
	}
	if slices.ContainsFunc(best.names, func(name string) bool { return spaceBeforeQuote([]byte(name)) }) {
		e.Hint = spaceHint
		return e
	}
	if filled(best.names) > 1 {
		if alike := likeHeaders(rows); alike != "" {
			e.Hint += "; rows that may be the header: " + alike + " (--header-row " + strconv.Itoa(best.line) + ")"
		} else {
			e.Hint += "; if the file has no header, add --no-header --question-column " + letterOfLongest(best.names)
		}
		return e
	}
	var first []string
	for _, row := range rows[:min(3, len(rows))] {
		first = append(first, short(strings.Join(row.names, "")))
	}
	e.Msg += "; the first cells of the column are " + strings.Join(first, ", ")
	e.Hint = fmt.Sprintf("if the first one is the column's name, add --question-column %s; if it is a question, add --no-header", first[0])
	return e
}

// likeHeaders names the first few rows that look like a header, where it is not
// clear that the first row is it.
func likeHeaders(rows []header) string {
	var alike []string
	for i, row := range rows {
		names := slices.DeleteFunc(slices.Clone(row.names), func(name string) bool { return strings.TrimSpace(name) == "" })
		long := func(name string) bool { return len(name) > 60 || strings.HasSuffix(strings.TrimSpace(name), "?") }
		if len(names) < 2 || slices.ContainsFunc(names, long) {
			continue
		}
		if i == 0 {
			return ""
		}
		if alike = append(alike, fmt.Sprintf("row %d (%s)", row.line, list(names))); len(alike) == 3 {
			break
		}
	}
	return strings.Join(alike, ", ")
}

// severalColumns returns the error for a file without a header and with several
// columns, if none is named as the question.
func severalColumns(names, first []string) *Error {
	var shown []string
	for i, cell := range first[:min(4, len(first))] {
		shown = append(shown, names[i]+" holds "+short(restore.Replace(cell)))
	}
	return &Error{
		Line: 1, Msg: "there is no header, and more than one column: " + strings.Join(shown, ", "),
		Hint: "name the column that holds the question by its letter or number: --no-header --question-column " + letterOfLongest(first) + "; if each line is a question, add --delimiter tab",
	}
}

// letterOfLongest returns the column that is most likely the question.
func letterOfLongest(row []string) string {
	best := 0
	for i, cell := range row {
		if len(cell) > len(row[best]) {
			best = i
		}
	}
	return columnName(best)
}
