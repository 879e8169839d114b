package exit

import (
	"errors"
	"fmt"
)

// An Error is an error as it is told to the user: what happened, more lines
// about what that means, what to do next, and the exit code.
type Error struct {
	Code   Code
	Err    error
	Detail []string
	Hint   string
	Asked  bool // what the user asked for: nobody must act on it
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Usage returns the error of wrong usage or bad input.
func Usage(err error, hint string) error {
	return &Error{Code: BadUsage, Err: err, Hint: hint}
}

// As returns err as an Error. Any other error is an unexpected one, after which
// everything that was reported is still on disk.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Unexpected, Err: err, Hint: "what was answered is safe: when this is mended, run the same command again"}
}

// Unsent returns err as an error by which nothing was sent.
func Unsent(err error) error {
	e := As(err)
	e.Err = fmt.Errorf("%w; nothing was sent", e.Err)
	return e
}

// Besides returns the verdict with another error told beside it.
func Besides(verdict, err error) error {
	if verdict == nil {
		return &Error{Code: Unexpected, Err: err}
	}
	e := As(verdict)
	e.Detail = append(e.Detail, err.Error())
	e.Asked = false
	return e
}
