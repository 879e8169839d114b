package question

import (
	"errors"
	"fmt"
	"io/fs"
)

// An Error describes a mistake in a question file or in its options. All errors of
// this package are of this type.
type Error struct {
	File  string // the name of the file
	Sheet string // the sheet of an Excel file; empty for other files
	Line  int    // the line, or row of a sheet, from 1; 0 for the whole file
	Msg   string
	Hint  string // what the user can do, if known
	Err   error  // the cause if the file could not be read, otherwise nil

	noTable bool // there are no columns, or none of them is of questions
}

// ErrNoColumn is the cause of an error that a table does not have a column.
var ErrNoColumn = errors.New("no such column")

// Error returns the message with its place: "questions.csv:12: row has 3 fields, the
// header has 4", "questions.docx has no extension that …" for the whole file, or
// `questions.xlsx, sheet "2025", row 12: there is something in …`.
func (e *Error) Error() string {
	if e.Sheet != "" && e.Line > 0 {
		return fmt.Sprintf("%s, sheet %q, row %d: %s", e.File, e.Sheet, e.Line, e.Msg)
	}
	if e.Line == 0 {
		return e.File + " " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

func (e *Error) Unwrap() error { return e.Err }

// in completes an error with the name of the file it is about. Errors are made
// without it, where only the line is known.
func (e *Error) in(file string) *Error {
	if e.File == "" {
		e.File = file
	}
	return e
}

// readError returns the error of a file system rather than of the file.
func readError(err error) *Error {
	cause := err
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		cause = path.Err // the file is named already
	}
	return &Error{Msg: "cannot be read: " + cause.Error(), Err: err}
}
