package batch

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// No answer of a service comes to its end, or none within the time that this
// side waits. The run says so after the first few, and they are not paid for
// again unless the user wants it.
func TestAServiceWhoseAnswersHaveNoEnd(t *testing.T) {
	for name, rep := range map[string]reply{
		"no finish reason":                {takes: time.Second, err: &Error{Message: "the stream ended", MaybeCharged: true, Unfinished: true}},
		"silent for too long":             {takes: 3 * time.Minute, err: &Error{Message: "nothing arrived for 3m", MaybeCharged: true, Unfinished: true}},
		"slower than the attempt timeout": {takes: time.Hour},
	} {
		for _, questions := range []int{1, 2, 3, 30} {
			for _, workers := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s, %d questions, %d workers", name, questions, workers), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						store := newStore(t)
						importN(t, store, questions)
						svc := newService(func(request) reply { return rep })
						sum, out := run(t, store, svc, Options{Workers: workers})
						if most := max(most, min(workers, questions)); out.Sum > most {
							t.Errorf("%d were paid for, want %d at most", out.Sum, most)
						}
						if sum.UncertainCost != Money(out.Sum)*24*Cent {
							t.Errorf("%v may have been charged, for %d requests", sum.UncertainCost, out.Sum)
						}
						want(t, out, outcome{Stop: StopUnfinished, Failed: out.Failed, Left: questions - out.Failed, Uncertain: out.Sum, Sum: out.Sum})
						if out.Failed == 0 {
							t.Error("no question failed for it")
						}
						// The next night pays for none, also of those that are left.
						plan := importN(t, store, questions)
						if _, again := run(t, store, svc, Options{Workers: workers}); again.Sum > 0 || plan.ToAsk() > 0 && again.Stop != StopUnfinished {
							t.Errorf("the next run: %+v", again)
						}
						svc.rule = answers(time.Second)
						if _, err := Import(store, texts(numbered(questions)...), ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true}); err != nil {
							t.Fatal(err)
						}
						_, out = run(t, store, svc, Options{Workers: workers})
						want(t, out, outcome{Answered: questions, Sum: questions})
					})
				})
			}
		}
	}
}

// A refresh of such a service keeps the old answers, and is not paid for again each night
// until the user wants it.
func TestARefreshOfAnswersThatHaveNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		questions := numbered(20)
		importRefresh(t, store, Refresh{}, 0, questions...)
		run(t, store, newService(answers(time.Second)), Options{})
		cut := func(request) reply {
			return reply{takes: time.Second, begins: true, err: &Error{Message: "the stream ended", MaybeCharged: true, Unfinished: true}}
		}
		time.Sleep(100 * day)
		for night, most := range []int{most, 0, 0} {
			importRefresh(t, store, old, 0, questions...)
			if _, out := run(t, store, newService(cut), Options{Workers: 2}); out.Stop != StopUnfinished || out.Sum > most {
				t.Errorf("night %d: %+v, want %d paid for at most", night+1, out, most)
			}
			time.Sleep(day)
		}
		for _, o := range []Options{{RetryFailed: true, Limit: 1}, {}} {
			importRefresh(t, store, old, 0, questions...)
			if _, out := run(t, store, newService(answers(time.Second)), o); out.Stop != "" || out.Left > 19 {
				t.Errorf("a run that is told to: %+v", out)
			}
		}
	})
}

// Streams that were cut are asked again where others come to their end, now or
// in an earlier run.
func TestAnAnswerWithoutAnEndIsAskedAgain(t *testing.T) {
	cut := &Error{Message: "the stream ended", MaybeCharged: true, Unfinished: true}
	for _, odd := range []int{1, 2} { // the first so many: a run begins with two
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprintf("the first %d, %d workers", odd, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, 20)
					svc := newService(func(r request) reply {
						if r.number() <= odd && r.n == 1 {
							return reply{takes: time.Second, err: cut}
						}
						return reply{takes: 10 * time.Second}
					})
					_, out := run(t, store, svc, Options{Workers: workers})
					want(t, out, outcome{Answered: 20, Uncertain: odd, Sum: 20 + odd})
				})
			})
		}
	}
}

// cutConnection is what comes of an answer whose connection breaks.
var cutConnection = reply{takes: time.Second, begins: true, err: &Error{Message: "the stream ended: unexpected EOF", MaybeCharged: true, Broken: true}}

// A service, or a proxy before it, breaks the connection of every answer. That is no outage:
// each may have been charged, and would be every night. What breaks together counts once.
func TestAServiceThatCutsEveryAnswer(t *testing.T) {
	for _, questions := range []int{1, 2, 3, 30} {
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprintf("%d questions, %d workers", questions, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, questions)
					svc := newService(func(request) reply { return cutConnection })
					_, out := run(t, store, svc, Options{Workers: workers})
					want(t, out, outcome{Stop: StopUnfinished, Failed: out.Failed, Left: questions - out.Failed, Uncertain: out.Sum, Sum: out.Sum})
					if most := most + min(workers, questions) - 1; out.Failed == 0 || out.Sum > most {
						t.Errorf("%d failed, %d were paid for; want %d at most", out.Failed, out.Sum, most)
					}
					importN(t, store, questions)
					if _, again := run(t, store, svc, Options{Workers: workers}); again.Sum > 0 {
						t.Errorf("the next run: %+v", again)
					}
				})
			})
		}
	}
}

// One accident cuts all answers that are in flight, as a run begins at the pace of the last
// one. Then the service is there again, or it is not: no question fails for it.
func TestAnAccidentThatCutsAllAnswersInFlight(t *testing.T) {
	for _, earlier := range []int{0, 1} { // answers of an earlier run
		for name, then := range map[string]reply{
			"and is over":   {takes: time.Second},
			"and goes on":   {err: &Error{Message: "connection refused", Unreached: true}},
			"then only 5xx": {err: httpError(503)},
		} {
			t.Run(fmt.Sprintf("%s, %d answered before", name, earlier), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, earlier)
					run(t, store, newService(answers(time.Second)), Options{})
					importN(t, store, earlier+20)
					svc := newService(func(r request) reply {
						if r.total <= 8 {
							return cutConnection
						}
						return then
					})
					_, out := run(t, store, svc, Options{Workers: 8, Pacer: freely{}})
					if svc.most != 8 {
						t.Fatalf("%d were in flight, want 8", svc.most)
					}
					night := outcome{Answered: 20, Uncertain: 8, Sum: out.Sum}
					if then.err != nil {
						night = outcome{Stop: StopDown, Left: 20, Uncertain: 8, Sum: out.Sum}
					}
					want(t, out, night)
				})
			})
		}
	}
}

// A question that is not answered, among others that are, may be charged at each attempt,
// whatever goes wrong. The next run makes one, for the service may have been slow; after
// that the user decides.
func TestAQuestionThatMayBeChargedEachTimeIsNotPaidForEachNight(t *testing.T) {
	attempts := Options{}.WithDefaults().MaxAttempts
	for name, cut := range map[string]reply{
		"no end":               {takes: time.Second, err: &Error{Message: "the stream ended", MaybeCharged: true, Unfinished: true}},
		"timeout":              {takes: time.Hour},
		"a cut":                {takes: time.Second, begins: true, err: &Error{Message: "the stream ended: unexpected EOF", MaybeCharged: true}},
		"an error after text":  {takes: time.Second, begins: true, err: &Error{Status: 502, Message: "provider disconnected", MaybeCharged: true}},
		"a gateway's time-out": {takes: time.Minute, err: &Error{Status: 504, Message: "Gateway Timeout", MaybeCharged: true}},
		"no reply":             {takes: time.Second, err: &Error{Message: "the connection broke before an answer began", MaybeCharged: true}},
	} {
		for _, others := range []int{0, 5} { // that are asked in the first night, beside it
			t.Run(fmt.Sprintf("%s, %d others", name, others), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, others+1)
					svc := newService(answers(time.Second))
					if others == 0 {
						run(t, store, svc, Options{})
					}
					svc.rule = func(r request) reply {
						if r.number() == 2 {
							return cut
						}
						return reply{takes: time.Second}
					}
					var plan Plan
					for night, sent := range []int{attempts, 1, 0} {
						plan = importN(t, store, max(2, others+1))
						_, out := run(t, store, svc, Options{Workers: 2})
						if night > 0 {
							want(t, out, outcome{Failed: sent, Uncertain: sent, Sum: sent})
						} else {
							want(t, out, outcome{Answered: others, Failed: 1, Uncertain: sent, Sum: others + sent})
						}
					}
					if plan.ToAsk() > 0 {
						t.Errorf("%d questions are to be asked, want none", plan.ToAsk())
					}
					if _, err := Import(store, texts(numbered(max(2, others+1))...), ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true}); err != nil {
						t.Fatal(err)
					}
					_, out := run(t, store, svc, Options{RetryFailed: true})
					want(t, out, outcome{Failed: 1, Uncertain: attempts, Sum: attempts})
				})
			})
		}
	}
}

// The attempts in an outage do not count for this either.
func TestAQuestionThatMayBeChargedEachTimeAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		start := time.Now()
		svc := newService(func(r request) reply {
			if r.number() == 1 || r.at.Sub(start) < 20*time.Second {
				return reply{err: &Error{Status: 504, Message: "Gateway Timeout", MaybeCharged: true}}
			}
			return reply{takes: 10 * time.Second}
		})
		for _, most := range []int{100, 1, 0} {
			importN(t, store, 12)
			if _, out := run(t, store, svc, Options{}); out.Uncertain > most {
				t.Errorf("%+v, want %d at most that may have been charged", out, most)
			}
		}
	})
}

// If one of the attempts was free, the question failed for a passing fault: the next run
// makes all attempts.
func TestAQuestionThatIsNotChargedEachTimeIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		svc := newService(func(r request) reply {
			switch {
			case r.number() != 1:
				return reply{takes: 10 * time.Second}
			case r.n%3 == 0:
				return reply{err: httpError(500)}
			}
			return reply{takes: time.Second, err: &Error{Message: "cut", MaybeCharged: true}}
		})
		for night := range 3 {
			importN(t, store, 5*(night+1))
			_, out := run(t, store, svc, Options{MaxAttempts: 3})
			want(t, out, outcome{Answered: []int{4, 5, 5}[night], Failed: 1, Uncertain: 2, Sum: []int{7, 8, 8}[night]})
		}
	})
}

// The same where an earlier run got answers: as there is something to lose, only requests
// that the service let in count, and more than one question's. Else it is down.
func TestAServiceWhoseAnswersHaveNoEndAnyMore(t *testing.T) {
	silent := &Error{Message: "nothing arrived for 3m", MaybeCharged: true, Unfinished: true}
	for _, test := range []struct {
		name      string
		questions int
		rep       reply
		first     outcome // of the first night
	}{
		{"silent after the header", 20, reply{takes: 3 * time.Minute, err: silent, begins: true}, outcome{Stop: StopUnfinished, Failed: most, Left: 20 - most, Sum: most}},
		{"slower than the attempt timeout", 20, reply{takes: time.Hour}, outcome{Stop: StopUnfinished, Failed: most, Left: 20 - most, Sum: most}},
		{"two questions", 2, reply{takes: 3 * time.Minute, err: silent, begins: true}, outcome{Stop: StopUnfinished, Failed: 2, Sum: 2}},
		{"one question", 1, reply{takes: 3 * time.Minute, err: silent, begins: true}, outcome{Failed: 1, Sum: Options{}.WithDefaults().MaxAttempts}},
		{"silent from the beginning", 20, reply{takes: 3 * time.Minute, err: silent}, outcome{Stop: StopDown, Left: 20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 1)
				svc := newService(answers(time.Second))
				run(t, store, svc, Options{})
				importN(t, store, 1+test.questions)
				svc.rule = func(request) reply { return test.rep }
				_, out := run(t, store, svc, Options{Workers: 2})
				night := test.first
				if night.Stop == StopDown {
					night.Sum = out.Sum
				}
				night.Uncertain = night.Sum
				want(t, out, night)
				plan := importN(t, store, 1+test.questions)
				_, out = run(t, store, svc, Options{Workers: 2})
				if night.Stop == StopUnfinished && (out.Sum > 0 || plan.ToAsk() > 0 && out.Stop != StopUnfinished) {
					t.Errorf("the next run: %+v", out)
				}
				// A run that is told to ask again ends this, and no later one stops for it.
				svc.rule = answers(time.Second)
				again := ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true}
				for _, limit := range []int{1, 0} {
					if _, err := Import(store, texts(numbered(1+test.questions)...), again); err != nil {
						t.Fatal(err)
					}
					_, out = run(t, store, svc, Options{Limit: limit})
					again.RetryFailed = false
				}
				if out.Stop != "" || out.Failed+out.Left > 0 {
					t.Errorf("the last run: %+v", out)
				}
			})
		})
	}
}
