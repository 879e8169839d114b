package report

import (
	"fmt"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// A Pattern is a name that stands for a file for each value of columns, such as
// memos/{{.client}}.docx.
type Pattern struct {
	path    string
	rows    rowReader
	columns []int // of the placeholders, in their order
}

// IsPattern reports whether path is a pattern.
func IsPattern(path string) bool { return strings.Contains(path, "{{") }

var (
	placeholder = regexp.MustCompile(`\{\{\s*(?:\.([\pL_][\pL\p{Nd}_]*)|index \. "([^"]*)")\s*\}\}`)
	braces      = regexp.MustCompile(`\{\{|\}\}`)
)

// ParsePattern reads a pattern for questions with the columns of in. Its error
// lists them.
func ParsePattern(path string, in batch.Input) (*Pattern, error) {
	if braces.MatchString(placeholder.ReplaceAllString(path, "")) {
		return nil, fmt.Errorf(`%s: placeholders are written {{.client}} or {{index . "Client name"}}`, path)
	}
	p := &Pattern{path: path, rows: rowReader{in}}
	for _, m := range placeholder.FindAllStringSubmatch(path, -1) {
		name := strings.TrimSpace(m[1] + m[2])
		i := slices.IndexFunc(in.Columns, func(column string) bool { return strings.TrimSpace(column) == name })
		if i < 0 {
			return nil, fmt.Errorf("%s: there is no column %q; the columns are %s", path, name, strings.Join(in.Columns, ", "))
		}
		p.columns = append(p.columns, i)
	}
	return p, nil
}

// A Part is the rows that go to one file of a pattern.
type Part struct {
	Path    string
	Pattern string // that makes it
	// Values are those of the pattern's columns, in its order.
	Values []Value
	// Positions are those of the rows in the input, from 1.
	Positions []int64

	line int    // of the first row
	used []bool // the columns in which a row has something
}

// Input returns the input with the columns of the part. Those of JSON lines are
// names that only another part's rows may have.
func (p *Part) Input(in batch.Input) batch.Input {
	if in.Format == batch.JSONL {
		columns := in.Columns
		in.Columns = nil
		for i, name := range columns {
			if p.used[i] {
				in.Columns = append(in.Columns, name)
			}
		}
	}
	return in
}

// A Value is what a row has in a column.
type Value struct {
	Column string `json:"column"`
	Value  string `json:"value"`
}

// Name returns the part's values for people.
func (p *Part) Name() string {
	var names []string
	for _, v := range p.Values {
		if v.Value == "" {
			names = append(names, "no "+v.Column)
			continue
		}
		names = append(names, v.Value)
	}
	return strings.Join(names, ", ")
}

// MostParts is how many files a pattern may make. A column that makes more is
// one with another value in each row, as a rule.
const MostParts = 10_000

// Split finds the files that a pattern makes of rows, in the order of the first
// row of each. Two values whose files would have the same name, on a system that
// takes capital letters for small ones or not, are an error with the lines of
// both.
func (p *Pattern) Split(rows iter.Seq2[checkpoint.Result, error]) ([]*Part, error) {
	var parts []*Part
	byName := map[string]*Part{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		cells, err := p.rows.cells(row.Fields)
		if err != nil {
			return nil, fmt.Errorf("the row of line %d: %w", row.Line, err)
		}
		values := make([]Value, len(p.columns))
		for i, column := range p.columns {
			values[i] = Value{strings.TrimSpace(p.rows.in.Columns[column]), oneLine(cells[column])}
		}
		path := p.name(values)
		folded := cases.Fold().String(norm.NFC.String(path))
		part := byName[folded]
		switch {
		case part == nil:
			part = &Part{Path: path, Pattern: p.path, Values: values, line: row.Line, used: make([]bool, len(cells))}
			byName[folded] = part
			if parts = append(parts, part); len(parts) > MostParts {
				return nil, fmt.Errorf("%s would be more than %d files: choose a column that fewer rows differ in", p.path, MostParts)
			}
		case !slices.Equal(part.Values, values):
			return nil, fmt.Errorf("%s: %q in line %d and %q in line %d would be one file, %s", p.path, part.Name(), part.line, (&Part{Values: values}).Name(), row.Line, part.Path)
		}
		for i, cell := range cells {
			part.used[i] = part.used[i] || cell != ""
		}
		part.Positions = append(part.Positions, row.Position)
	}
	return parts, nil
}

// name returns the file for the values.
func (p *Pattern) name(values []Value) string {
	const made = "\x00" // before a value, which holds none
	next := 0
	path := placeholder.ReplaceAllStringFunc(p.path, func(string) string {
		v := values[next]
		next++
		if v.Value == "" {
			return made + fileName("no "+v.Column)
		}
		return made + fileName(v.Value)
	})
	return component.ReplaceAllStringFunc(path, func(name string) string {
		plain := strings.ReplaceAll(name, made, "")
		stem, _, _ := strings.Cut(plain, ".")
		if plain != name && reserved.MatchString(stem) || strings.HasPrefix(name, made+".") {
			return "_" + plain
		}
		return plain
	})
}

// component is a folder of a path, or its file.
var component = regexp.MustCompile(`[^/` + regexp.QuoteMeta(string(filepath.Separator)) + `]+`)

// longestName is how much of a value stands in a file's name, in bytes: file
// systems take 255 of a whole name.
const longestName = 100

// reserved are the names that Windows has for devices.
var reserved = regexp.MustCompile(`(?i)^ *(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *$`)

// fileName returns a value as a file's name can hold it on every system.
func fileName(value string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\<>:"|?*`, r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, value)
	for len(name) > longestName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if trimmed := strings.TrimRight(name, ". "); trimmed != name { // Windows drops them
		name = trimmed + "_"
	}
	return name
}

// A Group is what became of the rows of a part.
type Group struct {
	Output   string      `json:"output"`
	Values   []Value     `json:"values"`
	Rows     int         `json:"rows"`
	Answered int         `json:"answered"` // rows, equal ones each
	Failed   int         `json:"failed"`
	Pending  int         `json:"pending"`
	Spent    batch.Money `json:"spent"` // an answer that several rows share counts in the first of them
}
