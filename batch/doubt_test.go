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
	t.Run("an outage after an earlier run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 20)
			svc := newService(answers(time.Second))
			_, out := run(t, store, svc, Options{Limit: 1})
			want(t, out, outcome{Answered: 1, Left: 19, Sum: 1})
			svc.rule = func(request) reply { return reply{takes: time.Second, err: cut} }
			_, out = run(t, store, svc, Options{})
			want(t, out, outcome{Stop: StopDown, Left: 19, Uncertain: out.Sum, Sum: out.Sum})
		})
	})
}
