package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// TestMain lets a test start this binary as a process of its own, to kill it.
func TestMain(m *testing.M) {
	if job := os.Getenv(jobVariable); job != "" {
		if err := jobs[job](os.Args[1]); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// open opens a store, and checks what must always hold of it when the test
// ends.
func open(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.lock != nil {
			closeStore(t, s)
		}
	})
	return s
}

// closeStore closes a store early, as the end of a run does.
func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s.lock = nil
	check(t, s.path)
}

// check verifies a checkpoint, if there is one.
func check(t testing.TB, path string) {
	t.Helper()
	v, err := View(path)
	if errors.Is(err, fs.ErrNotExist) {
		return // nothing was imported
	}
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	problems, err := v.Check()
	if err != nil || len(problems) > 0 {
		t.Errorf("the checkpoint is not sound: %v %v", problems, err)
	}
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "questions.csv.bizbatch") }

// ask is a row that asks for text.
func ask(id, text string) Row {
	return Row{ID: id, Fields: []byte(`["` + text + `"]`), Payload: []byte(text), Mode: "fast", Subject: text}
}

// under is a row that asks for text under other settings.
func under(settings, id, text string) Row {
	r := ask(id, text)
	r.Payload = []byte(settings + ":" + text)
	return r
}

func skipped(id string) Row { return Row{ID: id, Fields: []byte(`[""]`), Skip: "no question"} }

func rowsOf(rows ...Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i, r := range rows {
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

func doImport(t testing.TB, s *Store, opts ImportOptions, rows ...Row) Plan {
	t.Helper()
	plan, err := s.Import(rowsOf(rows...), opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// begin begins a run and claims up to n requests for it.
func begin(t testing.TB, s *Store, n int) (Run, []Request) {
	t.Helper()
	r, _, err := s.Begin(noon)
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Claim(n)
	if err != nil {
		t.Fatal(err)
	}
	return r, page
}

// end ends a run.
func end(t testing.TB, r Run) {
	t.Helper()
	if err := r.End(noon.Add(time.Hour), "finished", []byte("{}")); err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func answerTo(r Request) Completion {
	return Completion{Answer: fmt.Appendf(nil, "answer to %s", r.Payload), Attempts: 1, Cost: 24, Started: noon, Finished: noon.Add(time.Minute)}
}

// answer asks the first n pending requests, in a run of their own, and answers
// them.
func answer(t testing.TB, s *Store, n int) {
	t.Helper()
	run, page := begin(t, s, n)
	for _, r := range page {
		if err := errors.Join(run.Start(r.ID, noon, 24), run.Complete(r.ID, answerTo(r))); err != nil {
			t.Fatal(err)
		}
	}
	end(t, run)
}

// fail gives up the first n pending requests, in a run of their own.
func fail(t testing.TB, s *Store, n int, passing bool) {
	t.Helper()
	run, page := begin(t, s, n)
	for _, r := range page {
		f := Fault{Reason: "refused", Message: "no", Passing: passing, Attempts: 1, Started: noon, Finished: noon}
		if err := errors.Join(run.Start(r.ID, noon, 24), run.Fail(r.ID, f)); err != nil {
			t.Fatal(err)
		}
	}
	end(t, run)
}

// results are the rows, one line each: id, state and answer.
func results(t fataler, s *Store) (lines []string) {
	t.Helper()
	for r, err := range s.Results() {
		if err != nil {
			t.Fatal(err)
		}
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

// A fataler is a test, or a property's.
type fataler interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}

func diff(t fataler, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
