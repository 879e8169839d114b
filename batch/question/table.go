package question

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"

	"bizbatch/batch"
)

// A row is what gocsv decodes a record into: every field in order, and again
// those that have a role.
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
// with the name of the field's column; see [table.GetCSVRows] for why that is
// a role here.
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

// A recordSource gives the records of a file that has a header: a CSV file or a
// sheet.
type recordSource interface {
	// read reads the next record, as wide as the header; width is 0 for the
	// header itself. Its slice is valid until the next call. io.EOF ends them.
	read(width int) ([]string, error)
	// line is where the record that was read last begins, from 1.
	line() int
}

// A table makes questions of the records under a header.
type table struct {
	source recordSource
	header []string
	roles  []string // of each column; empty for most
	asks   bool     // there is a question column
	rows   [1]row
	number int // of the current row, from 1
	modes  batch.AskModes
	json   bytes.Buffer
}

// newTable reads the header.
func newTable(source recordSource, opts Options, in *batch.Input) (*table, error) {
	t := &table{source: source, modes: opts.AskModes}
	header, err := source.read(0)
	if err == io.EOF {
		return nil, noQuestions(1)
	} else if err != nil {
		return nil, err
	}
	t.header = slices.Clone(header)
	if err := t.assignRoles(opts); err != nil {
		e := asError(err)
		e.Line = source.line()
		return nil, e
	}
	in.Columns = t.header
	return t, nil
}

// assignRoles finds the columns that have a role by the header.
func (t *table) assignRoles(opts Options) error {
	keys := make([]string, len(t.header))
	for i, name := range t.header {
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
		return noQuestionColumn(t.header)
	}
	t.asks = l.question >= 0
	t.roles = make([]string, len(keys))
	if l.askMode >= 0 {
		t.roles[l.askMode] = askModeRole
	}
	if l.id >= 0 {
		t.roles[l.id] = idRole
	}
	if l.question >= 0 { // last: a column that is both asks its text
		t.roles[l.question] = questionRole
	}
	return nil
}

// next reads the next row.
func (t *table) next() (q batch.Question, err error) {
	if err := gocsv.UnmarshalDecoder(t, &t.rows); err != nil {
		return q, err
	}
	t.number++
	row := &t.rows[0]
	q.Line = t.source.line()
	if q.ID = strings.TrimSpace(row.id); q.ID == "" {
		q.ID = strconv.Itoa(t.number)
	}
	if q.AskMode, err = t.modes.Parse(row.askMode); err != nil {
		return q, &Error{Line: q.Line, Msg: err.Error()}
	}
	q.Fields = t.marshal(row.Fields)
	if !t.asks {
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
func (t *table) GetCSVRows() ([][]string, error) {
	record, err := t.source.read(len(t.header))
	if err != nil {
		return nil, err
	}
	return [][]string{t.roles, record}, nil
}

// marshal writes fields as a JSON array, with <, > and & as they are.
func (t *table) marshal(fields []string) json.RawMessage {
	t.json.Reset()
	enc := json.NewEncoder(&t.json)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(fields) // strings in memory: nothing to fail
	return bytes.Clone(bytes.TrimSuffix(t.json.Bytes(), []byte("\n")))
}

// count writes a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
