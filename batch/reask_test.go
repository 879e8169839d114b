package batch

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/checkpoint"
)

// fits wants answers that begin so.
func fits(a *Answer) error {
	if !strings.HasPrefix(a.Text, "yes") {
		return errors.New("it is no yes")
	}
	return nil
}

// A scripted is an Asker that has a word for each request for a question: an answer
// (yes, no 1, no 2), or an error: 503, 400, 402, cut (may be charged). The last word
// stays.
type scripted struct {
	script map[string][]string
	mu     sync.Mutex
	asked  map[string]int
	paid   int            // answers
	later  map[string]int // requests that may have been charged, after the first answer
	had    map[string]bool
}

func newScripted(script map[string][]string) *scripted {
	return &scripted{script: script, asked: map[string]int{}, later: map[string]int{}, had: map[string]bool{}}
}

func (s *scripted) Ask(ctx context.Context, req Request) (Answer, error) {
	var body struct{ Messages []Message }
	if err := json.Unmarshal(req.Payload, &body); err != nil {
		panic(err)
	}
	question := body.Messages[0].Content
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	words := s.script[question]
	word := words[min(s.asked[question], len(words)-1)]
	s.asked[question]++
	if s.had[question] && word != "503" && word != "400" && word != "402" {
		s.later[question]++
	}
	switch word {
	case "503":
		return Answer{}, httpError(503)
	case "400":
		return Answer{}, httpError(400)
	case "402":
		return Answer{}, httpError(402)
	case "cut":
		return Answer{}, &Error{Message: "cut", MaybeCharged: true}
	case "endless":
		return Answer{}, &Error{Message: "endless", MaybeCharged: true, Unfinished: true}
	}
	s.paid++
	s.had[question] = true
	return Answer{Text: word, FinishReason: "stop"}, nil
}

// importAs imports the questions of a script.
func importAs(t fatalf, s *checkpoint.Store, script map[string][]string, reask int) Plan {
	t.Helper()
	var all []string
	for i := range script {
		all = append(all, i)
	}
	plan, err := Import(s, texts(all...), ImportOptions{Settings: Settings{AskModes: taxModes}, Reask: reask, Digest: "same"})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return plan
}

type fatalf interface {
	Helper()
	Fatalf(string, ...any)
}

func TestAnAnswerThatDoesNotFitIsAskedForAgain(t *testing.T) {
	for name, test := range map[string]struct {
		reask  int
		words  string
		answer string
		cost   Money
		unfit  int
		again  int
		unsure int
	}{
		"an answer that fits":                         {2, "yes", "yes", 24 * Cent, 0, 0, 0},
		"one that does not, and nobody asks":          {0, "no", "no", 24 * Cent, 1, 0, 0},
		"the second fits":                             {2, "no,yes", "yes", 48 * Cent, 0, 1, 0},
		"none fits: the last is kept":                 {2, "no 1,no 2,no 3,yes", "no 3", 72 * Cent, 1, 2, 0},
		"a fault that was not charged does not count": {1, "no,503,503,yes", "yes", 48 * Cent, 0, 1, 0},
		"one that may have been does":                 {1, "no,cut,yes", "no", 24 * Cent, 1, 1, 1},
		"but leaves the others":                       {2, "no,cut,yes", "yes", 48 * Cent, 0, 2, 1},
		"a refusal leaves the answer":                 {2, "no,400,yes", "no", 24 * Cent, 1, 0, 0},
		"so do faults without an end":                 {1, "no,503", "no", 24 * Cent, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				script := map[string][]string{"q": strings.Split(test.words, ","), "other": {"yes"}}
				asker := newScripted(script)
				importAs(t, store, script, test.reask)
				sum, err := Run(t.Context(), store, asker, Options{Fits: fits, Reask: test.reask, MaxAttempts: 3})
				if err != nil || sum.Answered != 2 || sum.Failed != 0 || sum.Left != 0 || sum.Unfit != test.unfit || sum.Reasked != test.again ||
					sum.Uncertain != test.unsure || sum.Spent != test.cost+24*Cent {
					t.Errorf("%v, %+v", err, sum)
				}
				for _, rec := range records(t, store) {
					if rec.Answer == nil {
						t.Fatalf("%+v", rec)
					}
					if rec.Cost != 24*Cent && (rec.Answer.Text != test.answer || rec.Cost != test.cost || rec.Status != Answered) {
						t.Errorf("%s, %s, %s", rec.Answer.Text, rec.Cost, rec.Status)
					}
				}
				if plan := importAs(t, store, script, 0); plan.ToAsk() != 0 {
					t.Errorf("%+v", plan)
				}
			})
		})
	}
}

func TestTheEstimateOfAskingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		script := map[string][]string{"a": {"no"}, "b": {"no"}, "c": {"yes"}}
		asker := newScripted(script)
		check := func(plan Plan, toAsk, unfit int, estimate, most Money) {
			t.Helper()
			if plan.ToAsk() != toAsk || plan.Unfit != unfit || plan.Estimate != estimate || plan.Most != most {
				t.Errorf("%d to ask, %d unfit, %s, %s", plan.ToAsk(), plan.Unfit, plan.Estimate, plan.Most)
			}
		}
		check(importAs(t, store, script, 2), 3, 0, 72*Cent, 216*Cent)
		// The budget holds for those, too: two answers, and one that is asked for again.
		sum, err := Run(t.Context(), store, asker, Options{Fits: fits, Reask: 2, MaxSpend: 72 * Cent, Workers: 1})
		if stop, ok := errors.AsType[*StopError](err); !ok || stop.Kind != StopSpend || sum.Spent != 72*Cent || asker.paid != 3 {
			t.Errorf("%v, %+v", err, sum)
		}
		plan := importAs(t, store, script, 2)
		if plan.Unfit+plan.Answered == 0 || plan.Most < plan.Estimate {
			t.Errorf("%+v", plan)
		}
		if _, err := Run(t.Context(), store, asker, Options{Fits: fits, Reask: 2}); err != nil {
			t.Error(err)
		}
		if asker.paid != 7 { // each no three times, the yes once
			t.Errorf("%d answers were paid", asker.paid)
		}
		check(importAs(t, store, script, 2), 0, 0, 0, 0)
		check(importAs(t, store, script, 3), 2, 2, 48*Cent, 48*Cent)
		check(importAs(t, store, script, 4), 2, 2, 48*Cent, 96*Cent)
		check(importAs(t, store, script, 0), 0, 0, 0, 0)
	})
}
