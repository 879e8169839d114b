package report

import (
	"cmp"
	"strings"

	"bizbatch/batch"
)

// longestTitle is how much of a question stands in the title of its section, in
// characters.
const longestTitle = 250

// A memo is what stands above a row's answer in its section of a memo, in
// Markdown or Word.
type memo struct {
	title    string  // the question, on one line
	question string  // the same in full, where the title is not all of it
	fields   []field // the row's id, its other columns as far as they hold anything, and when it was answered
}

func memoOf(rows rowReader, questionAt int, rec batch.Record) (m memo, err error) {
	question, fields, idAt, err := fieldsOf(rows, questionAt, rec)
	if err != nil {
		return m, err
	}
	id := field{idAt, "row", oneLine(rec.ID)}
	if idAt >= 0 {
		id.Name = cmp.Or(oneLine(rows.in.Columns[idAt]), id.Name)
	}
	m.title = shortened(oneLine(question), longestTitle)
	if m.title == "" {
		m.title = cmp.Or(id.Value, "?")
	} else if id.Value != "" {
		m.fields = append(m.fields, id)
	}
	if question = strings.TrimSpace(question); question != m.title {
		m.question = question
	}
	for _, f := range fields {
		m.fields = append(m.fields, field{f.Column, oneLine(f.Name), oneLine(f.Value)})
	}
	if rec.Answer != nil && !rec.Finished.IsZero() {
		m.fields = append(m.fields, field{-1, "answered", clock(rec.Finished)})
	}
	return m, nil
}
