package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// A Law says what questions are answered, by date: the law changes. [ParseLaw] reads
// one. Questions that it has nothing about are answered as without it.
type Law []Provision

// A Provision is an answer that holds from a day on.
type Provision struct {
	// Match is a regular expression that the question must contain; empty = all.
	Match string `json:"match,omitempty"`
	// From is the first day on which it holds; default: it always did.
	From Day `json:"from,omitzero"`
	// Text is the answer. "[source 1]" in it cites the first of the question's sources.
	Text string `json:"text"`

	match *regexp.Regexp
}

// A Day is a date that is written like 2026-01-31.
type Day time.Time

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.ParseInLocation(time.DateOnly, string(text), time.Local)
	if err != nil {
		return fmt.Errorf("%q is not a day, such as 2026-01-31", text)
	}
	*d = Day(t)
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (d Day) MarshalText() ([]byte, error) { return []byte(time.Time(d).Format(time.DateOnly)), nil }

// ParseLaw reads a law: a provision on each line, in JSON. Empty lines are skipped. The
// error says at which line.
func ParseLaw(data []byte) (law Law, err error) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var p Provision
		err := strictly(line, &p)
		if err == nil && p.Text == "" {
			err = errors.New("it has no text")
		}
		if err == nil {
			p.match, err = regexp.Compile(p.Match)
		}
		if err != nil {
			return nil, fmt.Errorf("sandbox law, line %d: %w", number, err)
		}
		law = append(law, p)
	}
	return law, nil
}

// on returns the answer to a question on a day, of the provision that came last; empty:
// the law has none.
func (l Law) on(day time.Time, question string) (text string) {
	var from time.Time
	for _, p := range l {
		if begins := time.Time(p.From); !begins.After(day) && !begins.Before(from) && p.match.MatchString(question) {
			from, text = begins, p.Text
		}
	}
	return text
}
