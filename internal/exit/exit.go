// Package exit has the exit codes of bizbatch, and the errors that carry them.
package exit

import (
	"errors"
	"fmt"
	"strings"
)

// A Code is an exit code of the process. The codes are part of the interface.
type Code int

// The exit codes.
const (
	OK          Code = 0
	Unexpected  Code = 1
	BadUsage    Code = 2
	Failures    Code = 3
	Money       Code = 4
	InUse       Code = 5
	Service     Code = 6
	Key         Code = 7
	Clock       Code = 8
	Changed     Code = 9
	Hangup      Code = 129
	Interrupted Code = 130
	Quit        Code = 131
	Terminated  Code = 143
)

// Codes has what every exit code means.
var Codes = []struct {
	Code    Code
	Meaning string
}{
	{OK, "everything is answered (with --limit: what was asked is)"},
	{Unexpected, "an unexpected error; what was answered is safe"},
	{BadUsage, "wrong usage or bad input; nothing was sent"},
	{Failures, "finished, but some questions failed"},
	{Money, "stopped for money: the balance is used up, or --max-spend is reached"},
	{InUse, "another run is using the checkpoint"},
	{Service, "stopped by the service: down, throttled, monthly limit, wrong address or setting"},
	{Key, "the API key was refused"},
	{Clock, "stopped by the clock: --until or --max-duration"},
	{Changed, "diff --exit-code: an answer changed"},
	{Hangup, "stopped by a hang-up"},
	{Interrupted, "stopped by Ctrl-C"},
	{Quit, `stopped by Ctrl-\`},
	{Terminated, "stopped by SIGTERM"},
}

// Table returns the codes with their meanings, one on each line.
func Table() string {
	var b strings.Builder
	for _, c := range Codes {
		fmt.Fprintf(&b, "%4d  %s\n", c.Code, c.Meaning)
	}
	return b.String()
}

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
