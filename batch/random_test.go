package batch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Whatever the service does, and whenever runs are stopped: every question is
// answered once in the end, and the books agree with the service's. The user has to ask
// again only for questions that may have been charged in two runs.
func TestRunsWithRandomFaults(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		questions, seed := rapid.IntRange(1, 40).Draw(rt, "questions"), rapid.Uint64().Draw(rt, "seed")
		o := Options{
			Workers:     rapid.IntRange(1, 16).Draw(rt, "workers"),
			MaxAttempts: rapid.IntRange(1, 4).Draw(rt, "attempts"),
			Drain:       time.Duration(rapid.IntRange(1, 60).Draw(rt, "drain")) * time.Second,
			Limit:       rapid.IntRange(0, 20).Draw(rt, "limit"),
		}
		var err error
		synctest.Test(t, func(t *testing.T) { err = chaos(t, questions, seed, o) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func TestALargeRunWithRandomFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := chaos(t, 2000, 1, Options{Workers: 64}); err != nil {
			t.Fatal(err)
		}
	})
}

// chaos runs until everything is answered, through random faults and stops.
func chaos(t *testing.T, questions int, seed uint64, o Options) error {
	store := newStore(t)
	importN(t, store, questions)
	rnd := rand.New(rand.NewPCG(seed, 0))
	cuts := map[string]int{}
	svc := newService(func(r request) reply {
		rep := reply{takes: time.Duration(rnd.IntN(30_000)) * time.Millisecond}
		if faults := []*Error{
			httpError(500), httpError(408), httpError(429), {Status: 429, RetryAfter: 10 * time.Second},
			{Status: 503, RetryAfter: time.Minute}, {Message: "cut", MaybeCharged: true}, {Message: "refused", Unreached: true},
		}; rnd.IntN(100) < 15 {
			fault := faults[rnd.IntN(len(faults))]
			if rep.err = fault; fault.MaybeCharged {
				cuts[r.question]++
			}
		} else if stops := []int{401, 402, 404}; rnd.IntN(1000) < 5 {
			rep.err = httpError(stops[rnd.IntN(len(stops))])
		}
		return rep
	})
	for runs := 1; svc.total() < questions; runs++ {
		if runs > 200 {
			return fmt.Errorf("%d of %d answered after %d runs", svc.total(), questions, runs)
		}
		plan := importN(t, store, questions)
		sent, answered := len(svc.sent), svc.total()
		failed := questions - answered - plan.ToAsk() // for good
		for question, n := range cuts {
			if n >= 2 && svc.answered[question] == 0 {
				failed--
			}
		}
		if failed > 0 {
			return fmt.Errorf("%d questions failed for good that cannot have been charged in two runs", failed)
		}
		if plan.ToAsk() == 0 {
			var err error
			if plan, err = Import(store, texts(numbered(questions)...), ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true}); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(60*60)+60)*time.Second)
		sum, err := Run(ctx, store, svc, o)
		cancel()
		out := verify(t, svc, sum, err, sent, answered)
		if out.Answered+out.Failed+out.Left != plan.ToAsk() {
			return fmt.Errorf("%+v: %d questions were pending", out, plan.ToAsk())
		}
		if sum.Spent != Money(out.Answered)*24*Cent || sum.UncertainCost != Money(out.Uncertain)*24*Cent {
			return fmt.Errorf("%+v", sum)
		}
		if o.Limit > 0 && out.Answered+out.Failed > o.Limit {
			return fmt.Errorf("%+v, with a limit of %d", out, o.Limit)
		}
	}
	for _, r := range records(t, store) {
		if r.Status != Answered || r.Answer.Text != "answer to question "+r.ID {
			return fmt.Errorf("question %s: %+v", r.ID, r)
		}
	}
	return nil
}
