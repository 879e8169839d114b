// Package storetest holds the rules of [checkpoint.Run] as tests, for every
// engine that keeps requests and answers:
//
//	func TestEngine(t *testing.T) {
//		storetest.Test(t, func(t testing.TB, name string) storetest.Store { … })
//	}
package storetest

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/checkpoint"
)

// A Store is what the tests need of an engine.
type Store interface {
	Import(rows iter.Seq2[checkpoint.Row, error], o checkpoint.ImportOptions) (checkpoint.Plan, error)
	Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error)
	Results() iter.Seq2[checkpoint.Result, error]
	Counts() (checkpoint.Counts, error)
	Flights() (checkpoint.Flights, error)
	Runs() ([]checkpoint.RunRecord, error)
	Versions() iter.Seq2[checkpoint.Version, error]
	Earlier() (checkpoint.Earlier, error)
	VersionsAt(position int64) iter.Seq2[checkpoint.Version, error]
	SetNote(name string, value []byte) error
	Note(name string) ([]byte, error)
	SetCurrent(path string, value []byte) error
	Current(path string) ([]byte, error)
	// Check returns a line for everything that is wrong with what is kept.
	Check() ([]string, error)
	Close() error
}

// An Open opens the store of a name, new or as it was left; the first error ends
// the test. The tests close it.
type Open func(t testing.TB, name string) Store

// Test runs every test of the contract.
func Test(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"a store is a map", testMap},
		{"a request is given out once", testClaims},
		{"only what was given and is pending is started", testStart},
		{"what became of a request is kept", testOutcomes},
		{"what is given out again says why it has no answer", testReason},
		{"an answer is final", testFinal},
		{"an empty answer is refused", testEmptyAnswer},
		{"a store has one run at a time", testOneRun},
		{"an ended run does nothing more", testEnded},
		{"a run begins where the last one was interrupted", testInterrupted},
		{"an answer that does not fit is asked for again", testUnfit},
		{"an answer is refreshed", testRefresh},
		{"old answers are refreshed last", testRefreshOrder},
		{"answers to refresh are chosen", testRefreshRules},
		{"a refresh is asked again for an answer that fits", testRefreshUnfit},
		{"every answer of a request is kept", testVersions},
		{"a note is kept", testNote},
		{"many goroutines save at once", testManySave},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// ask returns a row that asks for text.
func ask(id, text string) checkpoint.Row {
	return checkpoint.Row{ID: id, Fields: []byte(`["` + text + `"]`), Payload: []byte(text), Mode: "fast", Subject: text}
}

func rowsOf(rows ...checkpoint.Row) iter.Seq2[checkpoint.Row, error] {
	return func(yield func(checkpoint.Row, error) bool) {
		for i, r := range rows {
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

// filled returns a new store with questions a, b, c and so on.
func filled(t *testing.T, open Open, n int) Store {
	t.Helper()
	s := open(t, "filled")
	t.Cleanup(func() {
		sound(t, s)
		ok(t, s.Close())
	})
	var rows []checkpoint.Row
	for i := range n {
		rows = append(rows, ask(fmt.Sprint(i+1), text(i)))
	}
	_, err := s.Import(rowsOf(rows...), checkpoint.ImportOptions{})
	ok(t, err)
	return s
}

// text returns what the question in a row asks, counted from 0: a, b, c, … z, a1.
func text(i int) string {
	s := string(rune('a' + i%26))
	if i >= 26 {
		s += fmt.Sprint(i / 26)
	}
	return s
}

// begin begins a run, and claims n requests for it.
func begin(t *testing.T, s Store, n int) (checkpoint.Run, []checkpoint.Request) {
	t.Helper()
	run, _, err := s.Begin(noon)
	ok(t, err)
	page, err := run.Claim(n)
	ok(t, err)
	if len(page) != n {
		t.Fatalf("%d requests were given out, want %d", len(page), n)
	}
	return run, page
}

func end(t *testing.T, run checkpoint.Run) {
	t.Helper()
	ok(t, run.End(noon.Add(time.Hour), "finished", []byte("{}")))
}

func answer(s string) checkpoint.Completion {
	return checkpoint.Completion{Answer: []byte(s), Attempts: 1, Cost: 24, Started: noon, Finished: noon.Add(time.Minute)}
}

// results returns the rows, a line each: id, state and answer.
func results(t fataler, s Store) (lines []string) {
	t.Helper()
	for r, err := range s.Results() {
		ok(t, err)
		line := fmt.Sprintf("%s %s", r.ID, r.State)
		if r.Skip != "" {
			line = fmt.Sprintf("%s skipped: %s", r.ID, r.Skip)
		}
		if r.Answer != nil {
			line += ": " + string(r.Answer)
		}
		lines = append(lines, line)
	}
	return lines
}

// sound checks what must always hold.
func sound(t fataler, s Store) {
	t.Helper()
	problems, err := s.Check()
	ok(t, err)
	diff(t, "problems", []string(nil), problems)
}

// A fataler is a test, or a property's.
type fataler interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}

func ok(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func diff(t fataler, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// is checks that an error is the wanted one.
func is(t fataler, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}
