package batch

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"bizbatch/batch/pace"
)

// A hint is how an account says when a request that it refused may be sent.
type hint string

const (
	exact   hint = "exact"   // Retry-After, to the millisecond
	rounded hint = "rounded" // Retry-After, rounded up to seconds
	absent  hint = "absent"  // nothing is said
	headers hint = "headers" // x-ratelimit headers of answers, and Retry-After in seconds
	seconds hint = "seconds" // likewise, and all of their times
)

// An account is an Asker that limits its requests and tells nobody how. It is
// independent of the pacer's code and keeps a ledger of its own.
type account struct {
	rate, burst float64       // token bucket: requests a second, and at once
	window      int           // so many in each full minute, instead
	into        time.Duration // the minute, when the first run begins
	slides      time.Duration // the window is any such time
	guesses     bool          // from the number in this window and in the one before
	places      int           // so many in flight, instead
	changes     bool          // the rate halves after a third of the questions, and doubles after two thirds
	questions   int           // that it will be asked
	hint        hint
	refuses     int           // with this status; 0: 429
	takes       time.Duration // an answer, 50 % less to 50 % more

	mu       sync.Mutex
	begin    time.Time
	rand     *rand.Rand
	tokens   float64
	last     time.Time // the bucket was filled
	minute   int64
	flying   int
	through  []time.Time     // when each request was let in
	lasted   []time.Duration // likewise, its answer
	refused  []time.Time     // likewise, refused
	answered []time.Time
	permits  float64   // by the bucket's rate, since the beginning
	permit30 float64   // likewise, at the 30th answer
	at30     time.Time // the 30th answer
}

// roundTrip is how long a refusal takes, half of it on the way to the service.
const roundTrip = 50 * time.Millisecond

func (a *account) Ask(ctx context.Context, req Request) (Answer, error) {
	time.Sleep(roundTrip/2 + rand.N(*paceJitter+1))
	takes, said, err := a.arrived()
	if err != nil {
		time.Sleep(roundTrip / 2)
		return Answer{}, err
	}
	if a.says() { // where it says nothing, it says it late
		time.Sleep(roundTrip / 2)
		req.Accepted(said)
		takes -= roundTrip / 2
	}
	time.Sleep(takes)
	a.answer()
	time.Sleep(roundTrip / 2)
	return Answer{Text: "an answer", FinishReason: "stop"}, nil
}

// answer notes that an answer leaves.
func (a *account) answer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flying--
	if a.answered = append(a.answered, time.Now()); len(a.answered) == 30 {
		a.refill()
		a.at30, a.permit30 = time.Now(), a.permits
		if a.window > 0 { // it may have given all of this one
			a.permit30 = float64(len(a.through))
		}
	}
}

// arrived decides on a request that arrives now.
func (a *account) arrived() (takes time.Duration, said pace.Limits, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.refill()
	wait, ok := a.take(now)
	if !ok {
		a.refused = append(a.refused, now)
		e := &Error{Status: cmp.Or(a.refuses, 429)}
		switch a.hint {
		case exact:
			e.RetryAfter = wait.Round(time.Millisecond) + time.Millisecond
		case rounded, headers, seconds:
			e.RetryAfter = time.Duration(math.Ceil(wait.Seconds())) * time.Second
		}
		return 0, pace.Limits{}, e
	}
	a.flying++
	a.through = append(a.through, now)
	takes = a.takes/2 + time.Duration(a.rand.Float64()*float64(a.takes))
	a.lasted = append(a.lasted, takes)
	return takes, a.limits(now), nil
}

// says reports whether headers say the limits.
func (a *account) says() bool { return a.hint == headers || a.hint == seconds }

// limits is what the headers say, as OpenAI's do for a bucket.
func (a *account) limits(now time.Time) pace.Limits {
	full := (a.burst - a.tokens) / a.now()
	l := pace.Limits{Limit: a.burst, Remaining: math.Floor(a.tokens), Reset: time.Duration(full*1000) * time.Millisecond}
	switch {
	case a.slides > 0:
		l = pace.Limits{Limit: float64(a.window), Remaining: math.Floor(float64(a.window) - a.sliding(now)), Reset: a.slides}
		if a.guesses {
			l.Reset = now.Truncate(a.slides).Add(a.slides).Sub(now)
		}
	case a.window > 0:
		l = pace.Limits{Limit: float64(a.window), Remaining: a.tokens, Reset: now.Truncate(time.Minute).Add(time.Minute).Sub(now)}
	}
	if a.hint == seconds {
		l.Reset = time.Duration(math.Ceil(l.Reset.Seconds())) * time.Second
	}
	return l
}

func (a *account) take(now time.Time) (wait time.Duration, ok bool) {
	switch {
	case a.places > 0:
		return time.Second, a.flying < a.places
	case a.slides > 0:
		return a.takeSliding(now)
	case a.tokens >= 1:
		a.tokens--
		return 0, true
	case a.window > 0:
		return now.Truncate(time.Minute).Add(time.Minute).Sub(now), false
	}
	return time.Duration((1 - a.tokens) / a.now() * float64(time.Second)), false
}

// takeSliding is take for a window that slides. Who guesses says when this window ends.
func (a *account) takeSliding(now time.Time) (wait time.Duration, ok bool) {
	switch {
	case a.sliding(now) < float64(a.window):
		return 0, true
	case a.guesses:
		return now.Truncate(a.slides).Add(a.slides).Sub(now), false
	}
	return a.through[len(a.through)-a.window].Add(a.slides).Sub(now), false
}

// sliding is how many were let in in the window that ends now.
func (a *account) sliding(now time.Time) float64 {
	since := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(a.through, t, time.Time.Compare)
		return len(a.through) - i
	}
	if !a.guesses {
		return float64(since(now.Add(1 - a.slides)))
	}
	begin := now.Truncate(a.slides)
	here := since(begin)
	left := 1 - float64(now.Sub(begin))/float64(a.slides)
	return float64(here) + left*float64(since(begin.Add(-a.slides))-here)
}

// now is the rate at the moment.
func (a *account) now() float64 {
	if n := len(a.through); a.changes && n >= a.questions/3 && n < 2*a.questions/3 {
		return a.rate / 2
	}
	return a.rate
}

// permitted is how many requests it permits until t, which is now if it is a bucket; of
// the last window, its part.
func (a *account) permitted(t time.Time) float64 {
	if a.window == 0 {
		return a.permits
	}
	if a.slides > 0 {
		return float64(a.window) * (1 + t.Sub(a.begin).Seconds()/a.slides.Seconds())
	}
	first := a.begin.Truncate(time.Minute).Add(time.Minute)
	if t.Before(first) {
		return float64(a.window) * t.Sub(a.begin).Seconds() / first.Sub(a.begin).Seconds()
	}
	return float64(a.window) * (1 + t.Sub(first).Minutes())
}

func (a *account) refill() { a.refillAt(time.Now()) }

func (a *account) refillAt(now time.Time) {
	if a.begin.IsZero() {
		a.begin, a.last, a.tokens = now, now, cmp.Or(a.burst, float64(a.window))
		a.minute = now.Unix() / 60
		a.permits = a.tokens
		a.rand = rand.New(rand.NewPCG(1, 2))
	}
	gained := now.Sub(a.last).Seconds() * a.now()
	a.last = now
	a.permits += gained
	if a.window == 0 {
		a.tokens = min(a.burst, a.tokens+gained)
	} else if minute := now.Unix() / 60; minute > a.minute {
		a.minute, a.tokens = minute, float64(a.window)
	}
}
