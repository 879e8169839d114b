package batch

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
)

// A few of the settings of TestPaceTable: every rate, burst and kind of hint,
// and what needs most of the search.
func TestARunUsesWhatTheAccountPermits(t *testing.T) {
	const sec = time.Second
	for _, s := range []*setting{
		{account: &account{rate: 0.05, burst: 1, hint: rounded, takes: 5 * sec, questions: 120}, workers: 8, runs: 0},
		{account: &account{rate: 0.2, burst: 3, hint: exact, takes: 30 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 0.5, burst: 10, hint: exact, takes: 5 * sec, questions: 150}, workers: 64, runs: 0},
		{account: &account{rate: 1, burst: 1, hint: exact, takes: 5 * sec, questions: 240}, workers: 32, runs: 0},
		{account: &account{rate: 1, burst: 3, hint: rounded, takes: 30 * sec, questions: 300}, workers: 64, runs: 0},
		{account: &account{rate: 1, burst: 10, hint: headers, takes: 5 * sec, questions: 240}, workers: 32, runs: 0},
		{account: &account{rate: 1, burst: 1, hint: absent, takes: 200 * time.Millisecond, questions: 300}, workers: 32, runs: 0},
		{account: &account{rate: 0.05, burst: 3, hint: absent, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 0.2, burst: 10, hint: absent, takes: 30 * sec, questions: 120}, workers: 64, runs: 0},
		{account: &account{rate: 5, burst: 10, hint: rounded, takes: 5 * sec, questions: 1200}, workers: 64, runs: 0},
		{account: &account{rate: 5, burst: 1, hint: headers, takes: 5 * sec, questions: 800}, workers: 64, runs: 0},
		{account: &account{rate: 20, burst: 3, hint: exact, takes: 200 * time.Millisecond, questions: 1200}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, hint: rounded, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, hint: headers, takes: 5 * sec, questions: 200}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, hint: headers, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, hint: absent, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, into: 20 * sec, hint: absent, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1.0 / 3, window: 20, into: 20 * sec, hint: exact, takes: 30 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1, window: 60, into: 50 * sec, hint: absent, takes: 200 * time.Millisecond, questions: 900}, workers: 8, runs: 0},
		{account: &account{rate: 5.0 / 3, window: 100, into: 20 * sec, hint: absent, takes: 5 * sec, questions: 1500}, workers: 64, runs: 0},
		{account: &account{places: 40, hint: absent, takes: 5 * sec, questions: 320}, workers: 64, runs: 0},
		{account: &account{rate: 1.0 / 3, burst: 20, hint: rounded, takes: 5 * sec, questions: 120}, workers: 32, runs: 0},
		{account: &account{rate: 1, burst: 3, changes: true, hint: headers, takes: 5 * sec, questions: 240}, workers: 64, runs: 0},
		{account: &account{rate: 1, burst: 3, changes: true, hint: exact, takes: 5 * sec, questions: 240}, workers: 64, runs: 0},
		{account: &account{rate: 1, burst: 1, hint: rounded, takes: 5 * sec, questions: 40}, workers: 8, runs: 0},
		{account: &account{rate: 1.0 / 3, burst: 1, hint: rounded, takes: 20 * sec, questions: 40}, workers: 32, runs: 0},
		{account: &account{rate: 20, burst: 10, hint: rounded, takes: 2 * sec, questions: 500}, workers: 64, runs: 0},
		{account: &account{rate: 50, burst: 10, hint: rounded, takes: 200 * time.Millisecond, questions: 3000}, workers: 32, runs: 0},
		{account: &account{places: 10, hint: exact, takes: 30 * sec, questions: 200}, workers: 32, runs: 0},
		{account: &account{rate: 5, burst: 3, hint: seconds, takes: 5 * sec, questions: 600}, workers: 32, runs: 0},
		{account: &account{rate: 0.5, burst: 10, hint: seconds, takes: 5 * sec, questions: 150}, workers: 32, runs: 0},
		{account: &account{rate: 1, window: 10, slides: 10 * sec, hint: headers, takes: 5 * sec, questions: 600}, workers: 32, runs: 0},
	} {
		t.Run(s.String(), func(t *testing.T) {
			whole, rest := s.run(t)
			t.Logf("from the 30th answer on %v, the whole run %v", rest, whole)
			// A little beyond the goals: the pauses' jitter is another each time.
			if rest.used < 0.92 || rest.refused > 0.07 {
				t.Errorf("from the 30th answer on: %v, want 95 %% and at most 5 %%", rest)
			}
			if whole.used < 0.80 || whole.number > 6 && whole.refused > 0.11 {
				t.Errorf("the whole run: %v, want 85 %% and at most 10 %%", whole)
			}
		})
	}
}

// A limit on the number in flight is told from a pace, though some answers are on their way
// while a request is: each attempt at a higher pace would cost a pause.
func TestTheNumberInFlightIsToldWithShortAnswers(t *testing.T) {
	s := &setting{account: &account{places: 10, hint: exact, takes: 200 * time.Millisecond, questions: 4500}, workers: 32}
	whole, rest := s.run(t)
	t.Logf("from the 30th answer on %v, the whole run %v", rest, whole)
	if rest.used < 0.82 || rest.refused > 0.01 {
		t.Errorf("from the 30th answer on: %v, want 82 %% at least, and 1 %% at most", rest)
	}
}

// Without a limit all workers are soon busy: at once where the service says
// early that it lets a request in, else with the first answers.
func TestARunBeginsGentlyAndSoonIsAtFullSpeed(t *testing.T) {
	for name, test := range map[string]struct {
		early   bool
		takes   time.Duration
		workers int
		within  time.Duration
	}{
		"headers come at once, 64 workers":           {true, 10 * time.Second, 64, time.Second},
		"headers come at once, 2,000 workers":        {true, 10 * time.Second, 2000, 3 * time.Second},
		"headers come with the answer, 64 workers":   {false, 200 * time.Millisecond, 64, 3 * time.Second},
		"headers come long after a moment, 8 places": {false, time.Minute, 8, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 600+test.workers)
				begin := time.Now()
				var full time.Time
				svc := newService(func(r request) reply {
					if r.others+1 >= test.workers*7/8 && full.IsZero() { // the others are on their way
						full = r.at
					}
					return reply{takes: test.takes}
				})
				asker := askerFunc(func(ctx context.Context, req Request) (Answer, error) {
					time.Sleep(roundTrip / 2)
					if test.early {
						time.AfterFunc(roundTrip/2, func() { req.Accepted(pace.Limits{}) })
					}
					return svc.Ask(ctx, Request{Payload: req.Payload})
				})
				first := 0
				go func() {
					time.Sleep(roundTrip / 2)
					synctest.Wait()
					svc.mu.Lock()
					defer svc.mu.Unlock()
					first = len(svc.sent)
				}()
				if _, err := Run(t.Context(), store, asker, Options{Workers: test.workers}); err != nil {
					t.Fatal(err)
				}
				if took := full.Sub(begin); full.IsZero() || took > test.within {
					t.Errorf("all workers were busy after %v, want %v at most", took, test.within)
				}
				if first != 2 {
					t.Errorf("%d requests were sent at once, want 2", first)
				}
			})
		})
	}
}

// What a run learned is where the next one begins, carefully if it is old.
func TestThePaceIsKeptForTheNextRun(t *testing.T) {
	for name, test := range map[string]struct {
		later     time.Duration
		from, to  float64 // requests in the first 60 s of the second run
		refusedAt int     // at most, then
	}{
		"a minute later": {time.Minute, 56, 62, 2},
		"a day later":    {24 * time.Hour, 45, 62, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 600)
				b := &bucket{rate: 1, burst: 1, tokens: 1, last: time.Now()}
				refused := 0
				limit := limited(b, time.Second)
				svc := newService(func(r request) reply {
					rep := limit(r)
					if rep.err != nil {
						refused++
					}
					return rep
				})
				if _, err := Run(t.Context(), store, svc, Options{Workers: 32, Limit: 200}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.later)
				refused = 0
				sent, end := len(svc.sent), time.Now().Add(time.Minute)
				_, _ = Run(t.Context(), store, svc, Options{Workers: 32, Until: end}) // the clock ends it
				if n := float64(len(svc.sent) - sent - refused); n < test.from || n > test.to || refused > test.refusedAt {
					t.Errorf("%v requests got through in the first minute, %d were refused", n, refused)
				}
			})
		})
	}
}

// An account that counts gives nothing for up to a minute. That is not its pace, whenever a run
// ends that learned so.
func TestTheNextRunKeepsThePaceOfAnAccountThatCounts(t *testing.T) {
	for _, after := range []int{65, 80, 100, 200} {
		t.Run(fmt.Sprint(after, " s"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 400)
				a := &account{rate: 1.0 / 3, window: 20, into: 20 * time.Second, hint: absent, takes: 5 * time.Second}
				time.Sleep(a.into)
				begin := time.Now()
				_, _ = Run(t.Context(), store, a, Options{Until: begin.Add(time.Duration(after) * time.Second)}) // the clock ends it
				before := len(a.through)
				_, _ = Run(t.Context(), store, a, Options{Until: time.Now().Add(5 * time.Minute)})
				if n := len(a.through) - before; n < 80 {
					t.Errorf("%d of 100 questions were let in in five minutes", n)
				}
			})
		})
	}
}

// A pacer of the user's decides alone.
type oneASecond struct{ last time.Time }

func (p *oneASecond) Next(int) (time.Time, time.Duration) { return p.last.Add(time.Second), 0 }
func (p *oneASecond) Sent(at time.Time, _ int)            { p.last = at }
func (p *oneASecond) Heard(r pace.Reply) time.Time        { return r.At.Add(r.Wait) }

func TestAPacerOfTheUsersDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		svc := newService(func(r request) reply {
			if r.total == 5 {
				return reply{err: &Error{Status: 429, RetryAfter: time.Minute}}
			}
			return reply{}
		})
		sum, out := run(t, store, svc, Options{Pacer: &oneASecond{}})
		want(t, out, outcome{Answered: 20, Sum: 21})
		if took := sum.Ended.Sub(sum.Started); took != 20*time.Second {
			t.Errorf("took %v, want 20s: the pacer does not pause", took)
		}
		if note, err := store.Note(paceNote); note != nil || err != nil {
			t.Errorf("kept %s, %v", note, err)
		}
	})
}

// heard is a pacer that keeps what it is told.
type heard struct{ replies []pace.Reply }

func (p *heard) Next(int) (time.Time, time.Duration) { return time.Time{}, 0 }
func (p *heard) Sent(time.Time, int)                 {}
func (p *heard) Heard(r pace.Reply) time.Time {
	p.replies = append(p.replies, r)
	return time.Time{}
}

// What is said late of an attempt that is over says nothing of the next one for
// the same question.
func TestALateWordIsNotOfTheNextAttempt(t *testing.T) {
	for name, failed := range map[string]error{"fault": &Error{Status: 503}, "refused": &Error{Status: 429}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 1)
				var first func(pace.Limits)
				asker := askerFunc(func(_ context.Context, req Request) (Answer, error) {
					if first == nil {
						first = req.Accepted
						return Answer{}, failed
					}
					first(pace.Limits{})
					time.Sleep(time.Minute)
					return Answer{Text: "an answer", FinishReason: "stop"}, nil
				})
				pacer := &heard{}
				if sum, err := Run(t.Context(), store, asker, Options{Pacer: pacer}); err != nil || sum.Answered != 1 {
					t.Fatalf("%d answered: %v", sum.Answered, err)
				}
				if n := len(pacer.replies); n != 2 {
					t.Fatalf("the pacer was told %d times, want once of each attempt", n)
				}
				if r := pacer.replies[1]; r.At.Sub(r.Sent) != time.Minute {
					t.Errorf("the second attempt was let in after %v, want 1m0s: it is known with its answer", r.At.Sub(r.Sent))
				}
			})
		})
	}
}
