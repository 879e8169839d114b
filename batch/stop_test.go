package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
)

// from replies with an error from the nth request on.
func from(n int, err error) func(request) reply {
	return func(r request) reply {
		if r.total >= n {
			return reply{takes: time.Second, err: err}
		}
		return reply{takes: 10 * time.Second}
	}
}

func TestWhatStopsARun(t *testing.T) {
	farAway := time.Date(2000, 1, 31, 0, 0, 0, 0, time.UTC) // the bubble's clock begins on the 1st
	for name, test := range map[string]struct {
		err  error
		want StopKind
	}{
		"an empty balance":                             {&Error{Status: 402, Type: "insufficient_balance"}, StopBalance},
		"an empty balance, told in the stream":         {&Error{Type: "insufficient_balance"}, StopBalance},
		"a key that is wrong":                          {&Error{Status: 401, Type: "authentication_error"}, StopKey},
		"a key without permission":                     {&Error{Status: 403}, StopKey},
		"an address that is wrong":                     {&Error{Status: 404, Message: "page not found"}, StopEndpoint},
		"a redirect":                                   {&Error{Message: "redirects", Fatal: true}, StopEndpoint},
		"a month that is used up":                      {&Error{Status: 429, ResetAt: farAway}, StopThrottled},
		"a month that is used up until who knows when": {&Error{Status: 429, Message: "Monthly usage limit reached"}, StopThrottled},
		"a wait that is too long":                      {&Error{Status: 429, RetryAfter: 15*time.Minute + 1}, StopThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 50)
				svc := newService(from(21, test.err))
				_, out := run(t, store, svc, Options{})
				// The first 20 come home, though 4 of them were in flight; none
				// is sent after the first refusal but what was sent with it, and
				// a few more where the refusal may be of one question alone.
				sent := 24
				if test.want == StopEndpoint || test.err.(*Error).Status == 403 {
					sent = max(sent, min(sent+1+enoughLater, out.Sum))
				}
				want(t, out, outcome{Stop: test.want, Answered: 20, Left: 30, Sum: sent})
				for _, r := range records(t, store) {
					if r.Status != Answered && (r.Status != Pending || r.Attempts != 0) {
						t.Errorf("question %s is %s after %d attempts", r.ID, r.Status, r.Attempts)
					}
				}
				svc.rule = answers(time.Second)
				_, out = run(t, store, svc, Options{})
				want(t, out, outcome{Answered: 30, Sum: 30})
			})
		})
	}
}

// The next question would be sent just after the end, and is marked as sent
// before that.
func TestTheClockComesBeforeTheNextQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 10)
		until := time.Now().Add(4*time.Second - pace.Lead/2)
		sum, out := run(t, store, newService(answers(time.Millisecond)), Options{RPM: 60, Until: until})
		want(t, out, outcome{Stop: StopClock, Answered: 4, Left: 6, Sum: 4})
		if !sum.Ended.Equal(until) {
			t.Errorf("ended %v after the end", sum.Ended.Sub(until))
		}
	})
}

// doubtful are refusals that may concern one question, or all.
var doubtful = map[string]error{
	"a page":     &Error{Status: 200, Message: "an HTML page", Fatal: true},
	"a redirect": &Error{Status: 307, Message: "redirects", Fatal: true},
	"a 403":      &Error{Status: 403},
	"a 404":      &Error{Status: 404, Message: "page not found"},
}

// A gateway that refuses one question, wherever it stands, costs that question.
func TestAPageForOneQuestionIsNoStop(t *testing.T) {
	for name, err := range doubtful {
		for _, number := range []int{1, 10, 20} {
			for _, workers := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s for question %d, %d workers", name, number, workers), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						store := newStore(t)
						importN(t, store, 20)
						svc := newService(func(r request) reply {
							if r.number() == number {
								return reply{err: err}
							}
							return reply{takes: 10 * time.Second}
						})
						sum, out := run(t, store, svc, Options{Workers: workers})
						out.Sum = 0
						want(t, out, outcome{Answered: 19, Failed: 1})
						if sum.Attempts > 19+5 {
							t.Errorf("%d attempts", sum.Attempts)
						}
					})
				})
			}
		}
	}
}

// Questions that a gateway refuses cost themselves, not the run, wherever they
// stand and however many are in flight, as long as others are answered.
func TestOddQuestionsAreNoStop(t *testing.T) {
	apart := []int{5, 15}
	neighbours, first, last, tail := []int{3, 4}, []int{1, 2}, []int{39, 40}, []int{33, 34, 40}
	four, many := []int{9, 10, 11, 12}, []int{3, 8, 13, 18, 23, 28, 33}
	for name, err := range doubtful {
		for _, odd := range [][]int{apart, neighbours, first, last, tail, four, many} {
			for _, workers := range []int{1, 4, 8} {
				t.Run(fmt.Sprintf("%s for questions %v, %d workers", name, odd, workers), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						store := newStore(t)
						total := 40
						if len(odd) > most { // among few others chance may leave three of them for the end
							total = 400
						}
						importN(t, store, total)
						svc := newService(func(r request) reply {
							if slices.Contains(odd, r.number()) {
								return reply{takes: 200 * time.Millisecond, err: err}
							}
							return reply{takes: 10 * time.Second}
						})
						_, out := run(t, store, svc, Options{Workers: workers})
						sent := out.Sum
						out.Sum = 0
						want(t, out, outcome{Answered: total - len(odd), Failed: len(odd)})
						attempts := 2 // a page may have been an accident
						if err.(*Error).Status == 403 {
							attempts = 1
						}
						if most := total + (attempts-1)*len(odd); sent != most {
							t.Errorf("%d requests, want %d", sent, most)
						}
						for _, r := range records(t, store) {
							if r.Status == Failed && (r.Attempts != attempts || r.Error != err.Error()) {
								t.Errorf("question %s failed after %d attempts: %s", r.ID, r.Attempts, r.Error)
							}
						}
					})
				})
			}
		}
	}
}

// One question in ten is odd: the run takes about as long as without them.
func TestManyOddQuestionsAreNoStop(t *testing.T) {
	for _, workers := range []int{1, 8, 64} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 500)
				svc := newService(func(r request) reply {
					if r.number()%10 == 3 {
						return reply{takes: 200 * time.Millisecond, err: &Error{Status: 403}}
					}
					return reply{takes: 10 * time.Second}
				})
				sum, out := run(t, store, svc, Options{Workers: workers})
				want(t, out, outcome{Answered: 450, Failed: 50, Sum: 500})
				took, alone := sum.Ended.Sub(sum.Started), 450*10*time.Second/time.Duration(workers)
				t.Logf("%v, %.2f of the time that the others take", took, took.Seconds()/alone.Seconds())
				if took > 3*alone {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A key that is revoked in mid-run stops it within a few requests, and fails
// no question, however few are in flight and left.
func TestAKeyRevokedInMidRunFailsNoQuestion(t *testing.T) {
	for _, test := range []struct{ workers, left, most int }{
		{1, 30, 1 + enoughLater}, {1, 3, 3}, {8, 30, 8 + 1 + enoughLater}, {8, 7, 3},
	} {
		t.Run(fmt.Sprintf("%d workers, %d left", test.workers, test.left), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 20+test.left)
				revoked := time.Now().Add(time.Minute)
				svc := newService(func(r request) reply {
					if r.at.Before(revoked) {
						return reply{takes: time.Duration(test.workers) * 3 * time.Second} // 20 in this minute
					}
					return reply{takes: time.Second, err: &Error{Status: 403}}
				})
				sum, out := run(t, store, svc, Options{Workers: test.workers})
				if refused := out.Sum - sum.Answered; refused > test.most {
					t.Errorf("%d were refused, want %d at most", refused, test.most)
				}
				want(t, out, outcome{Stop: StopKey, Answered: sum.Answered, Left: 20 + test.left - sum.Answered, Sum: out.Sum})
			})
		})
	}
}

func TestAModelThatIsNotThereIsNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(from(3, &Error{Status: 404, Type: "model_not_found"}))
		_, out := run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 2, Failed: 1, Sum: 3})
	})
}

func TestTheBalanceTeachesThePrice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 10)
		svc := newService(from(6, &Error{Status: 402, Cost: 40 * Cent, Balance: 7 * Cent, HasBalance: true}))
		sum, err := Run(t.Context(), store, svc, Options{Workers: 1})
		var stop *StopError
		var said *Error
		if !errors.As(err, &stop) || !errors.As(err, &said) || said.Balance != 7*Cent || sum.LeftCost != 200*Cent || sum.Spent != 120*Cent {
			t.Errorf("%+v, %v", sum, err)
		}
		price := 30 * Cent
		sum, _ = Run(t.Context(), store, svc, Options{Workers: 1, Price: &price})
		if sum.LeftCost != 150*Cent {
			t.Errorf("left cost %v with a price of the user's, want $1.50", sum.LeftCost)
		}
	})
}

func TestAnInterruptedRunDrains(t *testing.T) {
	for name, test := range map[string]struct {
		drain time.Duration
		want  outcome
	}{
		"what is in flight comes home":              {time.Minute, outcome{Stop: StopInterrupted, Answered: 8, Left: 12, Sum: 8}},
		"what takes too long may have been charged": {5 * time.Second, outcome{Stop: StopInterrupted, Left: 20, Uncertain: 8, Sum: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 20)
				svc := newService(answers(30 * time.Second))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				sum, err := Run(ctx, store, svc, Options{Drain: test.drain})
				want(t, verify(t, svc, sum, err, 0, 0), test.want)
				if sum.UncertainCost != Money(test.want.Uncertain)*24*Cent {
					t.Errorf("uncertain: %v", sum.UncertainCost)
				}
				if flights, err := store.Flights(); err != nil || len(flights.Uncertain) != test.want.Uncertain {
					t.Errorf("the checkpoint lists %+v, %v", flights, err)
				}
				if limit := min(test.drain, 29*time.Second); sum.Ended.Sub(sum.Started) != time.Second+limit {
					t.Errorf("took %v", sum.Ended.Sub(sum.Started))
				}
			})
		})
	}
}

// A drain that ends at the very moment when an answer comes must end all the
// same.
func TestADrainEndsThoughAnAnswerComesThen(t *testing.T) {
	for range 8 {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 4)
			svc := newService(func(r request) reply {
				return reply{takes: []time.Duration{time.Minute, time.Hour, time.Minute, time.Minute}[r.number()-1]}
			})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			o := Options{Drain: time.Minute, AttemptTimeout: 2 * time.Hour}.WithDefaults()
			r, err := newRunner(store, svc, o)
			if err != nil {
				t.Fatal(err)
			}
			for r.sum.InFlight < 4 && r.startNext(time.Now(), time.Now(), 0) {
			}
			synctest.Wait() // until all are sent
			r.loop(ctx)
			if sum, _ := r.end(); sum.Ended.Sub(sum.Started) != time.Minute {
				t.Fatalf("took %v", sum.Ended.Sub(sum.Started))
			}
		})
	}
}

// The second question would be sent a minute after the first, and is marked as
// sent a little before that.
func TestNothingIsSentOnceTheRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(answers(time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute-pace.Lead/2, func() {
			if c, err := store.Counts(); err != nil || c.States[checkpoint.Running] != 1 {
				t.Errorf("%+v, %v: no question is marked as sent", c, err)
			}
			cancel()
		})
		sum, err := Run(ctx, store, svc, Options{RPM: 1})
		want(t, verify(t, svc, sum, err, 0, 0), outcome{Stop: StopInterrupted, Answered: 1, Left: 2, Sum: 1})
		if took := sum.Ended.Sub(sum.Started); took != time.Minute-pace.Lead/2 {
			t.Errorf("took %v", took)
		}
		if c, err := store.Counts(); err != nil || c.States[checkpoint.Running] != 0 || c.States[checkpoint.Pending] != 2 {
			t.Errorf("%+v, %v", c, err)
		}
		if r := records(t, store)[1]; r.Status != Pending || r.Attempts != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestARunThatAnsweredEverythingWasNotStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 8)
		svc := newService(answers(10 * time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		sum, err := Run(ctx, store, svc, Options{})
		want(t, verify(t, svc, sum, err, 0, 0), outcome{Answered: 8, Sum: 8})
	})
}

func TestUntilEndsAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 100)
		svc := newService(answers(10 * time.Second))
		until := time.Now().Add(25 * time.Second)
		_, out := run(t, store, svc, Options{Until: until})
		want(t, out, outcome{Stop: StopClock, Answered: 24, Left: 76, Sum: 24})
		for _, r := range svc.sent {
			if !r.at.Before(until) {
				t.Errorf("%s was sent at %v", r.question, r.at)
			}
		}
		_, out = run(t, store, svc, Options{Until: until}) // in the past
		want(t, out, outcome{Stop: StopClock, Left: 76})
	})
}

func TestAttemptsSurviveAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 2)
		svc := newService(func(r request) reply {
			switch {
			case r.number() == 1 && r.n <= 2:
				return reply{err: httpError(500)}
			case r.number() == 1:
				return reply{takes: 2 * time.Minute, err: httpError(500)} // while the run stops
			case r.n == 1:
				return reply{takes: time.Minute, err: httpError(401)}
			}
			return reply{}
		})
		_, out := run(t, store, svc, Options{})
		want(t, out, outcome{Stop: StopKey, Left: 2, Sum: 4})
		if r := records(t, store)[0]; r.Attempts != 2 || r.Error != "500 the service says so" || r.Status != Pending {
			t.Errorf("%+v", r)
		}
		svc.rule = answers(0)
		_, out = run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 2, Sum: 2})
		if r := records(t, store)[0]; r.Attempts != 3 || r.Error != "" {
			t.Errorf("%+v", r)
		}
	})
}

func TestAttemptTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 2)
		svc := newService(func(r request) reply {
			if r.number() == 1 {
				return reply{takes: time.Hour}
			}
			return reply{takes: time.Minute}
		})
		_, out := run(t, store, svc, Options{AttemptTimeout: 5 * time.Minute, MaxAttempts: 2})
		want(t, out, outcome{Answered: 1, Failed: 1, Uncertain: 2, Sum: 3})
		counts, err := store.Counts()
		if err != nil || counts.Reasons["time-out"+eachTime] != 1 {
			t.Errorf("%+v, %v", counts.Reasons, err)
		}
	})
}
