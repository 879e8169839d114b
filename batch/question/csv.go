package question

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"bizbatch/batch"
)

type csvSource struct{ csv *csv.Reader }

func newCSVSource(text *bufio.Reader, name string, opts Options, in *batch.Input) (csvSource, error) {
	comma, err := delimiter(text, name, opts.Delimiter)
	if err != nil {
		return csvSource{}, err
	}
	c := csvSource{csv.NewReader(&guard{r: transform.NewReader(text, encoding.UTF8Validator), comma: comma, line: 1, start: 1})}
	c.csv.Comma = comma
	c.csv.FieldsPerRecord = -1 // counted in read, for a better message
	c.csv.ReuseRecord = true
	if comma != ',' {
		in.Delimiter = string(comma)
	}
	return c, nil
}

func (c csvSource) line() int {
	line, _ := c.csv.FieldPos(0)
	return line
}

func (c csvSource) read(width int) ([]string, error) {
	record, err := c.csv.Read()
	if err != nil {
		return nil, c.explain(record, err)
	}
	if width > 0 && len(record) != width {
		return nil, &Error{
			Line: c.line(),
			Msg:  fmt.Sprintf("row has %s, the header has %d", count(len(record), "field"), width),
			Hint: fmt.Sprintf("a field that holds the delimiter %q or a line break must stand in double quotes", c.csv.Comma),
		}
	}
	for i, field := range record {
		record[i] = restoreCR(field)
	}
	return record, nil
}

// explain says where a broken quote begins. The record is what could be read.
func (c csvSource) explain(record []string, err error) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err
	}
	e := &Error{Line: parse.Line, Hint: `a field with a quote in it must stand in quotes, and the quote be doubled: "the ""safe harbor"" rule"`}
	if parse.Err == csv.ErrBareQuote {
		e.Msg = "a quote inside a field that does not begin with one"
		return e
	}
	// The broken field begins where the last whole one ends.
	e.Line = parse.StartLine
	if n := len(record); n > 0 {
		e.Line, _ = c.csv.FieldPos(n - 1)
		e.Line += strings.Count(record[n-1], "\n")
	}
	e.Msg = "the quoted field that begins here is not closed"
	if parse.Line != e.Line {
		e.Msg += fmt.Sprintf(", or goes on after a quote in line %d", parse.Line)
	}
	return e
}

// delimiter is the one that was asked for, or else the one that the header
// holds most often, or else the usual one.
func delimiter(text *bufio.Reader, name, asked string) (rune, error) {
	switch strings.ToLower(asked) {
	case "":
		head, _ := text.Peek(text.Size()) // a read error comes back on the next read
		if c, ok := sniffDelimiter(head); ok {
			return c, nil
		}
		if strings.EqualFold(filepath.Ext(name), ".tsv") {
			return '\t', nil
		}
		return ',', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "tab", `\t`:
		return '\t', nil
	case "pipe":
		return '|', nil
	}
	c, size := utf8.DecodeRuneInString(asked)
	if size != len(asked) || strings.ContainsRune("\"\r\n\uFFFD", c) {
		return 0, &Error{
			Msg:  fmt.Sprintf("cannot be read with the delimiter %q", asked),
			Hint: "use one character, or comma, semicolon, tab or pipe",
		}
	}
	return c, nil
}

func sniffDelimiter(head []byte) (c rune, ok bool) {
	const candidates = ",;\t|" // in order of preference
	var counts [len(candidates)]int
	quoted := false
	for _, c := range bytes.TrimLeft(head, "\r\n") {
		if c == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if c == '\n' || c == '\r' {
			break
		}
		if i := strings.IndexByte(candidates, c); i >= 0 {
			counts[i]++
		}
	}
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	return rune(candidates[best]), counts[best] > 0
}
