package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// A member is one of ours in an object of a JSONL file.
type member struct {
	name  string
	value any
}

// members returns all that is known of a row, in the order in which it is written.
// Every line has them all, so that programs find one shape: null where there is
// nothing to say, and [] for an empty list.
func members(rec batch.Record) []member {
	a := rec.Answer
	if a == nil {
		a = &batch.Answer{}
	}
	text, cited, _ := a.Numbered()
	return []member{
		{"id", rec.ID},
		{"line", rec.Line},
		{"answer", unless(rec.Answer == nil, text)},
		{"answer_as_sent", unless(rec.Answer == nil, a.Text)},
		{"citations", citations(cited)},
		{"status", rec.Status},
		{"error", orNull(rec.Error)},
		{"checks", unless(rec.Answer == nil, check.Record(rec))},
		{"attempts", unless(rec.Status == batch.Skipped, rec.Attempts)},
		{"seconds", unless(rec.Answer == nil && rec.Status != batch.Failed, math.Round(rec.Seconds*1000)/1000)},
		{"request_id", orNull(cmp.Or(a.RequestID, rec.RequestID))},
		{"sources", list(a.Sources)},
		{"sources_kept", unless(rec.Answer == nil, cmp.Or(a.Kept, batch.AllSources))},
		{"suggestions", list(a.Suggestions)},
		{"summary", orNull(a.Summary)},
		{"steps", list(a.Steps)},
		{"usage", a.Usage},
		{"model", orNull(a.Model)},
		{"finish_reason", orNull(a.FinishReason)},
		{"thread_id", orNull(a.ThreadID)},
		{"metadata", a.Metadata},
		{"other", list(a.Other)},
		{"extra", extra(a.Extra)},
		{"reasoning", orNull(a.Reasoning)},
		{"cost", rec.Cost},
		{"reused", orNull(rec.Reused)},
		{"review", reviewMember(&rec)},
		{"started", orNull(timestamp(rec.Started))},
		{"finished", orNull(timestamp(rec.Finished))},
	}
}

// extra returns what is not known of an answer, which is never null in JSON.
func extra(m map[string][]json.RawMessage) map[string][]json.RawMessage {
	if m == nil {
		return map[string][]json.RawMessage{}
	}
	return m
}

// orNull returns the text, or null for none.
func orNull(text string) any { return unless(text == "", text) }

// list returns the list, which is never null in JSON.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// unless returns the value, or null if it is absent.
func unless(absent bool, value any) any {
	if absent {
		return nil
	}
	return value
}

// timestamp returns t in UTC, as RFC 3339 has it, to the millisecond.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}

// A jsonlWriter writes an object a line: the input's members as they were, and
// after them ours.
type jsonlWriter struct {
	streamed
	out     *bufio.Writer
	rows    rowReader
	columns []string          // what a CSV file's columns are called, as JSON
	names   map[string]string // what our members are called, as JSON
	more    []Column
	moreAs  []string      // what they are called, as JSON
	idAt    int           // which column is called id, or -1
	line    bytes.Buffer  // the line being written
	json    *json.Encoder // into line
}

func newJSONLWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	var wanted []string
	for _, m := range members(batch.Record{}) {
		wanted = append(wanted, m.name)
	}
	w := &jsonlWriter{
		out:     b,
		rows:    rowReader{in},
		columns: memberNames(in.Columns),
		names:   ownNames(wanted, in.Columns),
		more:    o.Members,
		idAt:    slices.IndexFunc(in.Columns, func(column string) bool { return sameName(column, "id") }),
	}
	w.moreAs = furtherNames(o.Members, slices.AppendSeq(slices.Clone(in.Columns), maps.Values(w.names)))
	w.json = json.NewEncoder(&w.line)
	w.json.SetEscapeHTML(false)
	for i, name := range w.columns {
		w.columns[i] = w.quoted(name)
	}
	for own, name := range w.names {
		w.names[own] = w.quoted(name)
	}
	for i, name := range w.moreAs {
		w.moreAs[i] = w.quoted(name)
	}
	return w, nil
}

// quoted returns a name as JSON.
func (w *jsonlWriter) quoted(name string) string {
	w.line.Reset()
	_ = w.value(name) // every string can be written
	return w.line.String()
}

func (w *jsonlWriter) write(rec batch.Record) error {
	w.line.Reset()
	w.line.WriteByte('{')
	original := w.object
	if w.rows.in.Format != batch.JSONL {
		original = w.cells
	}
	id, err := original(rec.Fields)
	if err != nil {
		return err
	}
	for _, m := range members(rec) {
		if m.name == "id" && id == rec.ID {
			continue // the input says so already
		}
		if err := w.member(w.names[m.name], m.value); err != nil {
			return err
		}
	}
	for i, value := range valuesOf(&rec, w.more) {
		if err := w.member(w.moreAs[i], value); err != nil {
			return err
		}
	}
	w.line.WriteString("}\n")
	_, err = w.out.Write(unbroken(w.line.Bytes()))
	return err
}

// cells writes a CSV row's cells as members and returns the one called id.
func (w *jsonlWriter) cells(fields json.RawMessage) (id string, err error) {
	row, err := w.rows.cells(fields)
	if err != nil {
		return "", err
	}
	for i, cell := range row {
		if err := w.member(w.columns[i], cell); err != nil {
			return "", err
		}
	}
	if w.idAt >= 0 {
		id = row[w.idAt]
	}
	return id, nil
}

// object writes a JSON object's members as they are and returns the one called
// id.
func (w *jsonlWriter) object(fields json.RawMessage) (id string, err error) {
	if isNull(fields) {
		return "", nil
	}
	w.line.Reset() // the object brings its own brace
	if err := json.Compact(&w.line, fields); err != nil {
		return "", fmt.Errorf("read its fields: %w", err)
	}
	if w.line.Bytes()[0] != '{' {
		return "", errors.New("its fields are not a JSON object")
	}
	w.line.Truncate(w.line.Len() - 1)
	if w.idAt < 0 {
		return "", nil
	}
	row, err := w.rows.members(fields)
	if err != nil {
		return "", fmt.Errorf("read its fields: %w", err)
	}
	return row[w.idAt], nil
}

// member adds a member to the line. Its name is JSON already.
func (w *jsonlWriter) member(name string, value any) error {
	if w.line.Len() > len("{") {
		w.line.WriteByte(',')
	}
	w.line.WriteString(name)
	w.line.WriteByte(':')
	if err := w.value(value); err != nil {
		return fmt.Errorf("write its %s: %w", name, err)
	}
	return nil
}

// value adds a value to the line.
func (w *jsonlWriter) value(value any) error {
	if err := w.json.Encode(value); err != nil {
		return err
	}
	w.line.Truncate(w.line.Len() - len("\n")) // with which Encode ends
	return nil
}

// unbroken escapes the two characters that JSON allows in strings and that some
// readers, Node's readline for one, take for the end of a line.
func unbroken(line []byte) []byte {
	if !bytes.Contains(line, []byte("\u2028")) && !bytes.Contains(line, []byte("\u2029")) {
		return line
	}
	line = bytes.ReplaceAll(line, []byte("\u2028"), []byte(`\u2028`))
	return bytes.ReplaceAll(line, []byte("\u2029"), []byte(`\u2029`))
}
