package batch

import (
	"cmp"
	"math"
	"math/rand/v2"
	"time"
)

// A pacer says when the next request may start. It learns how fast the account
// lets requests through, which the service does not tell, from the answers 429.
//
// What is limited in practice is the rate of starts, so it is the rate that
// adapts; a window bounds the number in flight where that is limited. The limit
// is searched twice, roughly and finely. From then on each episode of 429
// answers cuts the rate once; it returns slowly to where it was cut, lingers
// there, and climbs ever faster beyond (the curve of TCP CUBIC), so that most
// time is spent just below the limit, and a limit that was raised is found. A
// limit that proves right is lingered at for longer.
//
// A pacer is a pure function of the times it is told; it never looks at a
// clock.
type pacer struct {
	rpm      float64 // the user's own limit, starts a minute; 0 = none
	maxPause time.Duration

	until time.Time // nothing starts before; only ever moves forward
	next  time.Time // nothing starts before, by the rate
	user  time.Time // nothing starts before, by rpm

	rate     float64   // starts a second; 0 = not limited, as long as no 429 came
	growth   float64   // the rate's growth a second, while the limit is searched
	peak     float64   // where the limit is thought to be; 0 while it is searched
	linger   float64   // seconds of starting until the rate is at the peak
	clock    float64   // seconds of starting at the rate, since the last cut
	soon     bool      // the last cut came soon after the one before
	cut      time.Time // when the last episode began: a request that was sent until then belongs to it
	episodes int       // in a row, without an answer between them
}

const (
	firstRate    = 1.0             // starts a second, after the first 429
	roughly      = 0.25            // growth of the rate a second, in the first search
	finely       = 0.03            // likewise, in the second
	cutSearch    = 0.87            // of the rate, at the end of the first: below the limit, it went on for half a second
	cutTo        = 0.97            // of the peak, at a 429 near it
	cutFar       = 0.7             // of the rate, at a 429 right after another
	below        = 0.998           // of the rate at a 429: the new peak
	slowest      = 0.8             // starts a second, unless longer waits are asked for
	firstLinger  = 20.0            // seconds
	maxLinger    = 90.0            // seconds
	tooSoon      = 10.0            // seconds, between two cuts
	firstBackoff = time.Second     // of a 429 that does not say how long
	maxBackoff   = 2 * time.Minute // likewise, after several in a row
)

// ready is the earliest moment for the next start.
func (p *pacer) ready() time.Time {
	t := p.until
	for _, u := range []time.Time{p.next, p.user} {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// interval is the time between two starts; 0: the rate is not limited.
func (p *pacer) interval() time.Duration {
	if p.rate == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / p.rate)
}

// started notes a request that is sent at now.
func (p *pacer) started(now time.Time) {
	p.userStarted(now)
	if p.rate == 0 {
		return
	}
	p.clock += 1 / p.rate
	p.rate = p.grown()
	p.next = now.Add(p.interval())
}

// userStarted notes for the user's own limit a request that is sent at now, or
// was by an earlier run.
func (p *pacer) userStarted(now time.Time) {
	if p.rpm > 0 {
		p.user = now.Add(time.Duration(min(60/p.rpm*float64(time.Second), float64(never))))
	}
}

// grown is the rate after one more start.
func (p *pacer) grown() float64 {
	if p.peak == 0 {
		return p.rate * math.Pow(1+p.growth, min(0.5, 1/p.rate))
	}
	x := (p.clock - p.linger) / p.linger
	return p.peak * (1 + (1-cutTo)*x*x*x)
}

// answered notes that a request got through.
func (p *pacer) answered() { p.episodes = 0 }

// throttled notes a 429 that came now, for a request that was sent at sent,
// with the wait that the service asks for (0: it does not say). It returns
// how long everything waits. The 429 of a trial says nothing of the rate.
func (p *pacer) throttled(now, sent time.Time, wait time.Duration, trial bool) time.Duration {
	if wait <= 0 && !sent.After(p.cut) {
		return max(0, p.until.Sub(now)) // the pause of this episode stands
	}
	begins := sent.After(p.cut)
	if begins {
		p.episodes++
		p.cut = now.Add(lead) // what is marked as sent already belongs to it
	}
	if wait <= 0 {
		wait = backoff(firstBackoff, maxBackoff, p.episodes)
	}
	wait = min(wait, p.maxPause)
	if begins && !trial {
		p.slower(wait)
	}
	wait += rand.N(wait/20 + 1) // so that two runs do not wake at the same instant
	if t := now.Add(wait); t.After(p.until) {
		p.until = t
		p.next = t
	}
	return p.until.Sub(now)
}

// slower cuts the rate, once an episode, after a 429 that asks for a wait.
func (p *pacer) slower(wait time.Duration) {
	soon := p.peak > 0 && p.clock < tooSoon
	switch {
	case p.rate == 0:
		// The first 429: search from a pace that most accounts allow. What got
		// through so far says little: many were sent at once, or none was.
		p.rate, p.growth = firstRate, roughly
	case p.clock < 3/p.rate:
		// Throttled again at once: far above the limit, or somebody else has it
		// all for now. The limit is searched again, from no less than the wait
		// itself allows, so that this run gets its share when they leave.
		p.rate = max(p.rate*cutFar, min(slowest, 1/wait.Seconds()))
		p.peak, p.growth = 0, roughly
	case p.peak == 0 && p.growth == roughly:
		p.rate, p.growth = p.rate*cutSearch, finely
	case p.peak == 0 || p.rate > p.peak*(2-cutTo): // it is found, or was raised since
		p.linger = firstLinger
		p.cutBelow(p.rate)
	case soon && p.soon:
		// It is what gathers in a pause that gets through, not the rate. What got
		// through in the time since the last cut, the pause included, is less
		// than the limit.
		less := p.rate * p.clock / (p.clock + wait.Seconds())
		p.linger = firstLinger
		p.cutBelow(p.rate - (p.rate-less)/4)
	default:
		// Well before the peak it was rather an accident, a request that was held
		// up and came too close to the next: the peak is not given up for that.
		if p.clock > p.linger/2 {
			p.linger = min(2*p.linger, maxLinger)
		}
		p.cutBelow(max(p.rate, (p.rate+p.peak)/2))
	}
	p.soon, p.clock = soon, 0
}

// cutBelow has the rate return to just below the given one.
func (p *pacer) cutBelow(rate float64) {
	p.peak = rate * below
	p.rate = p.peak * cutTo
}

// backoff is how long to wait after the nth failure in a row: full jitter
// under an exponential ceiling.
func backoff(first, longest time.Duration, n int) time.Duration {
	ceiling := longest
	if n = max(n, 1); n < 20 {
		ceiling = min(longest, first<<(n-1))
	}
	return cmp.Or(rand.N(ceiling), 1)
}
