package batch

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAServiceThatIsDownStopsTheRun(t *testing.T) {
	unreached := &Error{Message: "connection refused", Unreached: true}
	hangs := &Error{Message: "nothing arrived"}
	for name, test := range map[string]struct {
		o         Options
		questions int
		up        int           // requests that are answered before
		takes     time.Duration // to fail
		err       error
	}{
		"with 5xx for everyone":                {Options{}, 100, 0, 0, httpError(503)},
		"with 5xx for both of two questions":   {Options{}, 2, 0, 0, httpError(503)},
		"for three questions, one worker":      {Options{Workers: 1}, 3, 0, 0, httpError(503)},
		"after some answers":                   {Options{}, 100, 30, time.Second, httpError(500)},
		"after some answers, with 503":         {Options{}, 100, 30, time.Second, httpError(503)},
		"after some, asking for a little time": {Options{}, 100, 30, 0, &Error{Status: 503, RetryAfter: time.Second}},
		"unreached":                            {Options{}, 100, 30, 0, unreached},
		"unreached with one question":          {Options{}, 1, 0, 0, unreached},
		"with one attempt for each":            {Options{MaxAttempts: 1}, 100, 30, 0, httpError(500)},
		"with one attempt and one worker":      {Options{MaxAttempts: 1, Workers: 1}, 100, 30, 0, httpError(500)},
		"with one worker":                      {Options{Workers: 1}, 100, 0, time.Second, httpError(500)},
		"with the last few left":               {Options{Workers: 1}, 34, 30, 0, httpError(500)},
		"with more workers than questions":     {Options{Workers: 64}, 20, 0, time.Second, httpError(500)},
		"slowly":                               {Options{}, 100, 30, 3 * time.Minute, hangs},
		"with a longer outage allowed":         {Options{MaxOutage: time.Hour}, 100, 30, 0, httpError(500)},
		"asking for more time than is allowed": {Options{}, 100, 30, 0, &Error{Status: 503, RetryAfter: 10 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, test.questions)
				var began time.Time
				svc := newService(func(r request) reply {
					if r.total <= test.up {
						return reply{takes: 10 * time.Second}
					}
					if began.IsZero() {
						began = r.at.Add(test.takes)
					}
					return reply{takes: test.takes, err: test.err}
				})
				sum, out := run(t, store, svc, test.o)
				out.Sum = 0
				want(t, out, outcome{Stop: StopDown, Answered: test.up, Left: test.questions - test.up})
				// MaxOutage, and one attempt; an answer may have come meanwhile.
				limit := test.o.WithDefaults().MaxOutage + max(test.takes, 10*time.Second)
				if took := sum.Ended.Sub(began); took > limit || took < limit/2 {
					t.Errorf("stopped after %v, want %v at most", took, limit)
				}
				for _, r := range records(t, store) {
					if r.Status != Answered && r.Attempts != 0 {
						t.Errorf("question %s has %d attempts", r.ID, r.Attempts)
					}
				}
			})
		})
	}
}

func TestAnOutageThatEndsInTimeCostsNothing(t *testing.T) {
	for name, test := range map[string]struct {
		o    Options
		slow time.Duration // answers
		err  error
	}{
		"with 5xx for everyone":           {Options{}, time.Second, httpError(503)},
		"unreached":                       {Options{}, time.Second, &Error{Message: "refused", Unreached: true}},
		"with one attempt and one worker": {Options{MaxAttempts: 1, Workers: 1}, time.Second, httpError(500)},
		// Streams that began before go on, and do not pass for a service that
		// is up.
		"while slow answers come home": {Options{MaxAttempts: 1, Workers: 16}, 40 * time.Second, httpError(503)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 200)
				down := time.Now().Add(45 * time.Second)
				svc := newService(func(r request) reply {
					if !r.at.Before(down) && r.at.Before(down.Add(50*time.Second)) {
						return reply{err: test.err}
					}
					return reply{takes: test.slow + time.Duration(r.number())*time.Millisecond}
				})
				_, out := run(t, store, svc, test.o)
				out.Sum = 0
				want(t, out, outcome{Answered: 200})
				for _, r := range records(t, store) {
					if r.Attempts != 1 {
						t.Errorf("question %s has %d attempts", r.ID, r.Attempts)
					}
				}
			})
		})
	}
}

func TestQuestionsThatFailAlone(t *testing.T) {
	first := func(n int) func(int) bool { return func(q int) bool { return q <= n } }
	last := func(n int) func(int) bool { return func(q int) bool { return q > 100-n } }
	for name, test := range map[string]struct {
		o    Options
		slow time.Duration // answers
		bad  func(q int) bool
		n    int
	}{
		"one in the middle":              {Options{}, 10 * time.Second, func(q int) bool { return q == 50 }, 1},
		"one in ten":                     {Options{}, 10 * time.Second, func(q int) bool { return q%10 == 0 }, 10},
		"one in ten, with one worker":    {Options{Workers: 1}, 10 * time.Second, func(q int) bool { return q%10 == 0 }, 10},
		"one in ten, with one attempt":   {Options{MaxAttempts: 1}, 10 * time.Second, func(q int) bool { return q%10 == 0 }, 10},
		"the first":                      {Options{}, time.Second, first(1), 1},
		"the first twenty":               {Options{}, time.Second, first(20), 20},
		"the first twenty, one worker":   {Options{Workers: 1}, time.Second, first(20), 20},
		"the first twenty, slow answers": {Options{}, 90 * time.Second, first(20), 20},
		"the last two":                   {Options{}, time.Second, last(2), 2},
		"the last two, one worker":       {Options{Workers: 1, MaxAttempts: 2}, time.Second, last(2), 2},
		"the last three":                 {Options{}, time.Second, last(3), 3},
		"the last five, slow answers":    {Options{}, 90 * time.Second, last(5), 5},
		"every second":                   {Options{Workers: 32}, time.Second, func(q int) bool { return q%2 == 0 }, 50},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 100)
				svc := newService(func(r request) reply {
					if test.bad(r.number()) {
						return reply{takes: 100 * time.Millisecond, err: httpError(500)}
					}
					return reply{takes: test.slow}
				})
				_, out := run(t, store, svc, test.o)
				sent := out.Sum
				out.Sum = 0
				want(t, out, outcome{Answered: 100 - test.n, Failed: test.n})
				most := test.o.WithDefaults().MaxAttempts
				for i, r := range records(t, store) {
					if test.bad(i+1) && (r.Status != Failed || r.Attempts != most) {
						t.Errorf("question %s is %s after %d attempts", r.ID, r.Status, r.Attempts)
					}
				}
				if test.n <= 2 && sent != 100-test.n+most*test.n {
					t.Errorf("%d requests", sent)
				}
				t.Logf("%d requests for %d questions", sent, 100)

				// They failed for a passing fault: the next import asks again.
				if plan := importN(t, store, 100); plan.ToAsk() != test.n {
					t.Errorf("%d to ask", plan.ToAsk())
				}
			})
		})
	}
}

// An answer that was on its way before a fault does not speak against the
// question: the service may have gone down between them.
func TestAnOldAnswerIsNoEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 30)
		svc := newService(func(r request) reply {
			switch r.number() {
			case 1:
				return reply{takes: 10 * time.Second}
			case 2:
				return reply{takes: 9 * time.Second, err: httpError(500)}
			case 3, 4:
				return reply{takes: 11 * time.Second, err: httpError(500)}
			}
			return reply{takes: 2 * time.Second, err: httpError(500)}
		})
		_, out := run(t, store, svc, Options{Workers: 4, MaxAttempts: 1})
		out.Sum = 0
		want(t, out, outcome{Stop: StopDown, Answered: 1, Left: 29})
	})
}

// Many questions that the service cannot answer stand before those that it can,
// and behind.
func TestManyBadQuestionsDoNotHideTheGoodOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		const many, questions = 500, 3 * 500
		importN(t, store, questions)
		good := func(q int) bool { return q > many && q <= 2*many }
		svc := newService(func(r request) reply {
			if good(r.number()) {
				return reply{takes: time.Second}
			}
			return reply{err: httpError(500)}
		})
		// In the end nothing succeeds any more, and the rest stays pending.
		_, out := run(t, store, svc, Options{MaxAttempts: 2, MaxOutage: 10 * time.Minute})
		if out.Answered != many {
			t.Errorf("answered %d of the %d that can be", out.Answered, many)
		}
	})
}

func TestOneQuestionAloneFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 1)
		_, out := run(t, store, newService(from(1, httpError(500))), Options{})
		want(t, out, outcome{Failed: 1, Sum: 5})
	})
}

func TestThrottlingAndFaultsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 60)
		svc := newService(func(r request) reply {
			switch {
			case r.total%3 == 0:
				return reply{err: &Error{Status: 429, RetryAfter: 2 * time.Second}}
			case r.total%5 == 0:
				return reply{err: httpError(503)}
			}
			return reply{takes: time.Second}
		})
		_, out := run(t, store, svc, Options{})
		out.Sum = 0
		want(t, out, outcome{Answered: 60})
	})
}

func TestThrottlingAndFaultsWithoutAnAnswerStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 60)
		svc := newService(func(r request) reply {
			return reply{err: httpError([]int{429, 503}[r.total%2])}
		})
		sum, out := run(t, store, svc, Options{})
		if out.Stop != StopDown || out.Left != 60 || sum.Ended.Sub(sum.Started) > 10*time.Minute {
			t.Errorf("%+v after %v", out, sum.Ended.Sub(sum.Started))
		}
	})
}

func TestNothingButThrottlingStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(from(1, &Error{Status: 429, RetryAfter: time.Minute}))
		sum, out := run(t, store, svc, Options{})
		out.Sum = 0
		want(t, out, outcome{Stop: StopThrottled, Left: 3})
		if took := sum.Ended.Sub(sum.Started); took < 25*time.Minute || took > 28*time.Minute {
			t.Errorf("took %v, want the longest pause and an attempt: 25m", took)
		}
	})
}
