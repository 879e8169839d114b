package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

// A host that was stopped for longer than its lease, and goes on.
func TestALateAnswerIsTaken(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint})
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
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
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
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
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
