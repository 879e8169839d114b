package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/internal/pgtest"
)

// While the server is away nothing is sent, and no answer is lost.
func TestAServerThatIsAwayIsWaitedFor(t *testing.T) {
	short := shortAwayWait
	shortAwayWait = time.Millisecond
	t.Cleanup(func() { shortAwayWait = short })
	address, endpoint := newBatch(t)
	w, wired := pgtest.NewWire(t, address)
	s := open(t, wired, Options{Endpoint: endpoint})
	doImport(t, s, "a", "b")
	r, page := begin(t, s, 2)
	ok(t, r.Start(page[0].ID, noon, 24))
	w.Set(pgtest.Cut)
	saved, started, noted := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	waits := func() {
		t.Helper()
		select {
		case err := <-saved:
			t.Fatalf("saved without a server: %v", err)
		case err := <-started:
			t.Fatalf("started without a server: %v", err)
		case err := <-noted:
			t.Fatalf("noted without a server: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	go func() { saved <- r.Complete(page[0].ID, answer("yes")) }()
	go func() { started <- r.Start(page[1].ID, noon, 24) }()
	waits()
	go func() { noted <- s.SetNote("late", []byte("x")) }() // it waits as long
	waits()
	w.Set(pgtest.Whole)
	ok(t, errors.Join(<-saved, <-started, <-noted, r.Complete(page[1].ID, answer("no")), r.End(noon, "finished", nil)))
	is(t, "results", "1 answered 24 \"yes\"\n2 answered 24 \"no\"\n", results(t, s))
}

// What was claimed without the server's word for it is not left lying.
func TestAClaimWhoseEndIsNotKnownIsGivenBack(t *testing.T) {
	address, endpoint := newBatch(t)
	w, wired := pgtest.NewWire(t, address)
	s := open(t, wired, Options{Endpoint: endpoint})
	doImport(t, s, "a", "b", "c")
	r, _ := begin(t, s, 1)
	w.LoseReply("commit")
	page, err := r.Claim(1)
	ok(t, err)
	is(t, "claimed", "b", string(page[0].Payload))
	left, err := r.Open()
	ok(t, err)
	is(t, "free", 1, left.Free)
	ok(t, r.End(noon, "interrupted", nil))
}

// A server that stays away costs no answer: it is in a file, which the next run
// takes in.
func TestAnswersThatCannotBeSavedAreRescued(t *testing.T) {
	long, short := AwayWait, shortAwayWait
	AwayWait, shortAwayWait = 50*time.Millisecond, 50*time.Millisecond
	t.Cleanup(func() { AwayWait, shortAwayWait = long, short })
	address, endpoint := newBatch(t)
	w, wired := pgtest.NewWire(t, address)
	o := Options{Endpoint: endpoint, Lease: 2 * time.Second}
	s, err := Open(wired, o)
	ok(t, err)
	doImport(t, s, "a", "b")
	r, page := begin(t, s, 2)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Start(page[1].ID, noon, 24)))
	w.Set(pgtest.Cut)
	var lost *checkpoint.UnsavedError
	if err := r.Complete(page[0].ID, answer("yes")); !errors.As(err, &lost) || !errors.Is(err, ErrAway) || lost.File == "" {
		t.Errorf("an answer that cannot be saved: %v", err)
	}
	if err := r.End(noon, "error", nil); !errors.As(err, &lost) || lost.Answers != 1 {
		t.Errorf("the end of the run: %v", err)
	}
	ok(t, s.Close())

	w.Set(pgtest.Whole)
	s = open(t, wired, o)
	flights, err := s.Flights()
	ok(t, err)
	is(t, "rescued, interrupted", "1 1", fmt.Sprint(len(flights.Rescued), len(flights.Interrupted)))
	plan := doImport(t, s, "a", "b")
	is(t, "rescued, interrupted, to ask", "1 1 1", fmt.Sprint(plan.Rescued, plan.Interrupted, plan.ToAsk()))
	is(t, "results", "1 answered 24 \"yes\"\n2 running 0 \n", results(t, s))
}
