package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/dustin/go-humanize"

	"bizbatch/batch"
	"bizbatch/batch/report"
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

// closed is the longest time that the window of --until is taken to be closed: a
// time of day that was passed less than that ago ended it, any other is to come.
const closed = 12 * time.Hour

// parseUntil returns the moment that the time of day s stands for in the zone
// of now: the one before now where that was less than 12 hours ago, else the
// one after it. It is the zero time for an empty string.
func parseUntil(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	clock, err := time.Parse("15:04", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time of day", s)
	}
	last, next := onDay(now, -1, clock), onDay(now, 0, clock)
	if !next.After(now) {
		last, next = next, onDay(now, 1, clock)
	}
	if now.Sub(last) < closed {
		return last, nil
	}
	return next, nil
}

// onDay returns a time of day so many days from now. A time that the clocks
// skip when they go forward is as much later as they do.
func onDay(now time.Time, days int, clock time.Time) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day()+days, clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if skipped := (clock.Hour()-t.Hour())*60 + clock.Minute() - t.Minute(); skipped > 0 {
		t = t.Add(time.Duration(skipped) * time.Minute)
	}
	return t
}

// checkZone refuses a zone in the environment variable TZ that could not be
// loaded: package time then takes UTC as the local zone, and says nothing.
func checkZone(tz string, local *time.Location) error {
	if name := strings.TrimPrefix(tz, ":"); name == "" || name == "UTC" || local.String() != "UTC" {
		return nil
	}
	return fmt.Errorf("the time zone TZ=%s is not known on this machine", tz)
}

// zoneHint is what to do about the error of checkZone.
const zoneHint = "set TZ to a name such as America/New_York, or to UTC"

// dependsOnZone reports whether a time for parseSince is another moment in another
// zone.
func dependsOnZone(since string) bool {
	_, notAgo := time.ParseDuration(since)
	_, noZone := time.Parse(time.RFC3339, since)
	return since != "" && notAgo != nil && noZone != nil
}

// parseSince parses a time ago (24h, 7d), a day (today, yesterday, the latest
// monday, 2026-09-01) or a time (2026-09-01T18:00), in the zone of now.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 {
			return now.AddDate(0, 0, -days), nil
		}
	}
	name := strings.ToLower(s)
	year, month, day := now.Date()
	for back := range 7 {
		t := time.Date(year, month, day-back, 0, 0, 0, 0, now.Location())
		if back == 0 && name == "today" || back == 1 && name == "yesterday" || name == strings.ToLower(t.Weekday().String()) {
			return t, nil
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q is not a date, time or duration", s)
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
