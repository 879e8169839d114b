package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"bizbatch/batch"
)

const (
	lineHeight = 15 // points
	mostLines  = 27 // of a row: Excel takes 409 points
)

// rowHeight returns a row's height in points, so that wrapped text can be seen.
// Excel would find it by itself, LibreOffice too, but not with a limit.
func rowHeight(cells []cell, columns []column) int {
	most := 1
	for i, c := range cells {
		if i < len(columns) {
			most = max(most, linesOf(c, columns[i].width))
		}
	}
	return lineHeight * min(most, mostLines)
}

// linesOf returns how many lines a cell needs in a column of that width, or some
// more than there may be.
func linesOf(c cell, width float64) (lines int) {
	if c.isNumber() || c.text == "" || c.look == plainCell || c.look == titleCell || c.look == footCell {
		return 0
	}
	for line := range strings.SplitSeq(c.text, "\n") {
		if lines += 1 + utf8.RuneCountInString(line)/int(width); lines > mostLines {
			break
		}
	}
	return lines
}

// A layout is how the columns of a sheet of answers stand: the input's as they
// were, and ours. Where the id and the question come late, they come first, so
// that they stay in sight.
type layout struct {
	columns []column
	order   []int // of the input's columns
	freeze  freeze
	print   span // a page has no room for every column: the answer and what says whether to rely on it
}

// What stays in sight beside the answer, in characters of a screen's 190.
const widestFrozen = 90

// layOut finds the widths of the columns from some rows.
func layOut(in batch.Input, asked Source, ours []column, rows [][]cell) (l layout) {
	id, question := namedColumn(in.Columns, asked.ID, idNames), namedColumn(in.Columns, asked.Question, batch.QuestionNames)
	for i, name := range in.Columns {
		most := 30.0
		if i == question {
			most = 50
		}
		l.columns = append(l.columns, column{name, widthOf(name, i, rows, 8, most), wrappedCell})
		l.order = append(l.order, i)
	}
	for i, c := range ours {
		if c.look == wrappedCell && c.width < 50 || c.look == plainCell { // the answer and its citations are long
			c.width = widthOf(c.name, len(in.Columns)+i, rows, 9, c.width)
		}
		l.columns = append(l.columns, c)
	}
	frozen := max(id, question) + 1
	if width := 0.0; frozen > 0 {
		for _, c := range l.columns[:frozen] {
			width += c.width
		}
		if width > widestFrozen {
			l.order = slices.DeleteFunc(l.order, func(i int) bool { return i == id || i == question })
			frozen = 0
			for _, i := range []int{question, id} {
				if i >= 0 && (frozen == 0 || id != question) {
					l.order = slices.Insert(l.order, 0, i)
					frozen++
				}
			}
			columns := slices.Clone(l.columns)
			for to, from := range l.order {
				l.columns[to] = columns[from]
			}
		}
	}
	l.freeze = freeze{rows: 1, columns: frozen, first: len(in.Columns)}
	if frozen > 0 {
		last := slices.IndexFunc(ours, func(c column) bool { return strings.HasSuffix(c.name, "attempts") }) - 1
		l.print = span{len(in.Columns), len(in.Columns) + last}
	}
	return l
}

// ordered returns the cells of a row as the columns stand.
func (l *layout) ordered(row []cell) []cell {
	ordered := slices.Clone(row)
	for to, from := range l.order {
		ordered[to] = row[from]
	}
	return ordered
}

// widthOf returns the width of a column by its name and what it holds.
func widthOf(name string, at int, rows [][]cell, least, most float64) float64 {
	longest := utf8.RuneCountInString(name)
	for _, row := range rows {
		for line := range strings.SplitSeq(row[at].text, "\n") {
			longest = max(longest, utf8.RuneCountInString(line))
		}
	}
	return min(max(float64(longest+2), least), most)
}

// idNames are the names of columns that name the rows.
var idNames = []string{"id", "question_id", "custom_id"}

// namedColumn finds a column: the named one, or the first that goes by one of
// the usual names; -1: there is none.
func namedColumn(columns []string, name string, usual []string) int {
	if name != "" {
		usual = []string{name}
	}
	for _, name := range usual {
		if at := slices.IndexFunc(columns, func(column string) bool { return sameName(column, name) }); at >= 0 {
			return at
		}
	}
	return -1
}
