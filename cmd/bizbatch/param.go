package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"bizbatch/batch"
)

// parseParams reads --param flags. A value that is no JSON is text, unless it
// begins as only JSON does: then it is a slip, and would be paid for.
func parseParams(flags []string) (map[string]json.RawMessage, error) {
	var params map[string]json.RawMessage
	for _, f := range flags {
		name, value, ok := strings.Cut(f, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--param %q has no value", f)
		}
		if err := batch.CheckParam(name); err != nil {
			return nil, fmt.Errorf("--param: %w", err)
		}
		if !json.Valid([]byte(value)) {
			if strings.ContainsAny(value[:min(1, len(value))], `{[`) {
				return nil, fmt.Errorf("--param %s=%s is broken JSON", name, value)
			}
			text, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("--param %s: %w", name, err)
			}
			value = string(text)
		}
		if params == nil {
			params = map[string]json.RawMessage{}
		}
		params[name] = json.RawMessage(value)
	}
	return params, nil
}

// parseUntil is the next moment with the given time of day, in local time;
// zero for an empty string.
func parseUntil(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	clock, err := time.Parse("15:04", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("--until %q is not a time of day", s)
	}
	until := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if !until.After(now) {
		until = until.AddDate(0, 0, 1)
	}
	return until, nil
}

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
