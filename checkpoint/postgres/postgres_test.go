package postgres

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/internal/pgtest"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// newBatch returns the address of a batch in a new database, and an endpoint.
func newBatch(t *testing.T) (address, endpoint string) {
	t.Helper()
	server := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	address, err := WithBatch(server, "questions.csv")
	ok(t, err)
	return address, "https://api.example/v1"
}

// other returns the address of another batch in the same database.
func other(t *testing.T, address, batch string) string {
	t.Helper()
	at, err := WithBatch(address, batch)
	ok(t, err)
	return at
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, address string, o Options) *Store {
	t.Helper()
	s, err := Open(address, o)
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	return s
}

// rows are questions that ask for texts.
func rows(texts ...string) iter.Seq2[checkpoint.Row, error] {
	return func(yield func(checkpoint.Row, error) bool) {
		for i, text := range texts {
			if !yield(checkpoint.Row{ID: fmt.Sprint(i + 1), Line: i + 2, Payload: []byte(text), Mode: "fast", Subject: text}, nil) {
				return
			}
		}
	}
}

func doImport(t *testing.T, s *Store, texts ...string) checkpoint.Plan {
	t.Helper()
	plan, err := s.Import(rows(texts...), checkpoint.ImportOptions{})
	ok(t, err)
	return plan
}

// begin begins a run and claims n questions for it.
func begin(t *testing.T, s *Store, n int) (*run, []checkpoint.Request) {
	t.Helper()
	r, _, err := s.Begin(noon)
	ok(t, err)
	page, err := r.Claim(n)
	ok(t, err)
	if len(page) != n {
		t.Fatalf("%d questions were claimed, want %d", len(page), n)
	}
	return r.(*run), page
}

// die ends the lease of a run's host, as if it had not been renewed for as long.
func die(t *testing.T, r *run) {
	t.Helper()
	r.stopRenewing()
	<-r.left
	_, err := r.s.db().exec("UPDATE hosts SET lease = '0', lease_until = now() WHERE id = $1", r.host.Load())
	ok(t, err)
}

func answer(text string) checkpoint.Completion {
	return checkpoint.Completion{Answer: fmt.Appendf(nil, "%q", text), Attempts: 1, Cost: 24, Started: noon, Finished: noon.Add(time.Minute)}
}

// results returns a line for each row: id, state, cost and answer.
func results(t *testing.T, s *Store) (lines string) {
	t.Helper()
	for r, err := range s.Results() {
		ok(t, err)
		lines += fmt.Sprintf("%s %s %d %s\n", r.ID, r.State, r.Cost, r.Answer)
	}
	return lines
}

func is(t *testing.T, what string, want, got any) {
	t.Helper()
	if fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// sound checks that the database holds what it should.
func sound(t *testing.T, s *Store) {
	t.Helper()
	problems, err := s.Check()
	ok(t, err)
	is(t, "problems", "[]", problems)
}
