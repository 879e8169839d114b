package question

import (
	"encoding/json"
	"errors"
	"io"

	"bizbatch/batch"
)

// ReadTable reads a CSV or Excel file as a table: its header, which is the first
// row that names the column, and the rows below it as people see them, as wide as
// the header. Rows without anything in them are left out. An error that the
// column is not there wraps [ErrNoColumn].
func ReadTable(path, column string) (header []string, rows [][]string, err error) {
	r, err := Open(path, Options{QuestionColumn: column, table: true})
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.noTable {
			e.Err = ErrNoColumn
		}
		return nil, nil, err
	}
	defer r.Close()
	if r.input.Format == batch.JSONL {
		return nil, nil, (&Error{Msg: "is no table", Err: ErrNoColumn}).in(path)
	}
	for {
		q, err := r.read()
		if err == io.EOF {
			return r.input.Columns, rows, nil
		}
		if err != nil {
			return nil, nil, r.complete(err)
		}
		var cells []string
		if err := json.Unmarshal(q.Fields, &cells); err != nil {
			return nil, nil, err
		}
		rows = append(rows, cells)
	}
}
