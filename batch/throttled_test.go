package batch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A question that is larger than what the account may use in a minute gets 429
// whenever it is asked. It fails, the others are answered, and the run takes
// about as long as without it; a little longer where it is among the last.
func TestAQuestionThatAlwaysGets429Fails(t *testing.T) {
	for name, odd := range map[string][]int{"the third": {3}, "the first": {1}, "the last": {60}, "two": {3, 4}, "three apart": {5, 25, 45}, "the last two": {59, 60}} {
		for _, wait := range []time.Duration{0, 20 * time.Second} {
			for _, workers := range []int{1, 8, 32} {
				for _, takes := range []time.Duration{300 * time.Millisecond, 20 * time.Second} {
					t.Run(fmt.Sprintf("%s of 60, asked to wait %v, %d workers, answers of %v", name, wait, workers, takes), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							store := newStore(t)
							importN(t, store, 60)
							svc := newService(func(r request) reply {
								if slices.Contains(odd, r.number()) {
									return reply{takes: 100 * time.Millisecond, err: &Error{Status: 429, RetryAfter: wait, Message: "no"}}
								}
								return reply{takes: takes/2 + rand.N(takes)}
							})
							sum, out := run(t, store, svc, Options{Workers: workers})
							out.Sum = 0
							want(t, out, outcome{Answered: 60 - len(odd), Failed: len(odd)})
							took := sum.Ended.Sub(sum.Started)
							if alone := len(odd) == 1 && odd[0] < 60 && workers == 8; alone && (sum.Throttled > 6 || sum.PausedSeconds > 1.05*wait.Seconds()+1.05) {
								t.Errorf("%d throttled, paused %.1f s; want one pause", sum.Throttled, sum.PausedSeconds)
							} else if alone && took > wait+time.Minute+60*takes/4 {
								t.Errorf("took %v, want little more than without it", took)
							}
							t.Logf("%v, %d throttled, paused %.0f s", took.Round(time.Second), sum.Throttled, sum.PausedSeconds)
						})
					})
				}
			}
		}
	}
}

// A refusal that stops a run may be about one question: it is dearer than the rest of the
// balance, or larger than what the account may use in a day. The next run asks it last.
func TestAQuestionThatStopsARunIsAskedLastInTheNext(t *testing.T) {
	for name, refusal := range map[string]*Error{
		"402":                         {Status: 402, Message: "it costs more than the balance"},
		"429 with the words of a 402": {Status: 429, Type: "insufficient_quota"},
		"403 with the words of a 402": {Status: 403, Message: "the token quota is not enough"},
		"429 until tomorrow":          {Status: 429, RetryAfter: 20 * time.Hour},
	} {
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprintf("%s, %d workers", name, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, 60)
					svc := newService(func(r request) reply {
						if n := r.number(); n == 1 || n == 30 {
							return reply{takes: 100 * time.Millisecond, err: refusal}
						}
						return reply{takes: time.Second}
					})
					var answered int64
					for range 3 {
						sum, _ := run(t, store, svc, Options{Workers: workers})
						answered += int64(sum.Answered)
					}
					if answered != 58 {
						t.Errorf("three runs answered %d questions, want 58", answered)
					}
				})
			})
		}
	}
}

// Nor does it go before the last of the others, where those have to be asked twice.
func TestAQuestionThatStoppedARunWaitsForThoseThatFail(t *testing.T) {
	for _, fault := range []*Error{{Status: 429, RetryAfter: time.Second}, {Status: 500}} {
		t.Run(fmt.Sprint(fault.Status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 20)
				svc := newService(func(r request) reply {
					switch {
					case r.number() == 1:
						return reply{err: &Error{Status: 402}}
					case r.number() == 20 && r.n == 1:
						return reply{err: fault}
					}
					return reply{takes: time.Second}
				})
				if _, err := Run(t.Context(), store, svc, Options{Workers: 1}); err == nil {
					t.Fatal("no error")
				}
				sum, _ := run(t, store, svc, Options{Workers: 1})
				if sum.Answered != 19 {
					t.Errorf("%d questions were answered, want 19", sum.Answered)
				}
			})
		})
	}
}

// Many of them that stand together spoil no night, either, though the service does not
// say how long to wait. Asked again, alone, they fail again.
func TestQuestionsInARowThatAlwaysGet429Fail(t *testing.T) {
	for _, first := range []int{1, 25} {
		for _, workers := range []int{1, 4, 32} {
			t.Run(fmt.Sprintf("from %d of 60, %d workers", first, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newStore(t)
					importN(t, store, 60)
					svc := newService(func(r request) reply {
						if n := r.number(); first <= n && n < first+10 {
							return reply{takes: 100 * time.Millisecond, err: &Error{Status: 429, Message: "no"}}
						}
						return reply{takes: 2 * time.Second}
					})
					asked := func(wanted outcome) {
						sum, out := run(t, store, svc, Options{Workers: workers})
						out.Sum = 0
						want(t, out, wanted)
						t.Logf("%v, %d throttled", sum.Ended.Sub(sum.Started).Round(time.Second), sum.Throttled)
					}
					asked(outcome{Answered: 50, Failed: 10})
					if _, err := Import(store, texts(numbered(60)...), ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true}); err != nil {
						t.Fatal(err)
					}
					asked(outcome{Failed: 10})
				})
			})
		}
	}
}

// An account that is really throttled fails no question, whatever the limit.
func TestAThrottledAccountFailsNoQuestion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.Float64Range(0.05, 5).Draw(rt, "rate")
		burst := float64(rapid.IntRange(1, 10).Draw(rt, "burst"))
		takes := time.Duration(rapid.IntRange(0, 60).Draw(rt, "seconds")) * time.Second
		window := rapid.Bool().Draw(rt, "counts by the minute")
		says := rapid.Bool().Draw(rt, "says how long")
		workers := rapid.IntRange(1, 64).Draw(rt, "workers")
		questions := rapid.IntRange(2, 200).Draw(rt, "questions")
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, questions)
			b := &bucket{rate: rate, burst: burst, tokens: burst, last: time.Now()}
			begin, minute, inMinute := time.Now(), 0, 0
			svc := newService(func(r request) reply {
				var wait time.Duration
				ok := true
				if window {
					if now := int(r.at.Sub(begin).Minutes()); now != minute {
						minute, inMinute = now, 0
					}
					inMinute++
					ok = inMinute <= max(1, int(rate*60))
					wait = begin.Add(time.Duration(minute+1) * time.Minute).Sub(r.at)
				} else {
					wait, ok = b.take(r.at)
				}
				if ok {
					return reply{takes: takes/2 + rand.N(takes+1)}
				}
				if !says {
					wait = 0
				}
				return reply{err: &Error{Status: 429, RetryAfter: wait}}
			})
			sum, out := run(t, store, svc, Options{Workers: workers})
			if out.Answered != questions {
				t.Errorf("%+v, %d throttled; %v a second, burst %v, by the minute: %t, says how long: %t, answers of %v, %d workers",
					out, sum.Throttled, rate, burst, window, says, takes, workers)
			}
		})
		if t.Failed() {
			rt.Fatal("failed")
		}
	})
}

// Nor is the pace of a run spoiled because refusals for the pace were held for the
// questions': by chance, the same question may be refused again and again.
func TestRefusalsForThePaceAreNotTakenForTheQuestions(t *testing.T) {
	const most = 25 // requests that are refused; nine or ten are on average
	for range 40 {
		s := &setting{account: &account{rate: 0.5, burst: 1, hint: absent, takes: time.Second, questions: 120}, workers: 64}
		if whole, _ := s.run(t); whole.number > most {
			t.Errorf("%d requests were refused, want %d at most", whole.number, most)
		}
	}
}

// A question that is given out and put back, for it may not be paid for yet, is new until
// it is sent: only then can it be let in.
func TestAQuestionIsNewUntilItIsSent(t *testing.T) {
	store := newStore(t)
	importN(t, store, 1)
	run, _, err := store.Begin(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	q := queue{run: run, size: 1, left: 1}
	give := func() *item {
		it, err := q.next(time.Now(), false)
		if err != nil || it == nil {
			t.Fatalf("given out: %v, %v", it, err)
		}
		return it
	}
	for range 3 {
		q.again(give(), time.Time{})
	}
	for _, first := range []bool{true, false} {
		it := give()
		q.sent(it, time.Now(), 0)
		if it.first != first || q.firsts.sent != 1 || it.newBefore != 1 {
			t.Errorf("first: %v, %d new questions were sent, %d before it; want %v, 1, 1", it.first, q.firsts.sent, it.newBefore, first)
		}
		q.again(it, time.Time{})
	}
	if err := run.End(time.Now(), "finished", nil); err != nil {
		t.Error(err)
	}
}

// A 429 in the middle of an answer may have been charged. It slows the run down, but counts
// as an attempt of its question.
func TestThrottledInTheMiddleOfAnAnswer(t *testing.T) {
	attempts := Options{}.WithDefaults().MaxAttempts
	throttled := reply{takes: time.Second, begins: true, err: &Error{Status: 429, RetryAfter: 10 * time.Second, MaybeCharged: true}}
	t.Run("one question", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			svc := newService(func(r request) reply {
				if r.number() == 3 {
					return throttled
				}
				return reply{takes: time.Second}
			})
			for night, sent := range []int{attempts, 1, 0} {
				importN(t, store, 12)
				answered := 12 - 1 - svc.total()
				sum, out := run(t, store, svc, Options{})
				if night == 2 {
					want(t, out, outcome{})
					continue
				}
				want(t, out, outcome{Answered: answered, Failed: 1, Uncertain: sent, Sum: answered + sent})
				if sum.Throttled != sent || sum.PausedSeconds < float64(10*sent) {
					t.Errorf("night %d: %d throttled, %v s paused", night+1, sum.Throttled, sum.PausedSeconds)
				}
			}
		})
	})
	t.Run("every question", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 12)
			_, out := run(t, store, newService(func(request) reply { return throttled }), Options{})
			want(t, out, outcome{Stop: StopDown, Left: 12, Uncertain: out.Sum, Sum: out.Sum})
			if out.Sum > 20 {
				t.Errorf("%d were paid for", out.Sum)
			}
		})
	})
	for i := range 5 {
		t.Run(fmt.Sprintf("one question, without a wait, %d", i+1), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 12)
				svc := newService(func(r request) reply {
					if r.number() == 3 {
						return reply{takes: 10 * time.Millisecond, begins: true, err: &Error{Status: 429, MaybeCharged: true}}
					}
					return reply{takes: 200 * time.Millisecond}
				})
				sum, _ := run(t, store, svc, Options{})
				if took := sum.Ended.Sub(sum.Started); took > 30*time.Second { // mostly 70 s where others do not go first
					t.Errorf("took %v", took)
				}
			})
		})
	}
	t.Run("beside too many others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 100)
			svc := newService(func(r request) reply {
				if r.others >= 3 {
					return throttled
				}
				return reply{takes: 5 * time.Second}
			})
			_, out := run(t, store, svc, Options{Workers: 16})
			want(t, out, outcome{Answered: 100, Uncertain: out.Uncertain, Sum: 100 + out.Uncertain})
			if out.Uncertain > 75 { // some 570 where nothing slows down
				t.Errorf("%d may have been charged without an answer", out.Uncertain)
			}
		})
	})
}
