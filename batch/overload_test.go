package batch

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// A limit that says 503 or 529 fails no question, and is kept as one that says 429.
func TestALimitInOtherWords(t *testing.T) {
	for _, test := range []struct {
		setting
		most float64 // of the requests are refused
	}{
		{setting{account: &account{rate: 1, burst: 3, hint: rounded, refuses: 503, takes: 2 * time.Second, questions: 120}, workers: 16}, 0.11},
		{setting{account: &account{rate: 1, burst: 3, hint: rounded, refuses: 529, takes: 30 * time.Second, questions: 120}, workers: 64}, 0.20},
		{setting{account: &account{rate: 1, burst: 3, hint: absent, refuses: 503, takes: 2 * time.Second, questions: 120}, workers: 16}, 0.50},
		{setting{account: &account{rate: 0.05, burst: 1, hint: absent, refuses: 503, takes: 2 * time.Second, questions: 40}, workers: 8}, 0.90},
	} {
		t.Run(test.String(), func(t *testing.T) {
			whole, _ := test.run(t)
			t.Log(whole)
			if answered := len(test.answered); answered != test.questions {
				t.Errorf("%d of %d questions were answered", answered, test.questions)
			}
			if whole.refused > test.most {
				t.Errorf("%v, want at most %.0f %%", whole, 100*test.most)
			}
		})
	}
}

// A service so busy that it turns away one request in five, at any pace.
func TestABusyServiceFailsNoQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 300)
		chance := rand.New(rand.NewPCG(1, 2))
		svc := newService(func(request) reply {
			if chance.Float64() < 0.2 {
				return reply{err: httpError(529)}
			}
			return reply{takes: 10 * time.Second}
		})
		_, out := run(t, store, svc, Options{})
		out.Sum = 0
		want(t, out, outcome{Answered: 300})
	})
}

// A question that the service never has room for fails, and costs the others nothing.
func TestAQuestionThatIsAlwaysTurnedAwayFails(t *testing.T) {
	for name, err := range map[string]error{"503": httpError(503), "a second later": &Error{Status: 503, RetryAfter: time.Second}} {
		for _, odd := range []int{1, 30, 60} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, 60)
					svc := newService(func(r request) reply {
						if r.number() == odd {
							return reply{err: err}
						}
						return reply{takes: 10 * time.Second}
					})
					sum, out := run(t, store, svc, Options{})
					out.Sum = 0
					want(t, out, outcome{Answered: 59, Failed: 1})
					t.Log(sum.Ended.Sub(sum.Started))
				})
			})
		}
	}
}
