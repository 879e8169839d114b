package batch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestAPauseHoldsEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 40)
		begin := time.Now()
		svc := newService(func(r request) reply {
			switch {
			case r.number() == 9: // sent at 1 s, back at 2 s
				if r.n == 1 {
					return reply{takes: time.Second, err: &Error{Status: 429, RetryAfter: time.Minute}}
				}
			case r.number() == 10: // asks for less, later
				if r.n == 1 {
					return reply{takes: 3 * time.Second, err: &Error{Status: 429, RetryAfter: time.Second}}
				}
			case r.number() == 11: // asks for more
				if r.n == 1 {
					return reply{takes: 4 * time.Second, err: &Error{Status: 429, RetryAfter: 2 * time.Minute}}
				}
			}
			return reply{takes: time.Second}
		})
		sum, out := run(t, store, svc, Options{MaxAttempts: 1})
		want(t, out, outcome{Answered: 40, Sum: 43})
		// 429 came at 2 s, 4 s and 5 s; the last says until 125 s.
		resumed := begin.Add(125 * time.Second)
		next := time.Time{}
		for _, r := range svc.sent {
			if r.at.After(begin.Add(2*time.Second)) && (next.IsZero() || r.at.Before(next)) {
				next = r.at
			}
		}
		if next.Before(resumed) || next.After(resumed.Add(6*time.Second+1)) {
			t.Errorf("the next request was sent %v after the start, want 125s and up to 5 %% more", next.Sub(begin))
		}
		if sum.Throttled != 3 || sum.PausedSeconds < 123 || sum.PausedSeconds > 130 {
			t.Errorf("%d throttled, paused %v s", sum.Throttled, sum.PausedSeconds)
		}
		for _, r := range records(t, store) {
			if r.Attempts != 1 {
				t.Errorf("question %s has %d attempts", r.ID, r.Attempts)
			}
		}
	})
}

func TestWaitsThatServicesAskFor(t *testing.T) {
	for name, test := range map[string]struct {
		says    Error
		atLeast time.Duration
		atMost  time.Duration
	}{
		"nothing":                          {Error{}, 0, 1050 * time.Millisecond},
		"a second":                         {Error{RetryAfter: time.Second}, time.Second, 1050 * time.Millisecond},
		"less than nothing":                {Error{RetryAfter: -time.Hour}, 0, 1050 * time.Millisecond},
		"a moment that has passed":         {Error{ResetAt: time.Unix(0, 0)}, 0, 1050 * time.Millisecond},
		"a moment ahead":                   {Error{ResetAt: time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)}, time.Minute, 63 * time.Second},
		"a wait and a later moment":        {Error{RetryAfter: time.Second, ResetAt: time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)}, time.Minute, 63 * time.Second},
		"exactly the longest pause":        {Error{RetryAfter: 15 * time.Minute}, 15 * time.Minute, 16 * time.Minute},
		"a month, but the moment is known": {Error{Message: "Monthly usage limit reached", ResetAt: time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)}, time.Minute, 63 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStore(t)
				importN(t, store, 1)
				test.says.Status = 429
				svc := newService(func(r request) reply {
					if r.n == 1 {
						return reply{err: &test.says}
					}
					return reply{}
				})
				sum, out := run(t, store, svc, Options{})
				want(t, out, outcome{Answered: 1, Sum: 2})
				if took := sum.Ended.Sub(sum.Started); took < test.atLeast || took > test.atMost {
					t.Errorf("waited %v, want %v to %v", took, test.atLeast, test.atMost)
				}
			})
		})
	}
}

// A service that never says how long makes the pauses longer each time, but
// none longer than the user allows.
func TestNoPauseIsLongerThanTheLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 1)
		svc := newService(func(r request) reply {
			if r.n <= 12 {
				return reply{err: httpError(429)}
			}
			return reply{}
		})
		const longest = 2 * time.Second
		var pauses []time.Duration
		_, out := run(t, store, svc, Options{MaxPause: longest, OnEvent: func(e Event) {
			if e.Kind == EventPause {
				pauses = append(pauses, e.Wait)
			}
		}})
		want(t, out, outcome{Answered: 1, Sum: 13})
		if len(pauses) != 12 || slices.Max(pauses) > longest+longest/20 {
			t.Errorf("paused %v, want 12 pauses of 2s and up to 5 %% more", pauses)
		}
	})
}

// Any minute sees at most the user's requests a minute, and one more.
func TestRPMHoldsOverAnyMinute(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rpm := rapid.IntRange(1, 60).Draw(rt, "rpm")
		slow := time.Duration(rapid.IntRange(0, 30).Draw(rt, "seconds")) * time.Second
		workers := rapid.IntRange(1, 32).Draw(rt, "workers")
		throttledEach := rapid.IntRange(5, 100).Draw(rt, "throttled one in")
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, rpm+20)
			svc := newService(func(r request) reply {
				if r.total%throttledEach == 0 {
					return reply{err: httpError(429)}
				}
				return reply{takes: slow}
			})
			_, out := run(t, store, svc, Options{RPM: float64(rpm), Workers: workers})
			if out.Answered != rpm+20 {
				t.Errorf("%+v", out)
			}
			for i := range svc.sent {
				n := 0
				for _, r := range svc.sent[i:] {
					if r.at.Sub(svc.sent[i].at) < time.Minute {
						n++
					}
				}
				if n > rpm+1 {
					t.Fatalf("%d requests in the minute from request %d, of %d a minute", n, i+1, rpm)
				}
			}
		})
	})
}

// A run that follows another at once does not begin a new minute.
func TestRPMHoldsFromOneRunToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 6)
		svc := newService(answers(time.Second))
		for range 3 {
			if _, err := Run(t.Context(), store, svc, Options{RPM: 2, Limit: 2}); err != nil {
				t.Fatal(err)
			}
		}
		for i, r := range svc.sent {
			if i > 0 && r.at.Sub(svc.sent[i-1].at) < 30*time.Second-time.Millisecond {
				t.Errorf("request %d was sent %v after the one before, want 30 s", i+1, r.at.Sub(svc.sent[i-1].at))
			}
		}
	})
}

func TestAnyRPMIsALimit(t *testing.T) {
	now := time.Now()
	r := runner{o: Options{RPM: 1e-300}}
	if r.spaced(now); r.user.Sub(now) < 24*time.Hour {
		t.Errorf("the next start is in %v", r.user.Sub(now))
	}
}

// A bucket is a service that lets rate requests a second through, burst at
// once.
type bucket struct {
	rate, burst, tokens float64
	last                time.Time
	others              time.Time // others take everything in the half minute before
}

// take says whether a request gets through, and if not when the next would.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	if wait := b.others.Sub(now); wait > 0 && wait < 30*time.Second {
		return 2 * time.Second, false
	}
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	return time.Duration(math.Ceil((1-b.tokens)/b.rate)) * time.Second, false
}

// limited is a service that lets rate requests a second through.
func limited(b *bucket, takes time.Duration) func(request) reply {
	return func(r request) reply {
		if wait, ok := b.take(r.at); !ok {
			return reply{err: &Error{Status: 429, RetryAfter: wait}}
		}
		return reply{takes: takes}
	}
}

func TestTwoRunsShareAnAccount(t *testing.T) {
	// Without bursts, whose requests get through is mostly luck.
	for burst, least := range map[float64]int{1: 3, 5: 100} {
		t.Run(fmt.Sprintf("burst %v", burst), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bucket{rate: 5, burst: burst, tokens: burst, last: time.Now()}
				svc := newService(limited(b, 2*time.Second))
				sums := make(chan Summary)
				end := time.Now().Add(14 * time.Minute)
				for i := range 2 {
					store := newStore(t)
					all := numbered(9000)[i*4500 : i*4500+4500]
					if _, err := Import(store, texts(all...), ImportOptions{Settings: Settings{AskModes: taxModes}}); err != nil {
						t.Fatal(err)
					}
					time.AfterFunc(time.Duration(i)*time.Minute, func() {
						sum, _ := Run(t.Context(), store, svc, Options{Workers: 32, Until: end}) // the clock ends it
						sums <- sum
					})
				}
				for range 2 {
					sum := <-sums
					t.Logf("%d answered, %d throttled", sum.Answered, sum.Throttled)
					if sum.Answered < least {
						t.Errorf("%d answered, of 4,200 that the account allows; want %d", sum.Answered, least)
					}
				}
			})
		})
	}
}

func TestARunKeepsToTheLimitOfTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 1400)
		b := &bucket{rate: 5, burst: 5, tokens: 5, last: time.Now()}
		svc := newService(limited(b, 4*time.Second))
		sum, out := run(t, store, svc, Options{Workers: 64})
		out.Sum = 0
		want(t, out, outcome{Answered: 1400})
		rate := 1400 / sum.Ended.Sub(sum.Started).Seconds()
		t.Logf("%.2f answers a second of 5, %d throttled of %d", rate, sum.Throttled, sum.Attempts)
		if rate < 0.9*5 || (sum.Throttled-64)*20 > sum.Attempts { // all workers start before the first 429 comes
			t.Errorf("%.2f answers a second of 5, %d throttled of %d", rate, sum.Throttled, sum.Attempts)
		}
	})
}

// A service that is busy refuses one request in five, whatever the pace. The run does not
// come to a crawl, as if others used the account; in the mean of five, for it is luck when
// that is known. No question fails for it.
func TestRefusalsByChanceAreNoLimit(t *testing.T) {
	const runs, questions, takes, workers = 5, 1500, 5 * time.Second, 8
	mean := 0.0
	for range runs {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, questions)
			svc := newService(func(request) reply {
				if rand.IntN(5) == 0 {
					return reply{takes: 100 * time.Millisecond, err: &Error{Status: 429, Message: "busy"}}
				}
				return reply{takes: takes/2 + rand.N(takes)}
			})
			sum, out := run(t, store, svc, Options{Workers: workers})
			out.Sum = 0
			want(t, out, outcome{Answered: questions})
			used := questions * takes.Seconds() / workers / sum.Ended.Sub(sum.Started).Seconds()
			t.Logf("%.2f of the workers' time used", used)
			mean += used / runs
		})
	}
	if mean < 0.25 {
		t.Errorf("%.2f of the workers' time used, want 0.25", mean)
	}
}

// Some accounts limit how many requests are in flight, not how fast they come. A
// refusal is first taken to be for the pace, which is luck here: one of three runs
// may fall short.
func TestARunKeepsToTheNumberInFlightThatTheAccountAllows(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 40} {
		for _, takes := range []time.Duration{2 * time.Second, 30 * time.Second} {
			t.Run(fmt.Sprintf("%d in flight, answers of about %v", limit, takes), func(t *testing.T) {
				met := 0
				for n := range 3 {
					synctest.Test(t, func(t *testing.T) {
						used, throttled := inFlightLimited(t, limit, takes)
						t.Logf("%.3f of the places used, %.3f throttled", used, throttled)
						if used >= 0.5 && throttled <= 0.1 {
							met++
						}
					})
					if met == 2 {
						return
					}
					if n-met == 1 {
						t.Fatal("want 0.5 of the places used and 0.1 throttled at most, in two of three runs")
					}
				}
			})
		}
	}
}

// inFlightLimited returns how much of the places of an account that allows so many
// requests in flight is used once a run is warm, and how many are refused.
func inFlightLimited(t *testing.T, limit int, takes time.Duration) (used, throttled float64) {
	store := newStore(t)
	const minutes = 8
	importN(t, store, int(minutes*60*float64(limit)/takes.Seconds())+100)
	warm := time.Now().Add(2 * time.Minute)
	sent, refused, busy := 0, 0, time.Duration(0)
	svc := newService(func(r request) reply {
		takes := takes/2 + rand.N(takes)
		late := r.at.After(warm)
		if late {
			sent++
		}
		if r.others >= limit {
			if late {
				refused++
			}
			return reply{err: &Error{Status: 429, RetryAfter: time.Second}}
		}
		if late {
			busy += takes
		}
		return reply{takes: takes}
	})
	_, _ = Run(t.Context(), store, svc, Options{Workers: 64, Until: warm.Add((minutes - 2) * time.Minute)}) // the clock ends it
	return busy.Minutes() / (minutes - 2) / float64(limit), float64(refused) / float64(sent)
}

func TestBackoffHasFullJitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(-1, 100).Draw(rt, "n")
		ceiling := time.Minute
		if n <= 6 {
			ceiling = min(ceiling, time.Second<<max(n-1, 0))
		}
		low, high := 0, 0
		for range 200 {
			switch d := backoff(time.Second, time.Minute, n); {
			case d <= 0 || d > ceiling:
				rt.Fatalf("%v, want up to %v", d, ceiling)
			case d < ceiling/4:
				low++
			case d > ceiling*3/4:
				high++
			}
		}
		if low == 0 || high == 0 {
			rt.Fatalf("%d of 200 in the first quarter, %d in the last", low, high)
		}
	})
}
