package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestMaxSpend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 30)
		svc := newService(answers(time.Second))
		sum, out := run(t, store, svc, Options{MaxSpend: 250 * Cent})
		want(t, out, outcome{Stop: StopSpend, Answered: 10, Left: 20, Sum: 10})
		if sum.Spent != 240*Cent || sum.LeftCost != 480*Cent {
			t.Errorf("%+v", sum)
		}
		// It is a bound on one run; the total is a bound on all.
		_, out = run(t, store, svc, Options{MaxSpend: 240 * Cent, MaxSpendTotal: 360 * Cent})
		want(t, out, outcome{Stop: StopSpend, Answered: 5, Left: 15, Sum: 5})
		_, out = run(t, store, svc, Options{MaxSpend: 23 * Cent})
		want(t, out, outcome{Stop: StopSpend, Left: 15})
		_, out = run(t, store, svc, Options{MaxSpend: 360 * Cent, MaxSpendTotal: 720 * Cent})
		want(t, out, outcome{Answered: 15, Sum: 15})
	})
}

func TestAQuestionThatFailsLeavesItsMoney(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 12)
		svc := newService(func(r request) reply {
			if r.number() <= 2 {
				return reply{takes: time.Minute, err: httpError(400)}
			}
			return reply{takes: time.Second}
		})
		_, out := run(t, store, svc, Options{MaxSpend: 240 * Cent})
		want(t, out, outcome{Answered: 10, Failed: 2, Sum: 12})
	})
}

func TestWhatMayHaveBeenChargedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		cut := &Error{Message: "the stream ended", MaybeCharged: true, RequestID: "r1", Partial: "The credit"}
		svc := newService(func(r request) reply {
			if r.number() == 1 && r.n <= 2 {
				return reply{err: cut}
			}
			return reply{takes: time.Second}
		})
		sum, out := run(t, store, svc, Options{MaxSpend: 240 * Cent})
		want(t, out, outcome{Stop: StopSpend, Answered: 8, Left: 12, Uncertain: 2, Sum: 10})
		if sum.UncertainCost != 48*Cent || sum.Spent != 192*Cent {
			t.Errorf("%+v", sum)
		}
		flights, err := store.Flights()
		if list := flights.Uncertain; err != nil || len(list) != 2 || list[0].RequestID != "r1" || list[0].Partial != "The credit" || Money(list[0].Cost) != 24*Cent {
			t.Errorf("%+v, %v", list, err)
		}
		// So it does in later runs, and so does what a crash left in flight.
		crashed, _, err := store.Begin(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		page, err := crashed.Claim(1)
		if err := errors.Join(err, crashed.Start(page[0].ID, time.Now(), int64(24*Cent)), store.Close()); err != nil {
			t.Fatal(err)
		}
		store = openStore(t, store.Path())
		_, out = run(t, store, svc, Options{MaxSpendTotal: 360 * Cent})
		want(t, out, outcome{Stop: StopSpend, Answered: 4, Left: 8, Sum: 4})
	})
}

func TestSpendByAskMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		modes := []AskMode{"", Fast, Web, Deep, Auto, Deep}
		plan, err := Import(store, func(yield func(Question, error) bool) {
			for i, m := range modes {
				if !yield(Question{ID: fmt.Sprint(i), Text: fmt.Sprint(i), AskMode: m, Fields: []byte("[]")}, nil) {
					return
				}
			}
		}, ImportOptions{Settings: Settings{AskModes: taxModes}})
		if err != nil || plan.Estimate != 528*Cent {
			t.Fatalf("%+v, %v", plan, err)
		}
		sum, out := run(t, store, newService(answers(0)), Options{})
		want(t, out, outcome{Answered: 6, Sum: 6})
		if sum.Spent != 528*Cent || sum.SpentByMode[Fast] != 48*Cent || sum.SpentByMode[Web] != 30*Cent ||
			sum.SpentByMode[Deep] != 300*Cent || sum.SpentByMode[Auto] != 150*Cent {
			t.Errorf("%+v", sum)
		}
	})
}

func TestTheNextRunKnowsWhatA402Taught(t *testing.T) {
	for _, test := range []struct {
		mode     AskMode
		cost     Money
		estimate Money // of 10 questions in the next run
	}{
		{Fast, 40 * Cent, 400 * Cent},
		{Fast, 10 * Cent, 100 * Cent},
		{Auto, 24 * Cent, 1500 * Cent}, // one answer's cost says little of the next
		{Auto, 200 * Cent, 2000 * Cent},
	} {
		t.Run(fmt.Sprint(test.mode, test.cost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				o := ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: test.mode}}
				if _, err := Import(store, texts(numbered(10)...), o); err != nil {
					t.Fatal(err)
				}
				svc := newService(from(1, &Error{Status: 402, Cost: test.cost}))
				sum, out := run(t, store, svc, Options{Workers: 1})
				want(t, out, outcome{Stop: StopBalance, Left: 10, Sum: 1})
				plan, err := Import(store, texts(numbered(10)...), o)
				if err != nil || plan.Estimate != test.estimate || sum.LeftCost != test.estimate {
					t.Errorf("estimate %v, left %v, want %v; %v", plan.Estimate, sum.LeftCost, test.estimate, err)
				}
				svc.rule = answers(time.Second)
				sum, _ = run(t, store, svc, Options{Workers: 1, MaxSpend: test.estimate / 2})
				if sum.Spent != test.estimate/2 {
					t.Errorf("spent %v of %v", sum.Spent, test.estimate/2)
				}
			})
		})
	}
}

// Whatever becomes of the requests, what the service could have charged never
// exceeds what the user allows.
func TestMaxSpendIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		questions := rapid.IntRange(1, 40).Draw(rt, "questions")
		price := Money(rapid.IntRange(1, 200).Draw(rt, "cents")) * Cent
		o := Options{
			Price: &price, Workers: rapid.IntRange(1, 16).Draw(rt, "workers"), MaxAttempts: 3, Drain: 10 * time.Second,
			MaxSpend:      Money(rapid.IntRange(1, 3000).Draw(rt, "most")) * Cent,
			MaxSpendTotal: Money(rapid.IntRange(1, 5000).Draw(rt, "most in all")) * Cent,
		}
		fates := rapid.SliceOfN(rapid.IntRange(0, 9), 20, 20).Draw(rt, "fates")
		var err error
		synctest.Test(t, func(t *testing.T) { err = spend(t, questions, fates, o) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// spend runs three times against a service whose replies the fates decide.
func spend(t *testing.T, questions int, fates []int, o Options) error {
	store := newStore(t)
	importN(t, store, questions)
	var charged, inAll Money
	svc := newService(func(r request) reply {
		rep := reply{takes: time.Duration(fates[(r.total+7)%20]) * time.Second}
		switch fates[r.total%20] {
		case 0:
			rep.err = httpError(500)
		case 1:
			rep.err = httpError(400)
		case 2:
			rep.err = httpError(429)
		case 3:
			rep.err = &Error{Message: "cut", MaybeCharged: true} // it was, and nobody knows
			charged += *o.Price
		default:
			charged += *o.Price
		}
		return rep
	})
	for range 3 {
		charged = 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		sum, _ := Run(ctx, store, svc, o)
		cancel()
		inAll += charged
		if charged > o.MaxSpend || inAll > o.MaxSpendTotal {
			return fmt.Errorf("charged %v of %v in this run, %v of %v in all", charged, o.MaxSpend, inAll, o.MaxSpendTotal)
		}
		if sum.Spent+sum.UncertainCost != charged {
			return fmt.Errorf("told %v and perhaps %v, charged %v", sum.Spent, sum.UncertainCost, charged)
		}
	}
	return nil
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]Money{
		"25": 25 * Dollar, "0.24": 24 * Cent, "$1.50": 150 * Cent, " 3 ": 3 * Dollar, "0": 0, "0.000001": 1,
		"": -1, "-1": -1, "a lot": -1, "NaN": -1, "Inf": -1, "1e12": -1, "1,50": -1,
	} {
		got, err := ParseMoney(text)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for m, want := range map[Money]string{0: "$0.00", 24 * Cent: "$0.24", 1248 * Cent: "$12.48", -5 * Cent: "-$0.05", 4999: "$0.00", 5000: "$0.01"} {
		if got := m.String(); got != want {
			t.Errorf("%d is written %s, want %s", m, got, want)
		}
	}
}

// FuzzParseMoney: what is read is written and read again the same.
func FuzzParseMoney(f *testing.F) {
	f.Add("$1.50")
	f.Add("1e-7")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMoney(text)
		if err != nil {
			return
		}
		b, err := json.Marshal(m)
		var again Money
		if err != nil || json.Unmarshal(b, &again) != nil || again != m {
			t.Errorf("%q is %d, written %s, read again as %d", text, m, b, again)
		}
	})
}
