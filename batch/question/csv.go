package question

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"bizbatch/batch"
)

// A row is what gocsv decodes a CSV record into: every field in order, and
// again those that have a role.
type row struct {
	Fields                []string
	question, id, askMode string
}

// The roles of columns.
const (
	questionRole = "question"
	idRole       = "id"
	askModeRole  = "ask_mode"
)

// UnmarshalCSVWithFields takes the next field of the record. gocsv calls it
// with the name of the field's column; see [csvReader.GetCSVRows] for why that
// is a role here.
func (r *row) UnmarshalCSVWithFields(role, field string) error {
	r.Fields = append(r.Fields, field)
	switch role {
	case questionRole:
		r.question = field
	case idRole:
		r.id = field
	case askModeRole:
		r.askMode = field
	}
	return nil
}

type csvReader struct {
	csv    *csv.Reader
	header []string
	roles  []string // of each column; empty for most
	asks   bool     // there is a question column
	rows   [1]row
	number int // of the current row, from 1
	json   bytes.Buffer
}

func newCSVReader(text *bufio.Reader, name string, opts Options, in *batch.Input) (*csvReader, error) {
	comma, err := delimiter(text, name, opts.Delimiter)
	if err != nil {
		return nil, err
	}
	c := &csvReader{csv: csv.NewReader(&guard{r: transform.NewReader(text, encoding.UTF8Validator), line: 1, start: 1})}
	c.csv.Comma = comma
	c.csv.FieldsPerRecord = -1 // counted in read, for a better message
	c.csv.ReuseRecord = true
	header, err := c.read()
	if err == io.EOF {
		return nil, noQuestions(1)
	} else if err != nil {
		return nil, err
	}
	c.header = slices.Clone(header)
	line, _ := c.csv.FieldPos(0)
	if err := c.assignRoles(opts); err != nil {
		e := asError(err)
		e.Line = line
		return nil, e
	}
	in.Columns = c.header
	if comma != ',' {
		in.Delimiter = string(comma)
	}
	return c, nil
}

// assignRoles finds the columns that have a role by the header.
func (c *csvReader) assignRoles(opts Options) error {
	keys := make([]string, len(c.header))
	for i, name := range c.header {
		if strings.ContainsRune(name, 0) {
			return &Error{Msg: "the header is not text in UTF-8", Hint: "name the file's encoding, such as --encoding utf-16le"}
		}
		keys[i] = canonical(name)
	}
	l, err := opts.layout(keys)
	if err != nil {
		return err
	}
	if l.question < 0 && opts.Template == "" {
		return noQuestionColumn(c.header)
	}
	c.asks = l.question >= 0
	c.roles = make([]string, len(keys))
	if l.askMode >= 0 {
		c.roles[l.askMode] = askModeRole
	}
	if l.id >= 0 {
		c.roles[l.id] = idRole
	}
	if l.question >= 0 { // last: a column that is both asks its text
		c.roles[l.question] = questionRole
	}
	return nil
}

// next reads the next row.
func (c *csvReader) next() (q batch.Question, err error) {
	if err := gocsv.UnmarshalDecoder(c, &c.rows); err != nil {
		return q, err
	}
	c.number++
	row := &c.rows[0]
	q.Line, _ = c.csv.FieldPos(0)
	if q.ID = strings.TrimSpace(row.id); q.ID == "" {
		q.ID = strconv.Itoa(c.number)
	}
	if q.AskMode, err = batch.ParseAskMode(row.askMode); err != nil {
		return q, &Error{Line: q.Line, Msg: err.Error()}
	}
	q.Fields = c.marshal(row.Fields)
	if !c.asks {
		q.Subject = string(q.Fields)
		return q, nil
	}
	q.Text = strings.TrimSpace(row.question)
	q.Subject = q.Text
	if q.Text == "" {
		q.Skip = noQuestion
	}
	return q, nil
}

// GetCSVRows gives gocsv the next record as if it were a whole file, under the
// columns' roles as its header. Only one record is in memory at a time, and a
// column's own name, which may be anything and may repeat, is never looked at.
func (c *csvReader) GetCSVRows() ([][]string, error) {
	record, err := c.read()
	if err != nil {
		return nil, err
	}
	return [][]string{c.roles, record}, nil
}

// read reads one record, as wide as the header. Its slice is reused.
func (c *csvReader) read() ([]string, error) {
	record, err := c.csv.Read()
	if err != nil {
		return nil, c.explain(record, err)
	}
	if c.header != nil && len(record) != len(c.header) {
		line, _ := c.csv.FieldPos(0)
		return nil, &Error{
			Line: line,
			Msg:  fmt.Sprintf("row has %s, the header has %d", count(len(record), "field"), len(c.header)),
			Hint: fmt.Sprintf("a field that holds the delimiter %q or a line break must stand in double quotes", c.csv.Comma),
		}
	}
	for i, field := range record {
		record[i] = restoreCR(field)
	}
	return record, nil
}

// explain says where a broken quote begins. The record is what could be read.
func (c *csvReader) explain(record []string, err error) error {
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

// marshal writes fields as a JSON array, with <, > and & as they are.
func (c *csvReader) marshal(fields []string) json.RawMessage {
	c.json.Reset()
	enc := json.NewEncoder(&c.json)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(fields) // strings in memory: nothing to fail
	return bytes.Clone(bytes.TrimSuffix(c.json.Bytes(), []byte("\n")))
}

// count writes a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
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
