package checkpoint

import (
	"errors"
	"testing"
	"time"
)

func TestFailuresAreGroupedWithAnExample(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"), ask("4", "b"), ask("5", "d"))
	run, page := begin(t, s, 10)
	for i, r := range page {
		reason := []string{"rare", "common", "common", ""}[i]
		if reason == "" {
			continue // it stays pending
		}
		f := Fault{Reason: reason, Message: reason + ": " + r.RowID, Attempts: 1}
		if err := errors.Join(run.Start(r.ID, noon, 24), run.Fail(r.ID, f)); err != nil {
			t.Fatal(err)
		}
	}
	end(t, run)
	got, err := s.Failures()
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "failures", []FailureGroup{{"common", 2, "2", "common: 2"}, {"rare", 1, "1", "rare: 1"}}, got)
	doImport(t, s, ImportOptions{}, ask("1", "new"))
	if got, err = s.Failures(); err != nil || got != nil {
		t.Errorf("failures of questions that the input holds no more: %v, %v", got, err)
	}
}

func TestSlowestAnswersOfTheLastRun(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"), ask("4", "d"))
	answerAll := func(took ...time.Duration) {
		run, page := begin(t, s, len(took))
		for i, r := range page {
			c := answerTo(r)
			c.Finished = c.Started.Add(took[i])
			if err := errors.Join(run.Start(r.ID, c.Started, 24), run.Complete(r.ID, c)); err != nil {
				t.Fatal(err)
			}
		}
		end(t, run)
	}
	answerAll(time.Hour)
	answerAll(2*time.Second, 3*time.Second, time.Second)
	got, err := s.Slowest(2)
	if err != nil {
		t.Fatal(err)
	}
	slow := func(id string, took time.Duration) Outcome {
		return Outcome{RowID: id, State: Answered, Mode: "fast", Cost: 24, Started: noon, Finished: noon.Add(took)}
	}
	diff(t, "slowest", []Outcome{slow("3", 3*time.Second), slow("2", 2*time.Second)}, got)
}

func TestResultsOfARow(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("x", "b"), skipped("2"), ask("x", "c"))
	for id, want := range map[string]int{"1": 1, "x": 2, "2": 1, "": 0, "' OR 1=1 --": 0} {
		n := 0
		for r, err := range s.ResultsByID(id) {
			if err != nil || r.ID != id {
				t.Errorf("%q: row %q, %v", id, r.ID, err)
			}
			n++
		}
		if n != want {
			t.Errorf("%q: %d rows, want %d", id, n, want)
		}
	}
}
