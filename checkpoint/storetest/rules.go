package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

func testClaims(t *testing.T, open Open) {
	const n = 50
	s := filled(t, open, n)
	run, _ := begin(t, s, 0)
	var given []string
	take := func(r checkpoint.Request) {
		given = append(given, string(r.Payload))
		ok(t, run.Start(r.ID, noon, 24))
		ok(t, run.Release(r.ID, checkpoint.Fault{})) // pending again, and still the run's
	}
	last := int64(0)
	page, err := run.Claim(3)
	ok(t, err)
	for _, q := range page {
		last = q.Position
		take(q)
	}
	for claimed := 0; claimed < n-5; { // some that were given out in advance are left out
		if q, err := run.ClaimAny(); err != nil {
			t.Fatal(err)
		} else if q != nil {
			if q.Position <= last {
				t.Errorf("position %d is not beyond %d", q.Position, last)
			}
			take(*q)
		}
		page, err := run.Claim(7)
		ok(t, err)
		if len(page) == 0 {
			break
		}
		for _, q := range page {
			if q.Position <= last {
				t.Errorf("position %d after %d", q.Position, last)
			}
			last = q.Position
			take(q)
		}
		claimed = int(last)
	}
	for page, err := run.Claim(n); len(page) > 0; page, err = run.Claim(n) {
		ok(t, err)
		for _, q := range page {
			take(q)
		}
	}
	if q, err := run.ClaimAny(); q != nil || err != nil {
		t.Errorf("after all: %v, %v", q, err)
	}
	slices.Sort(given)
	diff(t, "requests given out", n, len(slices.Compact(given)))
	diff(t, "times that one was", n, len(given))
	end(t, run)
	_, page = begin(t, s, n)
	diff(t, "given out by the next run", n, len(page))
}

func testStart(t *testing.T, open Open) {
	s := filled(t, open, 5)
	run, all := begin(t, s, 5)
	end(t, run) // it was only to learn their ids
	run, page := begin(t, s, 4)
	ok(t, errors.Join(
		run.Start(page[0].ID, noon, 24), run.Complete(page[0].ID, answer("yes")),
		run.Start(page[1].ID, noon, 24), run.Fail(page[1].ID, checkpoint.Fault{Reason: "no"}),
		run.Start(page[2].ID, noon, 24),
	))
	for what, id := range map[string]int64{"answered": page[0].ID, "failed": page[1].ID, "running": page[2].ID, "not given out": all[4].ID, "unknown": all[4].ID + 1000} {
		if err := run.Start(id, noon, 24); err == nil {
			t.Errorf("one that is %s was started", what)
		}
	}
	for what, err := range map[string]error{
		"completed": run.Complete(all[4].ID, answer("of nobody")), "failed": run.Fail(all[4].ID, checkpoint.Fault{}), "released": run.Release(all[4].ID, checkpoint.Fault{}),
	} {
		if err == nil {
			t.Errorf("one that was not given out was %s", what)
		}
	}
	ok(t, run.Start(page[3].ID, noon, 24))
	diff(t, "results", []string{"1 answered: yes", "2 failed", "3 running", "4 running", "5 pending"}, results(t, s))
}

func testOutcomes(t *testing.T, open Open) {
	fault := checkpoint.Fault{Reason: "timeout", Message: "too slow", RequestID: "req_1", Attempts: 2, Started: noon, Finished: noon.Add(time.Second)}
	charged := fault
	charged.MaybeCharged, charged.Cost, charged.Partial = true, 24, "The ra"
	uncertain := []checkpoint.Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Finished: noon.Add(time.Second), Cost: 24, Mode: "fast", Reason: "timeout", RequestID: "req_1", Partial: "The ra"}}
	c := checkpoint.Completion{Answer: []byte("yes"), Attempts: 3, Cost: 30, Started: noon, Finished: noon.Add(time.Minute)}
	answered := checkpoint.Result{State: checkpoint.Answered, Attempts: 3, Cost: 30, Answer: []byte("yes"), Started: noon, Finished: noon.Add(time.Minute)}
	later := answered
	later.Attempts = 5
	released := checkpoint.Result{State: checkpoint.Pending, Attempts: 2, Error: "too slow", RequestID: "req_1"}
	for _, test := range []struct {
		name      string
		do        func(checkpoint.Run, int64) error
		result    checkpoint.Result
		uncertain []checkpoint.Flight
	}{
		{"completed", func(r checkpoint.Run, id int64) error { return r.Complete(id, c) }, answered, nil},
		{"failed", func(r checkpoint.Run, id int64) error { return r.Fail(id, fault) },
			checkpoint.Result{State: checkpoint.Failed, Attempts: 2, Error: "too slow", RequestID: "req_1", Started: noon, Finished: noon.Add(time.Second)}, nil},
		{"released", func(r checkpoint.Run, id int64) error { return r.Release(id, fault) }, released, nil},
		{"released, but perhaps charged", func(r checkpoint.Run, id int64) error { return r.Release(id, charged) }, released, uncertain},
		{"released, sent again and completed: all attempts count", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Release(id, fault), r.Start(id, noon, 24), r.Complete(id, c))
		}, later, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, "outcome")
			_, err := s.Import(rowsOf(ask("1", "a")), checkpoint.ImportOptions{})
			ok(t, err)
			run, page := begin(t, s, 1)
			ok(t, errors.Join(run.Start(page[0].ID, noon, 24), test.do(run, page[0].ID)))
			end(t, run)
			ok(t, s.Close())
			s = open(t, "outcome")
			defer s.Close()
			sound(t, s)
			want := test.result
			want.Position, want.ID, want.Line, want.Fields, want.Payload = 1, "1", 2, []byte(`["a"]`), []byte("a")
			for r, err := range s.Results() {
				ok(t, err)
				diff(t, "result", want, r)
			}
			flights, err := s.Flights()
			ok(t, err)
			diff(t, "flights", checkpoint.Flights{Uncertain: test.uncertain}, flights)
		})
	}
}

func testReason(t *testing.T, open Open) {
	s := filled(t, open, 3)
	run, page := begin(t, s, 2)
	ok(t, errors.Join(
		run.Start(page[0].ID, noon, 24), run.Fail(page[0].ID, checkpoint.Fault{Reason: "no"}),
		run.Start(page[1].ID, noon, 24), run.Release(page[1].ID, checkpoint.Fault{Reason: "later"}),
	))
	end(t, run)
	_, err := s.Import(rowsOf(ask("1", "a"), ask("2", "b"), ask("3", "c")), checkpoint.ImportOptions{RetryFailed: true})
	ok(t, err)
	run, page = begin(t, s, 3)
	diff(t, "reasons", []string{"no", "later", ""}, []string{page[0].Reason, page[1].Reason, page[2].Reason})
	end(t, run)
}

func testFinal(t *testing.T, open Open) {
	s := filled(t, open, 1)
	run, page := begin(t, s, 1)
	id := page[0].ID
	ok(t, run.Start(id, noon, 24))
	ok(t, run.Complete(id, answer("first")))
	ok(t, errors.Join(run.Complete(id, answer("second")), run.Fail(id, checkpoint.Fault{Reason: "late"}), run.Release(id, checkpoint.Fault{Reason: "late"})))
	diff(t, "results", []string{"1 answered: first"}, results(t, s))
	if err := run.Complete(id+1000, answer("of nobody")); err == nil {
		t.Error("an answer to an unknown request was taken, and is nowhere")
	}
	end(t, run)
}

func testEmptyAnswer(t *testing.T, open Open) {
	s := filled(t, open, 1)
	run, page := begin(t, s, 1)
	ok(t, run.Start(page[0].ID, noon, 24))
	if err := run.Complete(page[0].ID, checkpoint.Completion{Cost: 24}); err == nil {
		t.Error("an empty answer was taken")
	}
	diff(t, "results", []string{"1 running"}, results(t, s))
}

func testOneRun(t *testing.T, open Open) {
	s := filled(t, open, 1)
	run, _ := begin(t, s, 0)
	_, _, err := s.Begin(noon)
	is(t, "a second run", err, checkpoint.ErrBegun)
	end(t, run)
	again, begun, err := s.Begin(noon)
	ok(t, err)
	diff(t, "the outcome of the run before", "finished", begun.LastOutcome)
	end(t, again)
	runs, err := s.Runs()
	ok(t, err)
	diff(t, "runs", 2, len(runs))
}

func testEnded(t *testing.T, open Open) {
	s := filled(t, open, 2)
	run, page := begin(t, s, 1)
	id := page[0].ID
	ok(t, run.Start(id, noon, 24))
	ok(t, run.Release(id, checkpoint.Fault{}))
	end(t, run)
	_, claimed := run.Claim(1)
	_, claimedAny := run.ClaimAny()
	for what, err := range map[string]error{
		"Claim": claimed, "ClaimAny": claimedAny, "Start": run.Start(id, noon, 24), "Complete": run.Complete(id, answer("late")),
		"Fail": run.Fail(id, checkpoint.Fault{}), "Release": run.Release(id, checkpoint.Fault{}), "End": run.End(noon, "again", nil),
	} {
		is(t, what, err, checkpoint.ErrEnded)
	}
	diff(t, "results", []string{"1 pending", "2 pending"}, results(t, s))
}

// The store is closed with a run in progress, as a crash does that.
func testInterrupted(t *testing.T, open Open) {
	s := open(t, "crashed")
	_, err := s.Import(rowsOf(ask("1", "a"), ask("2", "b")), checkpoint.ImportOptions{})
	ok(t, err)
	run, page := begin(t, s, 2)
	ok(t, errors.Join(run.Start(page[0].ID, noon, 24), run.Start(page[1].ID, noon, 30), run.Complete(page[1].ID, answer("yes"))))
	ok(t, s.Close())

	s = open(t, "crashed")
	defer s.Close()
	interrupted := []checkpoint.Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Mode: "fast", Cost: 24}}
	uncertain := []checkpoint.Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Cost: 24, Mode: "fast", Reason: "interrupted"}}
	want := checkpoint.Flights{Interrupted: interrupted, Uncertain: uncertain}
	flights, err := s.Flights()
	ok(t, err)
	diff(t, "flights before the next run", want, flights)

	// No import is needed to go on.
	run, begun, err := s.Begin(noon.Add(time.Hour))
	ok(t, err)
	diff(t, "the outcome of the run before", "interrupted", begun.LastOutcome)
	if !begun.LastSent.Equal(noon) || begun.Uncertain != 24 || begun.SpentTotal != 24 || begun.PendingByMode["fast"] != 1 {
		t.Errorf("begins at %+v", begun)
	}
	flights, err = s.Flights()
	ok(t, err)
	diff(t, "flights of the next run", want, flights)
	page, err = run.Claim(5)
	ok(t, err)
	if len(page) != 1 || string(page[0].Payload) != "a" {
		t.Fatalf("given out: %+v", page)
	}
	ok(t, errors.Join(run.Start(page[0].ID, noon, 24), run.Complete(page[0].ID, answer("at last"))))
	end(t, run)
	flights, err = s.Flights()
	ok(t, err)
	diff(t, "flights after it", checkpoint.Flights{Uncertain: uncertain}, flights)
	runs, err := s.Runs()
	ok(t, err)
	if len(runs) != 2 || runs[0].Outcome != "interrupted" || !runs[0].Ended.IsZero() || runs[1].Outcome != "finished" {
		t.Errorf("runs: %+v", runs)
	}
	sound(t, s)
}

func testManySave(t *testing.T, open Open) {
	const n = 200
	s := filled(t, open, n)
	run, page := begin(t, s, n)
	var wg sync.WaitGroup
	for _, q := range page {
		wg.Go(func() {
			if err := errors.Join(run.Start(q.ID, noon, 24), run.Complete(q.ID, answer("to "+string(q.Payload)))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	end(t, run)
	for i, line := range results(t, s) {
		diff(t, "result", fmt.Sprintf("%d answered: to %s", i+1, text(i)), line)
	}
	counts, err := s.Counts()
	ok(t, err)
	diff(t, "spent", int64(24*n), counts.SpentTotal)
}

func testNote(t *testing.T, open Open) {
	s := filled(t, open, 1)
	want := func(what string, value []byte) {
		t.Helper()
		got, err := s.Note("a")
		ok(t, err)
		diff(t, what, value, got)
	}
	want("before", nil)
	ok(t, errors.Join(s.SetNote("a", []byte("one")), s.SetNote("b", []byte("another"))))
	want("kept", []byte("one"))
	ok(t, s.SetNote("a", []byte("two")))
	want("replaced", []byte("two"))
	ok(t, s.SetNote("a", nil))
	want("without a value", nil)
}
