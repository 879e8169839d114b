package main

import (
	"errors"
	"fmt"
	"io"
)

// A cmdError is an error as it is told to the user: what happened, more lines
// about what that means, what to do next, and the exit code.
type cmdError struct {
	code   int
	err    error
	detail []string
	hint   string
	asked  bool // what the user asked for: nobody must act on it
}

func (e *cmdError) Error() string { return e.err.Error() }

func (e *cmdError) Unwrap() error { return e.err }

func usageError(err error, hint string) error {
	return &cmdError{code: exitUsage, err: err, hint: hint}
}

// asCmdError is err as a cmdError; any other error is an unexpected one, after
// which everything that was reported is still on disk.
func asCmdError(err error) *cmdError {
	var e *cmdError
	if errors.As(err, &e) {
		return e
	}
	return &cmdError{code: exitUnexpected, err: err, hint: "what was answered is safe: when this is mended, run the same command again"}
}

// tell prints an error, as lines for people or as a record of a JSON log, and
// returns the exit code that goes with it.
func tell(w io.Writer, err error, json bool) int {
	if err == nil {
		return exitOK
	}
	e := asCmdError(err)
	if json {
		jsonLog(w).Error(clean(e.Error()), "event", "error", "detail", e.detail, "hint", e.hint, "exit_code", e.code)
		return e.code
	}
	fmt.Fprintf(w, "error: %s\n", clean(e.Error()))
	for _, line := range e.detail {
		fmt.Fprintf(w, "       %s\n", clean(line))
	}
	if e.hint != "" {
		fmt.Fprintf(w, "hint:  %s\n", clean(e.hint))
	}
	return e.code
}
