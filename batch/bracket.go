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
// requests are sent at their geometric mean (nearer lo where refusals are dear)
// until the two are near, then at lo. What got through between two refusals bounds
// both; see bound.
//
// Before the first refusal nothing is known, and a run begins gently: two
// requests, and never more whose fate is unknown than have been let in. Where
// the service says its limits, they are the pace until it refuses one.
type bracket struct {
	maxPause time.Duration
	window   window

	// What follows is what hosts that share an account know together, as JSON.

	Until time.Time // nothing is sent before; only ever moves forward
	Due   time.Time // likewise, by the pace

	Lo, Hi float64 // requests a second; hi 0: not known
	Pace   float64 // likewise; 0: nothing is known yet
	Held   int     // requests sent at the pace
	Proven bool    // lo held; until it did, it is tried before any pace above
	Lift   float64 // of the pace over lo, while hi is not known
	Saved  float64 // requests that the account saves up, at most
	Told   told

	In      int           // requests that were let in
	Took    time.Duration // to find that out, the last time
	Unknown []time.Time   // when those were sent that may still be refused
	Cut     time.Time     // when the last refusal was heard: a request that was sent until then belongs to it
	LastIn  time.Time     // when a request was let in last, at most
	Since   int           // requests since
	Loose   bool          // the pace, or the workers, may have used less than the account gave since
	Empty   int           // refusals in a row with nothing let in between
	Marks   []mark        // of the last refusals
}

const (
	// moment is how long a refusal may take. It is decided before the work
	// begins, at the service's door; most take a tenth of this.
	moment = time.Second
	// near is how far apart lo and hi are where searching on would cost more
	// than it brings: on average half of it is lost, of the 5 % that may be.
	near = 1.04
	// proof is how many requests more than lo gives a pace must have sent before
	// it is taken to hold: few requests where lo and hi are far apart, many where
	// they are near; twice what the account saves up, for that gets through at any
	// pace; no more than settled, for another run that shares the account may have
	// ended.
	proof = 4.0
	// settled is how many requests are sent at lo between two attempts at more:
	// where each is refused, that is 2.5 % of the requests.
	settled = 40
	// spare is how many requests an account that saves up has room for: as long as
	// no more can have been left, nothing is lost.
	spare = 2
	// boldest is the most that the pace is raised by at once: what an account saved
	// up holds for a moment at any pace.
	boldest = 2.0
	// worth is how many times as long as its pause it must be to the next: 1 % of
	// the time is lost.
	worth = 100
	// dear is how many requests a pause must cost so that the search goes on from
	// below, in smaller steps.
	dear = 4
)

func (b *bracket) interval() time.Duration {
	if b.Pace == 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/b.Pace, float64(never)))
}

// Next implements Pacer.
func (b *bracket) Next(inFlight int) (at time.Time, apart time.Duration) {
	at = later(later(b.Until, b.Due), b.window.opens(inFlight))
	if b.Pace == 0 && len(b.Unknown) >= max(2, b.In) {
		at = later(at, b.Unknown[0].Add(moment)) // then it is in
	}
	return at, b.interval()
}

// Sent implements Pacer.
func (b *bracket) Sent(at time.Time, others int) {
	b.settle(at)
	b.window.started(at, others)
	if b.Marks == nil {
		b.Marks, b.LastIn, b.Loose = []mark{{From: at, At: at}}, at, true
	}
	if last := &b.Marks[len(b.Marks)-1]; b.Since == 0 {
		last.Lost = at.Sub(last.From)
	}
	b.Since++
	b.Unknown = append(b.Unknown, at)
	if b.Pace == 0 {
		b.Due = at.Add(b.Took / time.Duration(max(1, b.In))) // else all that is let in at once doubles at once
		return
	}
	if at.Sub(b.Due) < b.interval()/4 {
		b.Held++
	} else { // it was the workers' pace
		b.Loose = true
	}
	b.Due = at.Add(b.interval())
	if b.Held > len(b.Unknown) {
		b.raise()
	}
}

// settle notes that what was sent a moment ago is in.
func (b *bracket) settle(now time.Time) {
	for len(b.Unknown) > 0 && !now.Before(b.Unknown[0].Add(moment)) {
		b.Unknown = b.Unknown[1:]
		b.In, b.Took = b.In+1, moment
	}
}

// raise raises the pace, once it held for long enough.
func (b *bracket) raise() {
	held := float64(b.Held - len(b.Unknown)) // the others may be refused yet
	more := held * (1 - b.Lo/b.Pace)         // than at lo
	loose := b.Saved < 2 || held*(b.Hi/b.Pace-1) > spare
	switch {
	case b.Pace > b.Lo && b.Pace < b.Hi: // between the two
		if held < min(settled+3*b.lost(), max(proof, 2*b.Saved)/(b.Hi/b.Lo-1)) {
			return
		}
		b.Lo, b.Proven = b.Pace, true
	case b.Pace > b.Lo: // beyond all that is known: ever faster
		// What is saved up may be all that held; a small step is soon taken back.
		if held < max(proof, 1/b.Lift) || more < min(b.Saved, 10*b.Lift*b.Lift) {
			return
		}
		b.Lo, b.Hi, b.Proven, loose = b.Pace, 0, false, true
		b.Lift = min(boldest, 2*b.Lift)
	case !b.Proven:
		if held < proof {
			return
		}
		b.Proven = true
	default: // a limit may have been raised
		if held < max(settled, worth*b.lost()) {
			return
		}
		b.Hi, b.Lift, loose = 0, near-1, true
	}
	b.Loose = b.Loose || loose
	b.choose()
}

// lost is how many requests the last pause cost.
func (b *bracket) lost() float64 {
	if len(b.Marks) == 0 {
		return 0
	}
	return b.Marks[len(b.Marks)-1].Lost.Seconds() * b.Pace
}

// choose chooses the pace.
func (b *bracket) choose() {
	b.Held = 0
	switch {
	case b.Hi == 0:
		b.Pace = b.Lo * (1 + b.Lift)
	case b.Hi > b.Lo*near && b.Proven:
		b.Pace = math.Sqrt(b.Lo * b.Hi)
		if b.lost() > dear { // better a few steps more than one more refusal
			b.Pace = math.Sqrt(b.Lo * b.Pace)
		}
	default:
		b.Pace = b.Lo
	}
}

// Heard implements Pacer.
func (b *bracket) Heard(r Reply) time.Time {
	if !r.Refused {
		b.letIn(r)
		return time.Time{}
	}
	wait := r.Wait
	if r.Sent.After(b.Cut) {
		if b.window.again(r.Others, b.Since > len(b.Unknown)) || b.puzzled(r) && b.window.throttled(r.At, r.Sent, r.Others) {
			wait = max(wait, 1)
		} else {
			wait = b.refused(r)
			b.Cut = r.At.Add(lead) // what is marked as sent already belongs to it
		}
	}
	if wait <= 0 {
		return b.Until // the pause of this episode stands
	}
	wait += rand.N(wait/jitter + 1) // so that two runs do not wake at the same instant
	if t := r.At.Add(wait); t.After(b.Until) {
		b.Until, b.Due = t, later(t, r.Sent.Add(b.interval()))
	}
	return b.Until
}

// jitter is the part of a pause by which it may be longer: 2 %.
const jitter = 50

func (b *bracket) letIn(r Reply) {
	b.window.through(r.Others)
	if i, ok := slices.BinarySearchFunc(b.Unknown, r.Sent, time.Time.Compare); ok {
		b.Unknown = slices.Delete(b.Unknown, i, i+1)
		b.In, b.Took = b.In+1, r.At.Sub(r.Sent)
	}
	pace, until := b.Told.pace(r)
	if pace == 0 || b.Told.refuted() || b.Cut.After(r.Sent) {
		return
	}
	before := b.interval()
	b.Lo, b.Hi, b.Proven = pace, pace, true
	b.choose()
	if before > 0 { // the next is due so much sooner or later
		b.Due = b.Due.Add(b.interval() - before)
	}
	b.Until = later(b.Until, until)
}

// puzzled reports that a refusal is hardly for the pace: it is known to hold,
// or nothing was let in after the wait that the service asked for, or for some
// 16 s where it does not say.
func (b *bracket) puzzled(r Reply) bool {
	return r.Sent.Equal(b.window.trial) || b.Proven && b.Pace <= b.Lo ||
		b.Empty >= 5 || r.Wait > 0 && b.Empty >= 1 && b.Since == 1
}

// refused learns from the first refusal of an episode, and returns how long to
// wait.
func (b *bracket) refused(r Reply) time.Duration {
	i, _ := slices.BinarySearchFunc(b.Unknown, r.Sent, time.Time.Compare)
	before := b.Since - len(b.Unknown) + i // all let in
	after := max(0, len(b.Unknown)-i-1)
	b.Since, b.Held, b.Unknown = 0, 0, nil
	if before > 0 {
		b.Empty = 0
	}
	if b.Empty++; b.Empty > 1 && r.Wait <= 0 {
		b.slower(r.Sent.Sub(b.LastIn))
	}
	switch {
	case after > 0 || b.Pace == 0:
		b.LastIn = r.At
	case before > 0:
		b.LastIn = r.Sent.Add(-b.interval())
	}
	wait := cmp.Or(r.Wait, b.backoff(r.At))
	b.Told.refused()
	last := &b.Marks[len(b.Marks)-1]
	switch {
	case before > 0 || b.Pace == 0:
		b.bound(r, newMark(r, *last, before, after, b.Loose))
		b.Loose = false
	case r.Wait > 0: // others were faster; not at the same time as they again
		if b.Pace > b.Lo && after > 0 { // or those of this run that are under way
			b.Hi = b.Pace
			b.choose()
		}
		wait += rand.N(b.interval() + 1)
	}
	return wait
}
