package postgres

import (
	"context"
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

// die stops the lease of a run's host, and waits until the server takes it for dead.
func die(t *testing.T, r *run) {
	t.Helper()
	r.stopRenewing()
	<-r.left
	for alive := true; alive; {
		ok(t, r.s.db().get("SELECT EXISTS (SELECT 1 FROM alive WHERE id = $1)", []any{r.host.Load()}, &alive))
	}
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
	die(t, stopped)

	second := open(t, address, Options{Endpoint: endpoint})
	r, again := begin(t, second, 3)
	is(t, "questions of both", page[0].ID, again[0].ID)
	flights, err := second.Flights()
	ok(t, err)
	is(t, "uncertain of the dead host", 2, len(flights.Uncertain))
	later := noon.Add(time.Hour)
	ok(t, errors.Join(r.Start(page[0].ID, later, 24), r.Start(page[1].ID, later, 24)))

	if held, is := errors.AsType[*checkpoint.HeldError](stopped.Start(page[2].ID, noon, 24)); !is || held.Wait == 0 {
		t.Errorf("a host whose lease is over has sent a question: %v", held)
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

// A host that was stopped for longer than its lease joins again: what it had in flight
// comes home, what nobody took up stays its own, and the rest it has no more.
func TestAHostJoinsAgain(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint, Lease: time.Second}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b", "c", "d", "e", "f")
	away, page := begin(t, first, 5)
	ok(t, errors.Join(away.Start(page[0].ID, noon, 24), away.Start(page[1].ID, noon, 24)))
	die(t, away)
	before := away.host.Load()
	r, theirs := begin(t, second, 3) // a, b, c

	away.renewing, away.stopRenewing = context.WithCancel(bg)
	away.left = make(chan struct{})
	go away.keepLease() // it goes on
	for joined := false; !joined || away.host.Load() == before; {
		ok(t, first.db().get("SELECT EXISTS (SELECT 1 FROM hosts WHERE id > $1)", []any{r.host.Load()}, &joined))
	}
	is(t, "told, once", "true false", fmt.Sprint(away.Rejoined(), away.Rejoined()))
	lost := func(what string, err error) {
		t.Helper()
		if held, is := errors.AsType[*checkpoint.HeldError](err); !is || !held.Lost {
			t.Errorf("%s: %v", what, err)
		}
	}
	lost("claimed by another", away.Start(page[2].ID, noon, 24))
	ok(t, errors.Join(away.Complete(page[0].ID, answer("late")), away.Start(page[3].ID, noon, 24), away.Complete(page[3].ID, answer("its own"))))
	again := answer("theirs")
	again.Started = noon.Add(time.Hour)
	ok(t, errors.Join(r.Start(theirs[1].ID, again.Started, 24), r.Complete(theirs[1].ID, again)))
	lost("answered by another", r.Start(theirs[0].ID, noon, 24))
	ok(t, r.End(noon, "finished", nil))

	more, err := away.Claim(5)
	ok(t, err)
	var claimed []string
	for _, q := range more {
		claimed = append(claimed, string(q.Payload))
	}
	is(t, "claimed anew, without what it has", "[f c]", claimed)
	for _, q := range append(more, page[4]) {
		ok(t, errors.Join(away.Start(q.ID, noon, 24), away.Complete(q.ID, answer("after"))))
	}
	ok(t, errors.Join(away.Complete(page[1].ID, answer("late")), away.End(noon, "finished", nil)))
	is(t, "results", `1 answered 24 "late"
2 answered 24 "theirs"
3 answered 24 "after"
4 answered 24 "its own"
5 answered 24 "after"
6 answered 24 "after"
`, results(t, second))
	runs, err := second.Runs()
	ok(t, err)
	is(t, "outcomes", "finished finished", runs[0].Outcome+" "+runs[1].Outcome)
	var spent, flying int64
	ok(t, second.db().get("SELECT sum(spent)::bigint, sum(flying)::bigint FROM runs", nil, &spent, &flying))
	is(t, "spent, in flight", "168 0", fmt.Sprint(spent, flying)) // b was answered twice
	problems, err := second.Check()
	ok(t, err)
	is(t, "problems", "[]", problems)
}

// A host that goes away in the middle of a transaction holds nobody up: the others take
// up what it had.
func TestATransactionEndsWithoutItsHost(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint, Lease: time.Second}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a")
	stopped, page := begin(t, first, 1)
	ok(t, stopped.Start(page[0].ID, noon, 24))
	err := first.begin(bg, first.pool, func(d db) error {
		_, err := d.exec("SELECT 1 FROM requests FOR UPDATE")
		ok(t, err)
		die(t, stopped)
		r, _ := begin(t, second, 1)
		return r.End(noon, "interrupted", nil)
	})
	if !errors.Is(away(err), ErrAway) {
		t.Errorf("a transaction that others could not wait for: %v", err)
	}
}

// Runs of several hosts on one batch claim different questions, and one that has
// nothing left to claim knows what is in the hands of the others.
func TestRunsShareABatch(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b", "c")
	a, page := begin(t, first, 1)
	b, others := begin(t, second, 2)
	is(t, "claimed", "a b c", fmt.Sprintf("%s %s %s", page[0].Payload, others[0].Payload, others[1].Payload))
	ok(t, errors.Join(a.Start(page[0].ID, noon, 24), b.Start(others[0].ID, noon, 24), b.Complete(others[0].ID, answer("yes"))))
	if err := b.Start(page[0].ID, noon, 24); err == nil {
		t.Error("a question that another host has claimed was sent")
	}
	more, err := a.Claim(5)
	ok(t, err)
	is(t, "more to claim", 0, len(more))
	left, err := a.Open()
	ok(t, err)
	is(t, "open, free", "map[fast:2] 0", fmt.Sprint(left.Open, left.Free))
	ok(t, b.End(noon, "finished", nil))
	left, err = a.Open()
	ok(t, err)
	is(t, "what the other one left", 1, left.Free)
	view, err := View(address)
	ok(t, err)
	defer view.Close()
	is(t, "active", true, view.Active())
	ok(t, errors.Join(a.Complete(page[0].ID, answer("at last")), a.End(noon, "finished", nil)))
	is(t, "active", false, view.Active())
}

// The limit holds for all runs that are on, with what they have in flight.
func TestTheSpendingLimitIsThatOfAll(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b", "c", "d", "e")
	a, page := begin(t, first, 3)
	b, others := begin(t, second, 2)
	ok(t, b.Limit(checkpoint.Limits{Spend: 72}))
	ok(t, a.Limit(checkpoint.Limits{})) // it has none of its own, though it began first
	ok(t, errors.Join(a.Start(page[0].ID, noon, 24), a.Complete(page[0].ID, answer("yes")), a.Start(page[1].ID, noon, 24), b.Start(others[0].ID, noon, 24)))
	spent := func(err error) bool {
		held, is := errors.AsType[*checkpoint.HeldError](err)
		return is && held.Spent
	}
	if err := b.Start(others[1].ID, noon, 24); !spent(err) {
		t.Errorf("a fourth: %v", err)
	}
	ok(t, b.Release(others[0].ID, checkpoint.Fault{Reason: "503", Started: noon})) // which was not charged
	ok(t, a.Start(page[2].ID, noon, 24))
	ok(t, a.Release(page[2].ID, checkpoint.Fault{Reason: "cut", Started: noon, Finished: noon, MaybeCharged: true, Cost: 24}))
	if err := b.Start(others[1].ID, noon, 24); !spent(err) {
		t.Errorf("after one that may have been charged: %v", err)
	}
	ok(t, errors.Join(a.End(noon, "spend limit", nil), b.End(noon, "spend limit", nil)))
	c, page := begin(t, second, 1) // a run that begins when no other is on has a limit of its own
	ok(t, errors.Join(c.Limit(checkpoint.Limits{Spend: 24}), c.Start(page[0].ID, noon, 24), c.End(noon, "finished", nil)))
}

// What a service says of the account holds on all hosts, until somebody tries again.
func TestAnAccountIsHeldForAll(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b", "c", "d")
	a, page := begin(t, first, 2)
	b, others := begin(t, second, 2)
	held := func(what string, err error, said string) {
		t.Helper()
		if h, is := errors.AsType[*checkpoint.HeldError](err); !is || string(h.Said) != said || (h.Wait > 0) != (said == "429") {
			t.Errorf("%s: %v", what, err)
		}
	}
	ok(t, a.Hold(checkpoint.Hold{Wait: time.Hour, Said: []byte("429")}))
	held("after a 429", b.Start(others[0].ID, noon, 24), "429")
	_, err := first.pool.Exec(bg, "UPDATE bizbatch.accounts SET paused = now()") // an hour later
	ok(t, err)
	ok(t, errors.Join(b.Start(others[0].ID, noon, 24), a.Start(page[0].ID, noon, 24)))

	ok(t, a.Hold(checkpoint.Hold{Said: []byte("402")}))
	held("after a 402", b.Start(others[1].ID, noon, 24), "402")
	ok(t, b.Complete(others[0].ID, answer("sent before")))
	held("after an answer that was on its way", b.Start(others[1].ID, noon, 24), "402")
	ok(t, errors.Join(a.Release(page[0].ID, checkpoint.Fault{Reason: "402", Started: noon}), a.Start(page[1].ID, noon, 24))) // it waits for credits, and tries
	held("while another one tries", b.Start(others[1].ID, noon, 24), "402")
	ok(t, a.Complete(page[1].ID, answer("there are some")))
	ok(t, b.Start(others[1].ID, noon, 24))

	ok(t, a.Hold(checkpoint.Hold{Said: []byte("402")}))
	ok(t, a.End(noon, "balance", nil))
	ok(t, b.Release(others[1].ID, checkpoint.Fault{Reason: "503", Started: noon}))
	held("when who was told has left", b.Start(others[1].ID, noon, 24), "402")
	ok(t, b.Start(others[1].ID, noon, 24)) // one of those who wait tries in its place
	ok(t, b.End(noon, "balance", nil))
	c, page := begin(t, first, 1)
	ok(t, errors.Join(c.Start(page[0].ID, noon, 24), c.End(noon, "finished", nil))) // somebody runs it again
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

// A host with another role is alive as long as its connection is.
func TestAHostOfAnotherRoleIsAlive(t *testing.T) {
	address, endpoint := newBatch(t)
	s := open(t, address, Options{Endpoint: endpoint})
	host, err := s.pool.Acquire(bg)
	ok(t, err)
	defer host.Release()
	_, err = host.Exec(bg, `INSERT INTO hosts (name, lease, lease_until, backend, backend_start)
		SELECT 'other', '20 s', now() + '10 s', pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()`)
	ok(t, err)
	tx, err := s.pool.Begin(bg)
	ok(t, err)
	defer func() { _ = tx.Rollback(bg) }()
	_, err = tx.Exec(bg, "CREATE ROLE bizbatch_test_reader; GRANT USAGE ON SCHEMA "+schemaName+" TO bizbatch_test_reader; GRANT SELECT ON ALL TABLES IN SCHEMA "+schemaName+" TO bizbatch_test_reader; SET LOCAL ROLE bizbatch_test_reader")
	ok(t, err)
	alive := 0
	ok(t, tx.QueryRow(bg, "SELECT count(*) FROM alive WHERE name = 'other'").Scan(&alive))
	is(t, "alive", 1, alive)
}
