package batch

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A bracket is the Pacer of this package: the account's pace lies between lo,
// the highest that is known to hold, and hi, the lowest that was refused, and
// requests are sent at their geometric mean until the two are near, then at lo.
// What got through between two refusals bounds both; see bounds.
//
// Before the first refusal nothing is known, and a run begins gently: two
// requests, and never more whose fate is unknown than have been let in. Where
// the service says its limits, they are the pace until it refuses one.
type bracket struct {
	maxPause time.Duration
	window   window

	until time.Time // nothing is sent before; only ever moves forward
	next  time.Time // likewise, by the pace

	lo, hi float64 // requests a second; hi 0: not known
	pace   float64 // likewise; 0: nothing is known yet
	held   int     // requests sent at the pace
	proven bool    // lo held; until it did, it is tried before any pace above
	lift   float64 // of the pace over lo, while hi is not known
	saves  bool    // the account saves up requests: two got through at once
	told   told

	in      int           // requests that were let in
	took    time.Duration // to find that out, the last time
	unknown []time.Time   // when those were sent that may still be refused
	cut     time.Time     // when the last refusal was heard: a request that was sent until then belongs to it
	lastIn  time.Time     // the last moment at which a request may have been let in, at a refusal
	sent    int           // requests since
	loose   bool          // the pace, or the workers, may have used less than the account gave since
	empty   int           // refusals in a row with nothing let in between
	marks   []mark        // of the last refusals
}

const (
	// moment is how long a refusal may take. It is decided before the work
	// begins, at the service's door; most take a tenth of this.
	moment = time.Second
	// near is how far apart lo and hi are where searching on would cost more
	// than it brings: on average half of it is lost, of the 5 % that may be.
	near = 1.04
	// proof is how many requests more than lo gives a pace must have sent before
	// it is taken to hold, about what accounts save up: few requests where lo and
	// hi are far apart, many where they are near; no more than settled, for another
	// run that shares the account may have ended.
	proof = 4.0
	// settled is how many requests are sent at lo between two attempts at more:
	// where each is refused, that is 2.5 % of the requests.
	settled = 40
	// boldest is the most that the pace is raised by at once: what an account saved
	// up holds for a moment at any pace.
	boldest = 2.0
	// worth is how many times as long as its pause it must be to the next: 2 % of
	// the time is lost.
	worth = 50

	firstBackoff = time.Second     // of a 429 that does not say how long, where nothing is known
	maxBackoff   = 2 * time.Minute // likewise, after several in a row
)

func (b *bracket) interval() time.Duration {
	if b.pace == 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/b.pace, float64(never)))
}

// Next implements Pacer.
func (b *bracket) Next(inFlight int) (at time.Time, apart time.Duration) {
	at = later(later(b.until, b.next), b.window.opens(inFlight))
	if b.pace == 0 && len(b.unknown) >= max(2, b.in) {
		at = later(at, b.unknown[0].Add(moment)) // then it is in
	}
	return at, b.interval()
}

// Sent implements Pacer.
func (b *bracket) Sent(at time.Time, others int) {
	b.settle(at)
	b.window.started(at, others)
	if b.marks == nil {
		b.marks, b.lastIn = []mark{{at: at}}, at
	}
	b.sent++
	b.unknown = append(b.unknown, at)
	if b.pace == 0 {
		b.next = at.Add(b.took / time.Duration(max(1, b.in))) // else all that is let in at once doubles at once
		return
	}
	if at.Sub(b.next) < b.interval()/4 {
		b.held++
	} else { // it was the workers' pace
		b.loose = true
	}
	b.next = at.Add(b.interval())
	if b.held > len(b.unknown) {
		b.raise()
	}
}

// settle notes that what was sent a moment ago is in.
func (b *bracket) settle(now time.Time) {
	for len(b.unknown) > 0 && !now.Before(b.unknown[0].Add(moment)) {
		b.unknown = b.unknown[1:]
		b.in, b.took = b.in+1, moment
	}
}

// raise raises the pace, once it held for long enough.
func (b *bracket) raise() {
	held, loose := float64(b.held), true
	switch {
	case b.pace > b.lo && b.hi > 0: // between the two
		if held < min(settled, proof/(b.hi/b.lo-1)) {
			return
		}
		b.lo, b.proven, loose = b.pace, true, !b.saves
	case b.pace > b.lo: // beyond all that is known: ever faster
		if held < max(proof, 1/b.lift) {
			return
		}
		b.lo, b.proven = b.pace, false
		b.lift = min(boldest, 2*b.lift)
	case !b.proven:
		if held < proof {
			return
		}
		b.proven, loose = true, !b.saves
	default: // a limit may have been raised
		if held < settled || held/b.pace < worth*b.marks[len(b.marks)-1].lost.Seconds() {
			return
		}
		b.hi, b.lift = 0, near-1
	}
	b.loose = b.loose || loose
	b.choose()
}

// choose chooses the pace.
func (b *bracket) choose() {
	b.held = 0
	switch {
	case b.hi == 0:
		b.pace = b.lo * (1 + b.lift)
	case b.hi > b.lo*near && b.proven:
		b.pace = math.Sqrt(b.lo * b.hi)
	default:
		b.pace = b.lo
	}
}

// Heard implements Pacer.
func (b *bracket) Heard(r Reply) time.Time {
	if !r.Refused {
		b.letIn(r)
		return time.Time{}
	}
	wait := r.Wait
	if r.Sent.After(b.cut) {
		if b.window.again(r.Others, b.sent > len(b.unknown)) || b.puzzled(r) && b.window.throttled(r.At, r.Sent, r.Others) {
			wait = max(wait, 1)
		} else {
			wait = b.refused(r)
			b.cut = r.At.Add(lead) // what is marked as sent already belongs to it
		}
	}
	if wait <= 0 {
		return b.until // the pause of this episode stands
	}
	wait += rand.N(wait/jitter + 1) // so that two runs do not wake at the same instant
	if t := r.At.Add(wait); t.After(b.until) {
		b.until, b.next = t, t
	}
	return b.until
}

// jitter is the part of a pause by which it may be longer: 2 %.
const jitter = 50

func (b *bracket) letIn(r Reply) {
	b.window.through(r.Others)
	if i, ok := slices.BinarySearchFunc(b.unknown, r.Sent, time.Time.Compare); ok {
		b.unknown = slices.Delete(b.unknown, i, i+1)
		b.in, b.took = b.in+1, r.At.Sub(r.Sent)
	}
	pace, until := b.told.pace(r)
	if pace == 0 || len(b.marks) > 1 || b.cut.After(r.Sent) { // it refused, whatever it says
		return
	}
	b.lo, b.hi, b.proven = pace, pace, true
	b.choose()
	b.until = later(b.until, until)
}

// puzzled reports that a refusal is hardly for the pace: it is known to hold,
// or nothing was let in after the wait that the service asked for.
func (b *bracket) puzzled(r Reply) bool {
	return r.Sent.Equal(b.window.trial) || b.proven && b.pace <= b.lo ||
		b.empty >= 4 || r.Wait > 0 && b.empty >= 1 && b.sent == 1
}

// refused learns from the first refusal of an episode, and returns how long to
// wait.
func (b *bracket) refused(r Reply) time.Duration {
	i, _ := slices.BinarySearchFunc(b.unknown, r.Sent, time.Time.Compare)
	before := b.sent - len(b.unknown) + i // all let in
	after := max(0, len(b.unknown)-i-1)
	b.sent, b.unknown = 0, nil
	if before > 0 {
		b.empty = 0
	}
	b.empty++
	wait := cmp.Or(r.Wait, b.backoff())
	last := &b.marks[len(b.marks)-1]
	switch {
	case before > 0 || b.pace == 0:
		b.bound(r, newMark(r, wait, *last, before, after, b.loose))
		b.loose = false
	default:
		last.lost += wait
		if r.Wait <= 0 {
			b.slower(r)
		} else { // others were faster; not at the same time as they again
			wait += rand.N(b.interval() + 1)
		}
	}
	if before > 0 || after > 0 {
		b.lastIn = r.At
	}
	return wait
}

// slower takes in that in all the time since the last request that was let in
// the account gave not one more.
func (b *bracket) slower(r Reply) {
	if most := 1 / max(r.Sent.Sub(b.lastIn), time.Millisecond).Seconds(); most < b.lo {
		b.lo, b.hi, b.lift, b.proven = most/2, 0, 1, false
		b.choose()
	}
}

// backoff is how long to wait after a refusal that does not say: about until
// the account gives one more request.
func (b *bracket) backoff() time.Duration {
	first := firstBackoff
	if b.lo > 0 {
		first = time.Duration(min(1/b.lo, maxBackoff.Seconds()) * float64(time.Second))
	}
	return min(max(2*lead, backoff(first, maxBackoff, b.empty)), b.maxPause) // a shorter one teaches nothing: see cut
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
