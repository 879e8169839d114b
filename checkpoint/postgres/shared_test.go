package postgres

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"bizbatch/checkpoint"
)

// What the service says of one account does not hold for another with the same
// service, but what was answered is everybody's.
func TestTwoAccountsWithAService(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint, Account: "one"}), open(t, address, Options{Endpoint: endpoint, Account: "two"})
	doImport(t, first, "a", "b", "c")
	a, page := begin(t, first, 1)
	b, others := begin(t, second, 1)
	ok(t, a.Hold(checkpoint.Hold{Said: []byte("402")}))
	ok(t, b.Start(others[0].ID, noon, 24))
	ok(t, b.Complete(others[0].ID, answer("of the other account")))
	if err := a.Start(page[0].ID, noon.Add(time.Minute), 24); err != nil {
		t.Error("the host that was refused cannot find out whether there are credits:", err)
	}
	third := open(t, address, Options{Endpoint: endpoint, Account: "one"})
	c, page := begin(t, third, 1)
	if err := c.Start(page[0].ID, noon, 24); err == nil {
		t.Error("a request was sent for the account that is closed")
	}
	if plan := doImport(t, open(t, other(t, address, "more.csv"), Options{Endpoint: endpoint, Account: "one"}), "b"); plan.Answered != 1 {
		t.Errorf("%d questions that the other account paid for are answered, want 1", plan.Answered)
	}
}

// Another host whose request was on its way is told the same, later: the one that tries
// whether there are credits again still finds out for all.
func TestTwoHostsAreToldOfAnEmptyBalance(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b", "c", "d")
	a, page := begin(t, first, 3)
	b, others := begin(t, second, 1)
	ok(t, errors.Join(a.Start(page[0].ID, noon, 24), b.Start(others[0].ID, noon, 24)))
	told := func(r *run, id int64) {
		t.Helper()
		ok(t, errors.Join(r.Hold(checkpoint.Hold{Said: []byte("402")}), r.Release(id, checkpoint.Fault{Reason: "402", Started: noon})))
	}
	told(a, page[0].ID)
	ok(t, a.Start(page[1].ID, noon, 24))
	told(b, others[0].ID)
	ok(t, a.Complete(page[1].ID, answer("there are some")))
	ok(t, a.Start(page[2].ID, noon, 24))
}

// What one host knows of the pace the others know, of the same account.
func TestThePaceIsTheAccounts(t *testing.T) {
	address, endpoint := newBatch(t)
	var runs []*run
	for _, account := range []string{"one", "one", "two"} {
		r, _ := begin(t, open(t, address, Options{Endpoint: endpoint, Account: account}), 0)
		runs = append(runs, r)
	}
	pace := func(r *run, next string) (known string) {
		t.Helper()
		before := time.Now().Add(-time.Second)
		ok(t, r.Pace(func(kept []byte, now time.Time) []byte {
			if known = string(kept); now.Before(before) || now.After(time.Now().Add(time.Second)) {
				t.Errorf("the server's clock says %v", now)
			}
			if next == "" {
				return nil
			}
			return []byte(next)
		}))
		return known
	}
	is(t, "known at first", "", pace(runs[0], "a"))
	is(t, "known by another host", "a", pace(runs[1], ""))
	is(t, "known again", "a", pace(runs[1], "b"))
	is(t, "known by the first host", "b", pace(runs[0], ""))
	is(t, "known of another account", "", pace(runs[2], ""))
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
	slowest, err := first.Slowest(5)
	ok(t, err)
	if len(slowest) != 1 || slowest[0].RowID != "1" {
		t.Errorf("the slowest answers of a run that another joined: %v", slowest)
	}
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
	held("with what was under way", b.Start(others[1].ID, noon, 24), "402")
	ok(t, b.Start(others[1].ID, time.Now().Add(time.Second), 24)) // one of those who wait tries in its place
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

// Of what several hosts change at the same time nothing is lost.
func TestHostsChangeThePaceAtOnce(t *testing.T) {
	address, endpoint := newBatch(t)
	const hosts, each = 3, 30
	var runs []*run
	for range hosts {
		r, _ := begin(t, open(t, address, Options{Endpoint: endpoint}), 0)
		runs = append(runs, r)
	}
	var all errgroup.Group
	for _, r := range runs {
		all.Go(func() (err error) {
			for range each {
				err = errors.Join(err, r.Pace(func(known []byte, _ time.Time) []byte { return append(slices.Clone(known), 'x') }))
			}
			return err
		})
	}
	ok(t, all.Wait())
	var changes int
	ok(t, runs[0].Pace(func(known []byte, _ time.Time) []byte { changes = len(known); return nil }))
	is(t, "changes", hosts*each, changes)
}

// A host that is stopped in the middle holds up nobody for long.
func TestAPaceThatAnotherHostHolds(t *testing.T) {
	address, endpoint := newBatch(t)
	s := open(t, address, Options{Endpoint: endpoint})
	r, _ := begin(t, s, 0)
	stopped, err := s.pool.Begin(bg)
	ok(t, err)
	_, err = stopped.Exec(bg, "SELECT 1 FROM accounts FOR UPDATE")
	ok(t, err)
	pace := func() error { return r.Pace(func([]byte, time.Time) []byte { return []byte("a") }) }
	if pace() == nil {
		t.Error("the pace was changed")
	}
	ok(t, stopped.Rollback(bg))
	ok(t, pace())
}
