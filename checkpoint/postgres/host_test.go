package postgres

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"sync"
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

// A host that was stopped for longer than its lease, and goes on.
func TestALateAnswerIsTaken(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint, Lease: 2 * time.Second})
	doImport(t, first, "a", "b", "c")
	stopped, page := begin(t, first, 3)
	ok(t, errors.Join(stopped.Start(page[0].ID, noon, 24), stopped.Start(page[1].ID, noon, 24)))
	stopped.stopRenewing()

	second := open(t, address, Options{Endpoint: endpoint}) // it waits until the other one is dead
	r, again := begin(t, second, 3)
	is(t, "questions of both", page[0].ID, again[0].ID)
	flights, err := second.Flights()
	ok(t, err)
	is(t, "uncertain of the dead host", 2, len(flights.Uncertain))
	later := noon.Add(time.Hour)
	ok(t, errors.Join(r.Start(page[0].ID, later, 24), r.Start(page[1].ID, later, 24)))

	if err := stopped.Start(page[2].ID, noon, 24); !errors.Is(err, ErrLeaseOver) {
		t.Errorf("a host whose lease is over has sent a question: %v", err)
	}
	ok(t, stopped.Complete(page[0].ID, answer("late")))                                // it is paid for
	ok(t, stopped.Release(page[1].ID, checkpoint.Fault{Reason: "cut", Started: noon})) // it is another host's
	twice := answer("again")
	twice.Started = later
	ok(t, errors.Join(r.Complete(page[0].ID, twice), r.Complete(page[1].ID, twice)))
	ok(t, r.End(later, "finished", nil))
	is(t, "results", "1 answered 24 \"late\"\n2 answered 24 \"again\"\n3 pending 0 \n", results(t, second))
	flights, err = second.Flights()
	ok(t, err)
	var reasons []string
	for _, f := range flights.Uncertain {
		reasons = append(reasons, f.RowID+" "+f.Reason)
	}
	is(t, "uncertain", "[1 answered twice]", reasons) // nothing was charged for what was released
	problems, err := second.Check()
	ok(t, err)
	is(t, "problems", "[]", problems)
}

func TestOneRunUsesABatch(t *testing.T) {
	address, endpoint := newBatch(t)
	s := open(t, address, Options{Endpoint: endpoint})
	doImport(t, s, "a")
	r, _ := begin(t, s, 1)
	if _, err := Open(address, Options{}); !errors.Is(err, checkpoint.ErrInUse) {
		t.Errorf("a second run: %v", err)
	}
	view, err := View(address)
	ok(t, err)
	defer view.Close()
	is(t, "active", true, view.Active())
	ok(t, r.End(noon, "finished", nil))
	is(t, "active", false, view.Active())
}

// What was answered for one batch costs nothing in another.
func TestAnAnswerIsEveryBatchs(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b")
	r, page := begin(t, first, 2)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("yes")), r.End(noon, "finished", nil)))

	second := open(t, other(t, address, "others.csv"), Options{Endpoint: endpoint})
	plan := doImport(t, second, "x", "a")
	is(t, "answered, to ask", "1 1", fmt.Sprint(plan.Answered, plan.ToAsk()))
	is(t, "reused", fmt.Sprint([]checkpoint.Reused{{Checkpoint: Batch(address), Answers: 1}}), fmt.Sprint(plan.Reused))
	is(t, "results", "1 pending 0 \n2 answered 0 \"yes\"\n", results(t, second))
	counts, err := second.Counts()
	ok(t, err)
	is(t, "spent", 0, counts.SpentTotal)

	elsewhere := "https://elsewhere.example/v1"
	is(t, "of another service", 0, doImport(t, open(t, other(t, address, "third.csv"), Options{Endpoint: elsewhere}), "a").Answered)
	var endpoints *checkpoint.EndpointError
	if _, err := Open(address, Options{Endpoint: elsewhere}); !errors.As(err, &endpoints) {
		t.Errorf("a batch with another service: %v", err)
	}
}

func TestAPlanChangesNothing(t *testing.T) {
	address, endpoint := newBatch(t)
	s, err := OpenCopy(address, Options{Endpoint: endpoint})
	ok(t, err)
	defer s.Close()
	is(t, "to ask", 2, doImport(t, s, "a", "b").ToAsk())
	is(t, "to ask again", 2, doImport(t, s, "a", "b").ToAsk())
	ok(t, s.SetNote("x", []byte("y")))
	if view, err := View(address); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made %v, %v", view, err)
	}
}

// Hosts that begin at once make the tables once.
func TestTheTablesAreMadeOnce(t *testing.T) {
	fresh, _ := newBatch(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			s, err := OpenCopy(fresh, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			_ = s.Close()
		})
	}
	wg.Wait()
}
