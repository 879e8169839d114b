package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/dustin/go-humanize"

	"bizbatch/batch/report"
)

// A byteSize is a number of bytes, on the command line such as 32MB.
type byteSize int64

// UnmarshalText reads a flag's value.
func (b *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("%q is not a number of bytes, such as 32MB", text)
	}
	*b = byteSize(n)
	return nil
}

// A choice is a flag that is yes where it stands alone, and can be no: --flag,
// --flag=no, --flag no.
type choice report.Choice

func (*choice) IsBool() bool { return true }

func (c *choice) Decode(ctx *kong.DecodeContext) error {
	next := ctx.Scan.Peek()
	switch given := report.Choice(strings.ToLower(next.String())); {
	case given == report.Yes || given == report.No:
		ctx.Scan.Pop()
		*c = choice(given)
	case next.Type == kong.FlagValueToken:
		return fmt.Errorf("expected yes or no but got %q", next.String())
	default:
		*c = choice(report.Yes)
	}
	return nil
}
