// Package exit has the exit codes of bizbatch, and the errors that carry them.
package exit

import (
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
	Hangup      Code = 129
	Interrupted Code = 130
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
	{Service, "stopped by the service: down, throttled, monthly limit, wrong address"},
	{Key, "the API key was refused"},
	{Clock, "stopped by the clock: --until or --max-duration"},
	{Hangup, "stopped by a hang-up"},
	{Interrupted, "stopped by Ctrl-C"},
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
