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
	lastIn  time.Time     // when a request was let in last, at most
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
	growth       = 2               // how many times as long each such wait is: with more, the last is too long for most
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
		b.marks, b.lastIn, b.loose = []mark{{from: at, at: at}}, at, true
	}
	if last := &b.marks[len(b.marks)-1]; b.sent == 0 {
		last.lost = at.Sub(last.from)
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
	case b.pace > b.lo && b.pace < b.hi: // between the two
		if held < min(settled, proof/(b.hi/b.lo-1)) {
			return
		}
		b.lo, b.proven, loose = b.pace, true, !b.saves
	case b.pace > b.lo: // beyond all that is known: ever faster
		if held < max(proof, 1/b.lift) {
			return
		}
		b.lo, b.hi, b.proven = b.pace, 0, false
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
		b.until, b.next = t, later(t, r.Sent.Add(b.interval()))
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
// or nothing was let in after the wait that the service asked for, or for some
// 16 s where it does not say.
func (b *bracket) puzzled(r Reply) bool {
	return r.Sent.Equal(b.window.trial) || b.proven && b.pace <= b.lo ||
		b.empty >= 5 || r.Wait > 0 && b.empty >= 1 && b.sent == 1
}

// refused learns from the first refusal of an episode, and returns how long to
// wait.
func (b *bracket) refused(r Reply) time.Duration {
	i, _ := slices.BinarySearchFunc(b.unknown, r.Sent, time.Time.Compare)
	before := b.sent - len(b.unknown) + i // all let in
	after := max(0, len(b.unknown)-i-1)
	b.sent, b.held, b.unknown = 0, 0, nil
	if before > 0 {
		b.empty = 0
	}
	if b.empty++; b.empty > 1 && r.Wait <= 0 {
		b.slower(r.Sent.Sub(b.lastIn))
	}
	switch {
	case after > 0 || b.pace == 0:
		b.lastIn = r.At
	case before > 0:
		b.lastIn = r.Sent.Add(-b.interval())
	}
	wait := cmp.Or(r.Wait, b.backoff(r.At))
	last := &b.marks[len(b.marks)-1]
	switch {
	case before > 0 || b.pace == 0:
		b.bound(r, newMark(r, *last, before, after, b.loose))
		b.loose = false
	case r.Wait > 0: // others were faster; not at the same time as they again
		wait += rand.N(b.interval() + 1)
	}
	return wait
}

// slower takes in that for so long the account gave not one more request.
func (b *bracket) slower(d time.Duration) {
	d = min(max(d, time.Millisecond), min(maxBackoff, b.maxPause)/growth)
	most := 1 / d.Seconds()
	if most >= b.lo {
		return
	}
	b.lo, b.hi, b.lift, b.proven = most/growth, 0, 1, false
	b.choose()
	if len(b.marks) == 1 { // an account that counts in windows gives as many again; see bound
		b.hi, b.lift = most, near-1
		b.pace = b.lo * float64(max(1, b.marks[0].in))
	}
}

// backoff is how long to wait after a refusal that does not say: until lo gives
// one more than was let in.
func (b *bracket) backoff(now time.Time) time.Duration {
	wait := firstBackoff
	if b.lo > 0 {
		next := min(near/b.lo, maxBackoff.Seconds())
		wait = b.lastIn.Add(time.Duration(next * float64(time.Second))).Sub(now)
	}
	return min(max(2*lead, wait), b.maxPause) // a shorter one teaches nothing: see cut
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
