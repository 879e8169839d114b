package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// A rowReader reads a record's fields, which a CSV file and a JSONL file leave
// in forms of their own; see [batch.Question].
type rowReader struct{ in batch.Input }

// cells gives a record's fields as one string for each column. Of a JSON object
// these are its members: strings as they are, other values as compact JSON,
// null and missing ones as "".
func (r rowReader) cells(fields json.RawMessage) (row []string, err error) {
	switch {
	case isNull(fields):
		row = make([]string, len(r.in.Columns))
	case r.in.Format == batch.JSONL:
		row, err = r.members(fields)
	default:
		err = json.Unmarshal(fields, &row)
	}
	if err != nil {
		return nil, fmt.Errorf("read its fields: %w", err)
	}
	if len(row) != len(r.in.Columns) {
		return nil, fmt.Errorf("it has %d fields, the header has %d", len(row), len(r.in.Columns))
	}
	return row, nil
}

// members gives an object's members in the order of the columns.
func (r rowReader) members(object json.RawMessage) ([]string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	row := make([]string, len(r.in.Columns))
	for i, column := range r.in.Columns {
		cell, err := cellOf(members[column])
		if err != nil {
			return nil, err
		}
		row[i] = cell
	}
	return row, nil
}

func cellOf(value json.RawMessage) (string, error) {
	if isNull(value) {
		return "", nil
	}
	if value[0] == '"' {
		var s string
		err := json.Unmarshal(value, &s)
		return s, err
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, value)
	return compact.String(), err
}

func isNull(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null"
}

// memberNames makes a CSV header fit to name the members of an object: a column
// without a name, or with that of an earlier one, is called column_ and its
// number.
func memberNames(columns []string) []string {
	taken := make(map[string]bool, len(columns))
	for _, name := range columns {
		taken[name] = true
	}
	used := make(map[string]bool, len(columns))
	names := make([]string, len(columns))
	for i, name := range columns {
		if name == "" || used[name] {
			name = "column_" + strconv.Itoa(i+1)
			for taken[name] {
				name += "_"
			}
			taken[name] = true
		}
		used[name] = true
		names[i] = name
	}
	return names
}

// questionColumn returns the column that holds the questions, or -1. An input that
// does not name it is that of an older checkpoint.
func questionColumn(in batch.Input) int {
	if in.Question != "" {
		return slices.Index(in.Columns, in.Question)
	}
	for _, name := range batch.QuestionNames {
		for i, column := range in.Columns {
			if sameName(column, name) {
				return i
			}
		}
	}
	if len(in.Columns) == 1 {
		return 0
	}
	return -1
}

// A field is a cell of a row, with the name of its column.
type field struct {
	Column      int
	Name, Value string
}

// fieldsOf returns a row's question as it was asked, its other columns that hold
// anything, and which column is its id, or -1.
func fieldsOf(rows rowReader, questionAt int, rec batch.Record) (question string, fields []field, idAt int, err error) {
	row, err := rows.cells(rec.Fields)
	if err != nil {
		return "", nil, -1, err
	}
	question, idAt = rec.Question, -1
	for i, value := range row {
		name := strings.TrimSpace(rows.in.Columns[i])
		switch {
		case i == questionAt && (question == "" || strings.TrimSpace(value) == question):
			question = value
		case strings.TrimSpace(value) == "":
		case idAt < 0 && strings.TrimSpace(value) == rec.ID:
			idAt = i
		default:
			fields = append(fields, field{i, cmp.Or(name, "column "+strconv.Itoa(i+1)), value})
		}
	}
	return question, fields, idAt, nil
}
