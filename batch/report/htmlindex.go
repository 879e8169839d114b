package report

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bizbatch/batch"
)

// A line is a row in the index, and in the list of what to look at.
type line struct {
	Number   int
	ID       string
	Status   batch.Status // where it is not answered
	Look     bool         // the checks found something
	Question string
	Says     string // the first sentence of the answer's summary, else of the answer
	Why      string // it is to be looked at
	Group    string `json:"-"` // where the index has no groups
}

// longestLine is how much the index shows of a question and of a sentence, in
// characters; shortLine where there are more than manyRows.
const (
	longestLine = 110
	shortLine   = 50
	manyRows    = 1000
	longestWhy  = 240 // of the reason of a failure
)

func lineOf(e entry, rec batch.Record, says string) line {
	l := line{
		Number: e.Number, ID: e.ID, Question: shortened(oneLine(e.Question), longestLine), Look: e.Look, Says: says,
		Why: cmp.Or(e.Checks, shortened(oneLine(rec.Error), longestWhy)),
	}
	if e.Status != batch.Answered {
		l.Status = e.Status
		l.Says = cmp.Or(l.Says, shortened(l.Why, longestLine))
	}
	return l
}

var sentenceEnd = regexp.MustCompile(`[\p{Ll}\p{N})\]”"%][.!?]["”)]? `)

// sentence returns the first sentence of a text. A full stop behind a word with a
// capital letter, as in "Treas. Reg.", ends none.
func sentence(s string) string {
	s = oneLine(s)
	if len(s) > 10*longestLine {
		s = strings.ToValidUTF8(s[:10*longestLine], "")
	}
	for _, m := range sentenceEnd.FindAllStringIndex(s, -1) {
		next, _ := utf8.DecodeRuneInString(s[m[1]:])
		word := s[strings.LastIndexByte(s[:m[1]-1], ' ')+1 : m[1]-1]
		first, _ := utf8.DecodeRuneInString(word)
		quoted := strings.Count(s[:m[1]], "“") > strings.Count(s[:m[1]], "”")
		if !quoted && !unicode.IsLower(next) && !unicode.IsUpper(first) && !strings.Contains(word[:len(word)-1], ".") {
			s = s[:m[1]-1]
			break
		}
	}
	return shortened(s, longestLine)
}

// groupNames are the names of columns whose values group the index, the first
// first.
var groupNames = []string{"client", "customer", "taxpayer", "entity", "engagement", "matter", "project", "group"}

// groupColumn returns the column that may group the index, or -1: one with such a
// name, alone or followed by "name".
func groupColumn(columns []string, question int) int {
	for _, name := range groupNames {
		for i, column := range columns {
			words := strings.FieldsFunc(strings.ToLower(column), func(r rune) bool { return unicode.IsSpace(r) || r == '_' || r == '-' })
			if i != question && (slices.Equal(words, []string{name}) || slices.Equal(words, []string{name, "name"})) {
				return i
			}
		}
	}
	return -1
}

// pageGroups are the values of the column that may group the index.
type pageGroups struct {
	names   []string // in order of first appearance
	numbers map[string]int
}

// of returns the number of a row's group, from 1; 0: it has none.
func (g *pageGroups) of(fields []field, column int) int {
	i := slices.IndexFunc(fields, func(f field) bool { return f.Column == column })
	if i < 0 {
		return 0
	}
	name := oneLine(fields[i].Value)
	if g.numbers == nil {
		g.numbers = map[string]int{}
	}
	if g.numbers[name] == 0 {
		g.names = append(g.names, name)
		g.numbers[name] = len(g.names)
	}
	return g.numbers[name]
}

// grouped reports whether the column groups: its groups have two rows or more on
// average.
func (w *htmlWriter) grouped() bool {
	return len(w.groups.names) > 0 && 2*len(w.groups.names) <= len(w.written)
}

// An indexPart is a run of lines in the index, under a name where there are several.
type indexPart struct {
	Name  string
	Count int
	Open  bool
	rows  []pageRow
}

// fewRows are not folded in the index.
const fewRows = 200

// indexParts divides the rows: by their group, in the order in which the groups
// appear and rows without one last; else into hundreds where they are many.
func (w *htmlWriter) indexParts() (parts []indexPart) {
	if !w.grouped() {
		if len(w.written) <= fewRows {
			return []indexPart{{Count: len(w.written), rows: w.written}}
		}
		from := 1
		for rows := range slices.Chunk(w.written, 100) {
			to := from + len(rows) - 1
			parts = append(parts, indexPart{Name: strconv.Itoa(from) + " to " + strconv.Itoa(to), Count: len(rows), rows: rows})
			from = to + 1
		}
		return parts
	}
	parts = make([]indexPart, len(w.groups.names)+1)
	for _, row := range w.written {
		p := &parts[(row.group+len(w.groups.names))%len(parts)]
		p.rows, p.Count = append(p.rows, row), p.Count+1
	}
	for i := range parts {
		parts[i].Name, parts[i].Open = "Others", len(w.written) <= fewRows
		if i < len(w.groups.names) {
			parts[i].Name = w.groups.names[i]
		}
	}
	return slices.DeleteFunc(parts, func(p indexPart) bool { return p.Count == 0 })
}

func (w *htmlWriter) putIndex() error {
	grouped := w.grouped()
	head := struct {
		By    string // the column that groups
		Cells bool   // it does not: each line has its value
	}{Cells: !grouped && len(w.groups.names) > 0}
	if grouped {
		head.By = strings.TrimSpace(w.in.Columns[w.group])
	}
	if err := w.put("index", head); err != nil {
		return err
	}
	for _, part := range w.indexParts() {
		if err := w.put("index part", part); err != nil {
			return err
		}
		for _, row := range part.rows {
			l, err := w.line(row)
			if err != nil {
				return err
			}
			if head.Cells {
				l.Group = "–"
				if row.group > 0 {
					l.Group = w.groups.names[row.group-1]
				}
			}
			if err := w.put("line", l); err != nil {
				return err
			}
		}
		if err := w.put("index part end", part); err != nil {
			return err
		}
	}
	return w.put("index end", nil)
}

// line reads a row's line from the spool.
func (w *htmlWriter) line(row pageRow) (l line, err error) {
	b, err := w.spool.read(row.line)
	if err != nil {
		return l, err
	}
	err = json.Unmarshal(b, &l)
	if len(w.written) > manyRows {
		l.Question, l.Says = shortened(l.Question, shortLine), shortened(l.Says, shortLine)
	}
	return l, err
}
