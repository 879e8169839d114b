package question

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"

	"bizbatch/batch"
)

// A row is what gocsv decodes of a record: the columns that have a role.
type row struct {
	Question string `csv:"question"`
	ID       string `csv:"id"`
	AskMode  string `csv:"ask_mode"`
}

// The roles of columns, which are the names that gocsv knows them by.
const (
	questionRole = "question"
	idRole       = "id"
	askModeRole  = "ask_mode"
)

// A tableText is a table as CSV that encoding/csv reads as it is meant: see
// [csvText] for the bytes that stand for others.
type tableText interface {
	// Read gives the next record, or what is left of it, and never more.
	io.Reader
	// line is where the record begins that was given last, from 1.
	line() int
	// fit makes all further records as wide as the header, or narrower.
	fit(width int)
	// delimiter is that of the file, 0 for a sheet.
	delimiter() rune
}

// A table makes questions of the records under a header.
type table struct {
	text   replay
	csv    *csv.Reader
	rows   *gocsv.Unmarshaller
	keys   []string // the names by which gocsv knows the columns: a role, or a number
	fields []string // of the current row
	used   []bool   // the columns that matter
	asks   bool     // there is a question column
	asked  string   // its canonical name, where the file has a header
	below  int      // the line of the header
	guards []int    // see header.guards; nil after the first row
	number int      // of the current row, from 1
	modes  batch.AskModes
	json   bytes.Buffer
}

// newTable reads the header.
func newTable(text tableText, opts Options, in *batch.Input, u *Understood) (*table, error) {
	t := &table{text: replay{tableText: text}, modes: opts.AskModes}
	t.csv = csv.NewReader(&t.text)
	t.csv.Comma = cmp.Or(text.delimiter(), ',')
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	find := t.findHeader
	if opts.NoHeader {
		find = t.makeHeader
	}
	h, err := find(&opts)
	if err != nil {
		return nil, err
	}
	in.Columns = h.names
	u.HeaderLine = h.line
	u.name(h.names, h.layout)
	t.assignRoles(h, opts.NoHeader)
	if opts.HeaderRow == 0 && t.asked != "" {
		t.below, t.guards = h.line, h.guards()
	}
	text.fit(len(h.names))
	return t, t.rows.RenormalizeHeaders(func([]string) []string { return t.keys })
}

// header reads the next record as the header.
func (t *table) header() (h header, err error) {
	if t.rows, err = gocsv.NewUnmarshaller(t.csv, row{}); err != nil {
		return h, err
	}
	for _, name := range t.rows.Headers {
		h.names = append(h.names, restore.Replace(name))
	}
	h.line = t.text.line()
	return h, nil
}

// assignRoles notes the columns that have a role. The others are numbered: their
// own names may be anything, and may repeat.
func (t *table) assignRoles(h header, made bool) {
	t.keys = make([]string, len(h.names))
	for i := range t.keys {
		t.keys[i] = strconv.Itoa(i)
	}
	if at := h.layout.askMode; at >= 0 {
		t.keys[at] = askModeRole
	}
	if at := h.layout.id; at >= 0 {
		t.keys[at] = idRole
	}
	if at := h.layout.question; at >= 0 { // last: a column that is both asks its text
		t.keys[at], t.asks = questionRole, true
		if !made {
			t.asked = canonical(h.names[at])
		}
	}
}

// A replay returns some records again before the following ones.
type replay struct {
	tableText
	again []byte
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.again) == 0 {
		return r.tableText.Read(p)
	}
	n := copy(p, r.again)
	r.again = r.again[n:]
	return n, nil
}

// next reads the next row.
func (t *table) next() (q batch.Question, err error) {
	decoded, others, err := t.rows.ReadUnmatched()
	if err != nil {
		return q, err
	}
	row := decoded.(row)
	t.number++
	q.Line = t.text.line()
	if q.ID = strings.TrimSpace(restore.Replace(row.ID)); q.ID == "" {
		q.ID = strconv.Itoa(t.number)
	}
	if q.AskMode, err = t.modes.Parse(row.AskMode); err != nil {
		return q, &Error{Line: q.Line, Msg: err.Error(), Hint: askModeHint}
	}
	q.Fields = t.marshal(row, others)
	if err := t.checkErrors(q.Line); err != nil {
		return q, err
	}
	if !t.asks {
		q.Subject = string(q.Fields)
		return q, nil
	}
	if err := t.checkFirst(); err != nil {
		return q, err
	}
	if q.Text = strings.TrimSpace(restore.Replace(row.Question)); blank(q.Text) {
		q.Text = ""
	}
	if t.repeatsHeader(q.Text) {
		return q, &Error{Line: q.Line, Msg: fmt.Sprintf("%q stands in the question column again", q.Text),
			Hint: "a row that repeats the header is no question: remove it; if this row is the header, add --header-row " + strconv.Itoa(q.Line)}
	}
	q.Subject = q.Text
	if q.Text == "" {
		q.Skip = noQuestion
	}
	return q, nil
}

// checkErrors returns an error if a used column contains an error value of a
// spreadsheet.
func (t *table) checkErrors(line int) error {
	for i, field := range t.fields {
		if t.used[i] && isErrorValue(field) {
			return &Error{Line: line, Msg: fmt.Sprintf("column %s holds the error %s", columnName(i), field), Hint: "mend the formula in the spreadsheet, or clear the cell"}
		}
	}
	return nil
}

const askModeHint = "what is named ask_mode or mode sets how thoroughly to ask; if it is about something else, rename it, or name another with --ask-mode-column"

// repeatsHeader reports whether a question is the name of its column. Then files
// were joined, or the wrong row was taken for the header.
func (t *table) repeatsHeader(text string) bool {
	const unseen = 16 // bytes of characters that a name may have besides
	return t.asked != "" && len(text) <= len(t.asked)+unseen && canonical(text) == t.asked
}

// marshal writes the fields of a row as a JSON array, in their order, with <, >
// and & as they are. Fields that are missing at its end are empty.
func (t *table) marshal(row row, others map[string]string) json.RawMessage {
	t.fields = t.fields[:0]
	for _, key := range t.keys {
		field := others[key]
		switch key {
		case questionRole:
			field = row.Question
		case idRole:
			field = row.ID
		case askModeRole:
			field = row.AskMode
		}
		t.fields = append(t.fields, restore.Replace(field))
	}
	t.json.Reset()
	enc := json.NewEncoder(&t.json)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(t.fields) // strings in memory: nothing to fail
	return bytes.Clone(bytes.TrimSuffix(t.json.Bytes(), []byte("\n")))
}
