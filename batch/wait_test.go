package batch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitForCredits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 60)
		begin := time.Now()
		refilled := begin.Add(100 * time.Minute)
		balance := 20
		svc := newService(func(r request) reply {
			if balance == 0 && r.at.Before(refilled) {
				// Some refusals come home long after the others.
				return reply{takes: time.Duration(r.number()) * 5 * time.Second, err: httpError(402)}
			}
			if balance > 0 {
				balance--
			}
			return reply{takes: 40 * time.Second}
		})
		var waits, resumed int
		sum, out := run(t, store, svc, Options{WaitForCredits: 30 * time.Minute, OnEvent: func(e Event) {
			switch e.Kind {
			case EventWaiting:
				waits++
			case EventResumed:
				resumed++
			}
		}})
		if out.Stop != "" || out.Answered != 60 || resumed != 1 {
			t.Errorf("%+v, resumed %d times", out, resumed)
		}
		var probes int
		last := begin.Add(10 * time.Minute)
		for _, r := range svc.sent {
			if r.at.After(last) && r.at.Before(refilled) {
				if probes++; r.at.Sub(last) < 20*time.Minute {
					t.Errorf("a probe after %v", r.at.Sub(last))
				}
				last = r.at
			}
		}
		if probes < 1 || probes > 3 || waits != probes+1 {
			t.Errorf("%d probes, %d waits", probes, waits)
		}
		// At worst a probe is sent just before the refill and its refusal is on
		// its way for 5 minutes; the next one, and the 39 others, take 40 s each.
		if sum.Ended.Sub(refilled) > 30*time.Minute+5*time.Minute+6*40*time.Second {
			t.Errorf("went on %v after the refill", sum.Ended.Sub(refilled))
		}
	})
}

// A question that costs more than the balance does not keep the run from those that an earlier
// run left to the end.
func TestWaitingForCreditsAsksOthersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 10)
		svc := newService(func(r request) reply {
			if n := r.number(); n == 5 || n == 1 && r.n == 1 {
				return reply{err: httpError(402)}
			}
			return reply{takes: time.Second}
		})
		if _, err := Run(t.Context(), store, svc, Options{Workers: 1}); err == nil {
			t.Fatal("no error")
		}
		_, out := run(t, store, svc, Options{Workers: 1, WaitForCredits: time.Minute, Until: time.Now().Add(time.Hour)})
		if out.Answered != 9 {
			t.Errorf("%d questions were answered, want all but the fifth", out.Answered)
		}
	})
}

func TestTheServiceDoesNotShortenTheWaitForCredits(t *testing.T) {
	for name, err := range map[string]error{
		"a 402 that says when to try again": &Error{Status: 402, RetryAfter: time.Second},
		"a 429 meanwhile":                   &Error{Status: 429, RetryAfter: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 3)
				svc := newService(func(r request) reply {
					switch {
					case r.total == 1:
						return reply{err: httpError(402)}
					case r.total <= 6:
						return reply{err: err}
					}
					return reply{takes: time.Second}
				})
				sum, out := run(t, store, svc, Options{Workers: 1, WaitForCredits: time.Hour})
				want(t, out, outcome{Answered: 3, Sum: 6 + 3})
				if took := sum.Ended.Sub(sum.Started); took != 6*time.Hour+3*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestWaitForResetEndsWhenTheLimitClears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		reset := time.Now().Add(100 * time.Hour)
		svc := newService(func(r request) reply {
			if r.total > 10 && r.at.Before(reset) {
				return reply{err: &Error{Status: 429, Message: "Monthly usage limit reached", ResetAt: reset}}
			}
			return reply{takes: time.Second}
		})
		sum, out := run(t, store, svc, Options{Workers: 1, WaitForReset: 30 * time.Hour})
		want(t, out, outcome{Answered: 20, Sum: 20 + 1 + 3})
		if late := sum.Ended.Sub(reset); late != 10*time.Second {
			t.Errorf("done %v after the reset, want 10s", late)
		}
	})
}

func TestAWaitCanBeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		svc := newService(from(11, httpError(402)))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Hour, cancel)
		sum, err := Run(ctx, store, svc, Options{Workers: 1, WaitForCredits: time.Hour})
		want(t, verify(t, svc, sum, err, 0, 0), outcome{Stop: StopInterrupted, Answered: 10, Left: 10, Sum: 10 + 1 + 2})
		if took := sum.Ended.Sub(sum.Started); took != 3*time.Hour {
			t.Errorf("took %v", took)
		}
		until := time.Now().Add(90 * time.Minute)
		_, out := run(t, store, svc, Options{Workers: 1, WaitForCredits: time.Hour, Until: until})
		want(t, out, outcome{Stop: StopClock, Left: 10, Sum: 2})
	})
}

func TestAFaultWhileWaitingIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 4)
		svc := newService(func(r request) reply {
			switch {
			case r.total == 1:
				return reply{err: httpError(402)}
			case r.total <= 6:
				return reply{err: httpError(503)}
			}
			return reply{takes: time.Second}
		})
		sum, out := run(t, store, svc, Options{Workers: 1, MaxAttempts: 1, WaitForCredits: time.Hour})
		want(t, out, outcome{Answered: 4, Sum: 10})
		if took := sum.Ended.Sub(sum.Started); took != 6*time.Hour+4*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestAKeyRevokedWhileWaitingStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 4)
		svc := newService(func(r request) reply { return reply{err: httpError([]int{402, 402, 401}[r.total-1])} })
		_, out := run(t, store, svc, Options{Workers: 1, WaitForCredits: time.Hour})
		want(t, out, outcome{Stop: StopKey, Left: 4, Sum: 3})
	})
}
