package checkpoint

import (
	"database/sql"
	"strings"
)

// A bulk inserts many rows into a table, batchRows with each statement. A
// million rows take a third of the time that they take one by one.
type bulk struct {
	conn *sql.Conn
	into string // table and columns
	cols int
	full *sql.Stmt // for batchRows rows
	args []any
}

const batchRows = 100

// add inserts a row, now or with a later call.
func (b *bulk) add(row ...any) error {
	b.args = append(b.args, row...)
	if len(b.args) < batchRows*b.cols {
		return nil
	}
	return b.flush()
}

// flush inserts the rows that wait.
func (b *bulk) flush() (err error) {
	n := len(b.args) / b.cols
	if n == 0 {
		return nil
	}
	row := "(?" + strings.Repeat(", ?", b.cols-1) + ")"
	text := "INSERT INTO " + b.into + " VALUES " + row + strings.Repeat(", "+row, n-1)
	switch {
	case n < batchRows:
		_, err = b.conn.ExecContext(bg, text, b.args...)
	case b.full == nil:
		if b.full, err = b.conn.PrepareContext(bg, text); err != nil {
			return err
		}
		fallthrough
	default:
		_, err = b.full.ExecContext(bg, b.args...)
	}
	clear(b.args)
	b.args = b.args[:0]
	return err
}

func (b *bulk) close() {
	if b.full != nil {
		_ = b.full.Close()
	}
}
