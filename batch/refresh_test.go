package batch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/checkpoint"
)

const day = 24 * time.Hour

// old chooses what was answered more than 90 days ago.
var old = Refresh{Age: 90 * day}

// mentions is a Refresh.Contains.
func mentions(a *Answer, text string) bool { return strings.Contains(a.Text, text) }

// importRefresh imports questions, of which some are to be refreshed.
func importRefresh(t *testing.T, s *checkpoint.Store, f Refresh, reask int, questions ...string) Plan {
	t.Helper()
	plan, err := Import(s, texts(questions...), ImportOptions{Settings: Settings{AskModes: taxModes}, Digest: fmt.Sprint(questions), Refresh: f, Reask: reask})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestAnOldAnswerIsRefreshed(t *testing.T) {
	for name, test := range map[string]struct {
		words     string // the first is that of the old answer
		reask     int
		answer    string
		cost      Money
		refreshed int
		kept      int
		left      int
		reasked   int
		unsure    int
		stop      StopKind
	}{
		"there is another":                           {"yes 1,yes 2", 0, "yes 2", 48 * Cent, 1, 0, 0, 0, 0, ""},
		"after a fault":                              {"yes 1,503,yes 2", 0, "yes 2", 48 * Cent, 1, 0, 0, 0, 0, ""},
		"after one that may have been charged":       {"yes 1,cut,yes 2", 0, "yes 2", 48 * Cent, 1, 0, 0, 0, 1, ""},
		"it is refused":                              {"yes 1,400", 0, "yes 1", 24 * Cent, 0, 1, 0, 0, 0, ""},
		"there are only faults":                      {"yes 1,503", 0, "yes 1", 24 * Cent, 0, 1, 0, 0, 0, ""},
		"the balance is used up":                     {"yes 1,402", 0, "yes 1", 24 * Cent, 0, 0, 1, 0, 0, StopBalance},
		"another does not fit":                       {"yes 1,no,yes 2", 0, "no", 48 * Cent, 1, 0, 0, 0, 0, ""},
		"another does not fit and is asked again":    {"yes 1,no,yes 2", 1, "yes 2", 72 * Cent, 1, 0, 0, 1, 0, ""},
		"another does not fit, and then nor a third": {"yes 1,no 1,no 2,yes 2", 1, "no 2", 72 * Cent, 1, 0, 0, 1, 0, ""},
		"one that does not fit is the one to keep":   {"yes 1,no 1,400", 1, "no 1", 48 * Cent, 1, 0, 0, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				asker := newScripted(map[string][]string{"new": {"yes"}, "q": strings.Split(test.words, ",")})
				o := Options{Fits: fits, MaxAttempts: 3, Workers: 1, Reask: test.reask}
				importRefresh(t, store, old, 0, "q")
				if sum, err := Run(t.Context(), store, asker, o); err != nil || sum.Answered != 1 || sum.Refreshed != 0 {
					t.Fatalf("%+v, %v", sum, err)
				}
				if plan := importRefresh(t, store, old, 0, "q"); plan.ToAsk() != 0 {
					t.Errorf("a new answer is asked for again: %+v", plan)
				}
				time.Sleep(100 * day)
				plan := importRefresh(t, store, old, test.reask, "new", "q")
				part := RefreshPart{"older than 90 days", 1, 24 * Cent}
				if plan.ToAsk() != 2 || !slices.Equal(plan.Refresh, []RefreshPart{part}) || plan.Estimate != 48*Cent || test.reask > 0 && plan.Most != 96*Cent {
					t.Errorf("%+v", plan)
				}
				sum, err := Run(t.Context(), store, asker, o)
				var stop *StopError
				if errors.As(err, &stop) && stop.Kind != test.stop || stop == nil && (err != nil || test.stop != "") {
					t.Errorf("%v", err)
				}
				if sum.Total != 2 || sum.Answered != 1+test.refreshed || sum.Refreshed != test.refreshed || sum.Failed != test.kept || sum.NotRefreshed != test.kept ||
					sum.Left != test.left || sum.RefreshLeft != test.left || sum.Reasked != test.reasked || sum.Uncertain != test.unsure || sum.Spent != test.cost {
					t.Errorf("%+v", sum)
				}
				if test.kept != len(sum.NotRefreshedBy) {
					t.Errorf("kept for %v", sum.NotRefreshedBy)
				}
				all := records(t, store)
				if rec := all[1]; rec.Answer == nil || rec.Answer.Text != test.answer || rec.Cost != test.cost || rec.Status != Answered {
					t.Errorf("%+v", rec)
				}
				if plan := importRefresh(t, store, Refresh{}, 0, "new", "q"); plan.ToAsk() != 0 || plan.Answered != 2 {
					t.Errorf("without a flag: %+v", plan)
				}
				if plan := importRefresh(t, store, old, 0, "new", "q"); plan.ToAsk() != test.kept+test.left {
					t.Errorf("with it: %+v", plan)
				}
			})
		})
	}
}

// A run that was stopped goes on where it was, whatever chose its answers; one that
// came to its end begins again.
func TestAStoppedRefreshGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		questions := numbered(5)
		importRefresh(t, store, Refresh{}, 0, questions...)
		ask := func(o Options) Summary {
			t.Helper()
			o.Workers = 1
			sum, err := Run(t.Context(), store, always(Answer{Text: "see § 174", FinishReason: "stop"}), o)
			if stop := (*StopError)(nil); err != nil && !errors.As(err, &stop) {
				t.Fatal(err)
			}
			return sum
		}
		ask(Options{})
		time.Sleep(time.Hour)
		citing := Refresh{Texts: []string{"§ 174", "§ 41"}, Contains: mentions}
		toAsk := func(f Refresh, want int) {
			t.Helper()
			if plan := importRefresh(t, store, f, 0, questions...); plan.ToAsk() != want {
				t.Errorf("%d are to be asked, want %d: %+v", plan.ToAsk(), want, plan)
			}
		}
		toAsk(citing, 5)
		time.Sleep(time.Minute)
		if sum := ask(Options{MaxSpend: 48 * Cent}); sum.Refreshed != 2 || sum.RefreshLeft != 3 {
			t.Fatalf("%+v", sum)
		}
		toAsk(Refresh{}, 0)
		toAsk(Refresh{Texts: []string{"§ 41"}, Contains: mentions}, 0)
		toAsk(citing, 3)
		toAsk(Refresh{IDs: []string{"1", "5"}}, 2)
		time.Sleep(time.Minute)
		toAsk(citing, 5) // for that was another choice
		time.Sleep(time.Minute)
		if sum := ask(Options{Limit: 4}); sum.Refreshed != 4 || sum.RefreshLeft != 1 || sum.Left != 1 {
			t.Fatalf("%+v", sum)
		}
		toAsk(citing, 1)
		time.Sleep(time.Minute)
		if sum := ask(Options{}); sum.Refreshed != 1 || sum.Left != 0 {
			t.Fatalf("%+v", sum)
		}
		time.Sleep(time.Minute)
		toAsk(citing, 5)
		time.Sleep(time.Minute)
		ask(Options{Limit: 2})
		toAsk(citing, 3)
		time.Sleep(8 * day) // nobody goes on after that
		toAsk(citing, 5)
	})
}

// What somebody skips keeps its answer.
func TestASkippedQuestionIsNotRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 3)
		svc := newService(answers(time.Second))
		run(t, store, svc, Options{})
		clear(svc.answered)
		importRefresh(t, store, Refresh{IDs: []string{"1", "2"}}, 0, numbered(3)...)
		steering := make(chan Steering, 1)
		steering <- Steering{Skip: []string{"1"}, Reason: "not now"}
		sum, out := run(t, store, svc, Options{Workers: 1, Steering: steering})
		want(t, out, outcome{Answered: 1, Failed: 1, Sum: 1})
		if sum.Refreshed != 1 || sum.NotRefreshed != 1 || sum.NotRefreshedBy[0].Reason != "skipped" {
			t.Errorf("%+v", sum)
		}
		for _, rec := range records(t, store) {
			if rec.Status != Answered {
				t.Errorf("%+v", rec)
			}
		}
	})
}

func TestWhatSomebodyShouldLookAtIsRefreshed(t *testing.T) {
	look := func(a *Answer, _ []byte) []string {
		if strings.HasSuffix(a.Text, "7") {
			return []string{"amount"}
		}
		return nil
	}
	f := Refresh{Flagged: true, Check: look}
	for _, check := range []func(*Answer, []byte) []string{look, nil} { // as it was saved
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 20)
			if _, err := Run(t.Context(), store, newService(answers(time.Second)), Options{Check: check}); err != nil {
				t.Fatal(err)
			}
			plan := importRefresh(t, store, f, 0, numbered(20)...)
			if plan.ToAsk() != 2 || plan.Refresh[0].Reason != "whose checks found something" {
				t.Errorf("%+v", plan)
			}
		})
	}
}

// Through random faults and stops, every question keeps an answer, and the service
// answers each once.
func TestARefreshWithRandomFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const questions = 300
		store := newStore(t)
		importN(t, store, questions)
		rnd := rand.New(rand.NewPCG(7, 0))
		faulty := false
		svc := newService(func(r request) reply {
			rep := reply{takes: time.Duration(rnd.IntN(30_000)) * time.Millisecond}
			faults := []*Error{httpError(500), httpError(400), httpError(429), {Message: "cut", MaybeCharged: true}, httpError(402), httpError(401)}
			if n := rnd.IntN(200); faulty && n < 20 {
				rep.err = faults[n%len(faults)]
			}
			return rep
		})
		run(t, store, svc, Options{Workers: 64})
		faulty = true
		for round := range 2 {
			time.Sleep(100 * day)
			clear(svc.answered)
			for runs := 0; svc.total() < questions; runs++ {
				if runs > 200 {
					t.Fatalf("%d of %d answered after %d runs of round %d", svc.total(), questions, runs, round)
				}
				plan := importRefresh(t, store, old, 0, numbered(questions)...)
				if plan.ToAsk() != questions-svc.total() || plan.Answered != svc.total() {
					t.Fatalf("%d are refreshed: %+v", svc.total(), plan)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(600)+60)*time.Second)
				sent, answered := len(svc.sent), svc.total()
				sum, err := Run(ctx, store, svc, Options{Workers: 16, Drain: 5 * time.Second})
				cancel()
				out := verify(t, svc, sum, err, sent, answered)
				if sum.Refreshed != out.Answered || sum.NotRefreshed != out.Failed || sum.RefreshLeft != out.Left || out.Answered+out.Failed+out.Left != plan.ToAsk() {
					t.Fatalf("%+v of %+v", sum, plan)
				}
				for _, r := range records(t, store) {
					if r.Status != Answered {
						t.Fatalf("%+v", r)
					}
				}
			}
		}
	})
}

// Attempts at an answer that never ends may be charged. What is refreshed is not paid for
// so every night, but when the user wants it, and again when it is old.
func TestAnAnswerWithoutAnEndIsNotRefreshedEachNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		asker := newScripted(map[string][]string{"other": {"yes"}, "q": {"yes 1", "endless", "endless", "endless", "yes 2", "yes 3"}})
		night := func(o Options, uncertain, refreshed, not int, reason string) {
			t.Helper()
			importRefresh(t, store, old, 0, "other", "q")
			o.MaxAttempts, o.Workers = 3, 1
			sum, err := Run(t.Context(), store, asker, o)
			if err != nil || sum.Uncertain != uncertain || sum.Refreshed != refreshed || sum.NotRefreshed != not {
				t.Errorf("%d may have been charged, %d refreshed, %d not; want %d, %d and %d; %v",
					sum.Uncertain, sum.Refreshed, sum.NotRefreshed, uncertain, refreshed, not, err)
			}
			if not > 0 && (len(sum.NotRefreshedBy) != 1 || sum.NotRefreshedBy[0].Reason != reason) {
				t.Errorf("not refreshed for %+v, want %q", sum.NotRefreshedBy, reason)
			}
		}
		night(Options{}, 0, 0, 0, "")
		time.Sleep(100 * day)
		night(Options{}, 3, 1, 1, "endless"+eachTime)
		night(Options{}, 0, 0, 1, noAnswerBefore)
		night(Options{RetryFailed: true}, 0, 1, 0, "")
		time.Sleep(100 * day)
		night(Options{}, 0, 2, 0, "")
	})
}
