package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRunAnswersEverythingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 100)
		svc := newService(answers(10 * time.Second))
		sum, out := run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 100, Sum: 100})
		if sum.Spent != 2400*Cent || sum.SpentByMode[Fast] != 2400*Cent || sum.Ended.Sub(sum.Started) != 130*time.Second {
			t.Errorf("%+v", sum)
		}
		if svc.most != 8 {
			t.Errorf("%d in flight, want 8", svc.most)
		}
		_, out = run(t, store, svc, Options{})
		want(t, out, outcome{})
	})
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	store := newStore(t)
	for _, o := range []Options{{Workers: -1}, {MaxAttempts: -1}, {RPM: -1}, {Drain: -1}, {Limit: -1}, {MaxSpend: -1}, {WaitForCredits: -1}, {Sources: "some"}} {
		if _, err := Run(t.Context(), store, newService(nil), o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestRecordsTellTheAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 6)
		svc := newService(func(r request) reply {
			switch {
			case r.number() == 2 && r.n < 3:
				return reply{err: httpError(500)}
			case r.number() == 3:
				return reply{err: httpError(502)}
			case r.number() == 4:
				return reply{err: httpError(422)}
			case r.number() == 5 && r.n < 4:
				return reply{err: httpError(429)}
			}
			return reply{takes: time.Second}
		})
		_, out := run(t, store, svc, Options{Workers: 1, MaxAttempts: 4})
		want(t, out, outcome{Answered: 4, Failed: 2, Sum: 1 + 3 + 4 + 1 + 4 + 1})
		type row struct {
			Status   Status
			Attempts int
			Error    string
			Seconds  float64
			Cost     Money
		}
		var got []row
		for _, r := range records(t, store) {
			got = append(got, row{r.Status, r.Attempts, r.Error, r.Seconds, r.Cost})
		}
		answered := row{Status: Answered, Attempts: 1, Seconds: 1, Cost: 24 * Cent}
		third := answered
		third.Attempts = 3
		if diff := cmp.Diff([]row{
			answered, third,
			{Status: Failed, Attempts: 4, Error: "502 the service says so"},
			{Status: Failed, Attempts: 1, Error: "422 the service says so"},
			answered, answered,
		}, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

func TestARetryHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(func(r request) reply {
			if r.total == 1 {
				return reply{err: &Error{Status: 503, RetryAfter: time.Minute}}
			}
			return reply{takes: 10 * time.Second}
		})
		sum, out := run(t, store, svc, Options{Workers: 1})
		want(t, out, outcome{Answered: 3, Sum: 4})
		// The other two are asked meanwhile; Retry-After is honoured.
		if took := sum.Ended.Sub(sum.Started); took != 70*time.Second {
			t.Errorf("took %v, want 1m10s", took)
		}
	})
}

func TestAnswersThatEndEarlyAreAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 4)
		svc := newService(func(r request) reply {
			return reply{finish: []string{"stop", "length", "content_filter", "stop"}[r.number()-1]}
		})
		sum, out := run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 4, Sum: 4})
		if sum.Truncated != 1 || sum.Refused != 1 || sum.Spent != 96*Cent {
			t.Errorf("%+v", sum)
		}
		var got []Status
		for _, r := range records(t, store) {
			got = append(got, r.Status)
		}
		if diff := cmp.Diff([]Status{Answered, Truncated, Refused, Answered}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// An askerFunc is an Asker without a ledger.
type askerFunc func(context.Context, Request) (Answer, error)

func (f askerFunc) Ask(ctx context.Context, req Request) (Answer, error) { return f(ctx, req) }

func TestAnAskerThatBreaksCostsOneQuestion(t *testing.T) {
	for name, breaks := range map[string]func() (Answer, error){
		"it panics":                func() (Answer, error) { panic("a bug") },
		"it returns a plain error": func() (Answer, error) { return Answer{}, errors.New("a bug") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 10)
				first := ""
				sum, err := Run(t.Context(), store, askerFunc(func(_ context.Context, req Request) (Answer, error) {
					if first == "" {
						first = string(req.Payload)
					}
					if string(req.Payload) == first {
						return breaks()
					}
					return Answer{Text: "yes", FinishReason: "stop"}, nil
				}), Options{Workers: 1, MaxAttempts: 2})
				// Nobody knows whether those attempts were charged.
				if err != nil || sum.Answered != 9 || sum.Failed != 1 || sum.Uncertain != 2 || sum.UncertainCost != 48*Cent {
					t.Errorf("%+v, %v", sum, err)
				}
			})
		})
	}
}

func TestAnAnswerWithAPartThatIsNoJSONIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 1)
		sum, err := Run(t.Context(), store, askerFunc(func(context.Context, Request) (Answer, error) {
			return Answer{Text: "yes", FinishReason: "stop", RequestID: "r1", Usage: json.RawMessage("{")}, nil
		}), Options{})
		if err != nil || sum.Answered != 1 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if a := records(t, store)[0].Answer; a.Text != "yes" || a.RequestID != "r1" {
			t.Errorf("%+v", a)
		}
	})
}

func TestLimitAsksTheFirstPendingQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 30)
		svc := newService(func(r request) reply {
			if r.total == 1 {
				return reply{err: &Error{Message: "refused", Unreached: true}} // then a probe is sent, out of order
			}
			return reply{takes: time.Second}
		})
		sum, out := run(t, store, svc, Options{Limit: 10, Workers: 1})
		want(t, out, outcome{Answered: 10, Left: 20, Sum: 11})
		if sum.Total != 10 || sum.LeftCost != 480*Cent {
			t.Errorf("%+v", sum)
		}
		for i, r := range records(t, store) {
			if (r.Status == Answered) != (i < 10) {
				t.Errorf("question %d is %s", i+1, r.Status)
			}
		}
		_, out = run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 20, Sum: 20})
	})
}

func TestEventsTellTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 4)
		svc := newService(func(r request) reply {
			switch {
			case r.total == 1:
				return reply{err: &Error{Status: 429, RetryAfter: time.Second}}
			case r.number() == 2 && r.n == 1:
				return reply{err: &Error{Status: 503, RetryAfter: time.Hour}}
			case r.number() == 3:
				return reply{err: httpError(400)}
			case r.total == 5:
				return reply{err: httpError(401)}
			}
			return reply{takes: time.Second}
		})
		var got []string
		_, out := run(t, store, svc, Options{Workers: 1, OnEvent: func(e Event) {
			got = append(got, fmt.Sprintf("%s %s: %d answered, %d failed", e.Kind, e.Question, e.Progress.Answered, e.Progress.Failed))
		}})
		want(t, out, outcome{Stop: StopKey, Answered: 1, Failed: 1, Left: 2, Sum: 5})
		if diff := cmp.Diff([]string{
			"sent 1: 0 answered, 0 failed",
			"pause 1: 0 answered, 0 failed",
			"sent 2: 0 answered, 0 failed",
			"again 2: 0 answered, 0 failed",
			"sent 3: 0 answered, 0 failed",
			"failed 3: 0 answered, 1 failed",
			"sent 4: 0 answered, 1 failed",
			"answered 4: 1 answered, 1 failed",
			"sent 1: 1 answered, 1 failed",
			"stopping : 1 answered, 1 failed",
		}, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
