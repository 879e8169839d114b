// Package numfmt shows the values of cells as Excel does.
//
// [Parse] takes the code of a number format, such as #,##0.00;(#,##0.00), and
// [Format.Number] shows a number in it. What is not known for certain to look
// the same in Excel is an error: a cell is rather refused than misread.
package numfmt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Format is a number format. It is safe for concurrent use.
type Format struct {
	numbers []section // those for numbers, at most three
	text    *section  // the one for texts, nil if it has none
	alone   bool      // it has a single section
}

// Parse reads the code of a number format. A part of it that is not understood
// is an error where a value needs it.
func Parse(code string) *Format {
	f := &Format{}
	parts := split(code)
	f.alone = len(parts) == 1
	for i, part := range parts {
		s := parseSection(part)
		if i == 3 || i == len(parts)-1 && s.kind == textual {
			f.text = &s
			break
		}
		f.numbers = append(f.numbers, s)
	}
	if len(parts) > 4 {
		f.numbers = []section{{err: errors.New("it has more than four sections")}}
	}
	f.setDefaults()
	return f
}

// setDefaults gives the sections without a condition the one that Excel gives
// them: the positive numbers first, then the negative ones, then the rest.
func (f *Format) setDefaults() {
	n := len(f.numbers)
	if n < 2 {
		return
	}
	if f.numbers[0].condition == nil {
		op := ">"
		if n == 2 {
			op = ">="
		}
		f.numbers[0].condition = &condition{op: op}
	}
	if n == 3 && f.numbers[1].condition == nil {
		f.numbers[1].condition = &condition{op: "<"}
	}
}

// Number shows a number, which in a workbook whose dates begin in 1904 may be
// another date than in others.
func (f *Format) Number(v float64, date1904 bool) (string, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "", errors.New("it is no number")
	}
	s, bare, err := f.choose(v)
	if err == nil {
		err = s.err
	}
	if err != nil {
		return "", err
	}
	negative := v < 0 && !bare
	if s.kind == dated {
		return s.date(v, date1904)
	}
	text, zero := s.number(math.Abs(v))
	if negative && !(zero && f.alone) {
		text = "-" + text
	}
	return text, nil
}

// general is the format of cells that have none.
var general = section{items: []item{{kind: generalItem}}, layout: layout{general: true}}

// choose finds the section for a number. It is bare where only negative numbers
// can be: it then has their sign, or what stands for it, itself.
func (f *Format) choose(v float64) (s *section, bare bool, err error) {
	i := f.pick(v)
	switch {
	case i == len(f.numbers) && i > 1:
		return nil, false, errors.New("none of its conditions holds: Excel shows ####")
	case i == len(f.numbers):
		return &general, false, nil
	}
	bare = f.negative(i)
	if v < 0 && !bare && !f.reaches(i) {
		err = errors.New("whether Excel shows the sign under two conditions that leave negative numbers alone is not known")
	}
	return &f.numbers[i], bare, err
}

// pick finds the place of the section for a number, after all others if there
// is none.
func (f *Format) pick(v float64) int {
	for i, s := range f.numbers {
		if s.condition == nil || s.condition.holds(v) {
			return i
		}
	}
	return len(f.numbers)
}

// negative reports whether a condition alone keeps all but negative numbers
// from the section at i.
func (f *Format) negative(i int) bool {
	for _, s := range f.numbers[:i] {
		if s.condition.opposite().negative() {
			return true
		}
	}
	c := f.numbers[i].condition
	return c != nil && c.negative()
}

// reaches reports whether some number that is not negative comes to the section
// at i.
func (f *Format) reaches(i int) bool {
	tries := []float64{0, math.MaxFloat64}
	for _, s := range f.numbers {
		if c := s.condition; c != nil {
			tries = append(tries, c.limit, math.Nextafter(c.limit, math.Inf(1)), math.Nextafter(c.limit, math.Inf(-1)))
		}
	}
	return slices.ContainsFunc(tries, func(v float64) bool { return v >= 0 && f.pick(v) == i })
}

// Text shows a text.
func (f *Format) Text(s string) (string, error) {
	if f.text == nil {
		return s, nil
	}
	if f.text.err != nil {
		return "", f.text.err
	}
	var b strings.Builder
	shown := false
	for _, it := range f.text.items {
		switch it.kind {
		case atItem, generalItem:
			b.WriteString(s)
			shown = true
		case literalItem:
			b.WriteString(it.text)
		default:
			return "", errors.New("it has digits in the section for texts")
		}
	}
	if !shown {
		return "", errors.New("it hides texts")
	}
	return b.String(), nil
}

// A condition says which numbers a section is for.
type condition struct {
	op    string
	limit float64
}

func (c condition) holds(v float64) bool {
	switch c.op {
	case "<":
		return v < c.limit
	case "<=":
		return v <= c.limit
	case ">":
		return v > c.limit
	case ">=":
		return v >= c.limit
	case "=":
		return v == c.limit
	}
	return v != c.limit
}

func (c condition) opposite() condition {
	c.op = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}[c.op]
	return c
}

// negative reports whether it holds for negative numbers alone.
func (c condition) negative() bool {
	return c.op == "<" && c.limit <= 0 || (c.op == "<=" || c.op == "=") && c.limit < 0
}

// errUnknown returns the error of a code that is not understood.
func errUnknown(what string) error { return fmt.Errorf("%q in it is not understood", what) }
