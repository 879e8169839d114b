package pace

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// A Bracket is the Pacer of this package: the account's pace lies between Lo, the
// highest that is known to hold, and Hi, the lowest that was refused. Requests are sent
// at a pace between the two, until they are near, then at Lo. The trace of the last
// requests bounds both after each refusal, and Lo while there is none. Now and then
// twice the pace is tried, for a limit may have been raised.
//
// A refusal, and those of the requests that were sent until it was heard, are an episode.
// Only the first of them teaches anything.
//
// Before the first refusal nothing is known, and a run begins gently: two
// requests, and never more whose fate is unknown than have been let in. Where
// the service says its limits, they are the pace until it refuses one.
type Bracket struct {
	maxPause time.Duration
	places   places

	// What follows is what hosts that share an account know together, as JSON.

	Until time.Time // nothing is sent before; only ever moves forward
	Due   time.Time // nothing is sent before, by the pace, which may change

	Lo, Hi float64 // requests a second; hi 0: not known
	Pace   float64 // likewise; 0: nothing is known yet
	Held   int     // requests sent at the pace
	Proven bool    // lo held; until it did, it is tried before any pace above
	Lift   float64 // of the pace over lo, while hi is not known
	Best   float64 // pace that held until the limit was lowered; less with each attempt that is refused
	Told   told

	In      int           // requests that were let in
	Took    time.Duration // until the last of them was known to be
	Unknown []time.Time   // when those were sent that may still be refused
	Cut     time.Time     // when the last refusal was heard: a request that was sent until then belongs to it
	LastIn  time.Time     // the last moment at which a request may have been let in
	Since   int           // requests since the last refusal
	Empty   int           // refusals in a row with nothing let in between
	Window  window        // of an account that counts
	Mark    time.Time     // when there was a request to have again after the last refusal, at the latest; first: the beginning
	Paused  time.Duration // after the last refusal
	Whole   bool          // that was asked for in whole seconds, and may be rounded up
	Raised  int           // how often the pace was raised since
	Trying  bool          // an attempt at more, once the pace was found
	Rest    int           // requests to the next one, at least
	Odd     int           // how much of late no bucket explains; see oddRefusals
	Began   time.Time     // the first request was sent; zero: an attempt was made because of it
	Trace   trace
	Chance  chance
}

// New returns a Bracket for a run with so many workers, in which no pause is longer than
// maxPause. It goes on from the note of an earlier run; nil: nothing is known.
func New(workers int, maxPause time.Duration, note []byte, now time.Time) *Bracket {
	b := &Bracket{maxPause: maxPause, places: places{workers: workers}}
	b.resume(read(note), now)
	return b
}

// SetWorkers changes the number of workers.
func (b *Bracket) SetWorkers(n int) { b.places.workers = n }

// Moment is how long a refusal may take. It is decided before the work begins, at
// the service's door; most take a fifth of this.
const Moment = time.Second / 2

func (b *Bracket) interval() time.Duration { return Apart(b.Pace) }

// Next implements Pacer.
func (b *Bracket) Next(inFlight int) (at time.Time, apart time.Duration) {
	due, apart := b.Due, b.interval()
	if b.places.ahead(inFlight) && apart > Lead {
		due, apart = b.Trace.lastSent().Add(Lead), Lead
	}
	at = later(later(b.Until, due), b.places.opens(inFlight))
	if b.Pace == 0 && len(b.Unknown) >= max(2, b.In) {
		at = later(at, b.Unknown[0].Add(Moment)) // then it is in
	}
	return at, apart
}

// Sent implements Pacer.
func (b *Bracket) Sent(at time.Time, others int) {
	b.settle(at)
	b.places.started(flight{at, others, b.places.testing && b.Due.Sub(at) > b.interval()/2})
	if b.Mark.IsZero() {
		b.Mark, b.LastIn, b.Began, b.Rest = at, at, at, 2*settled
	}
	b.Since++
	b.Rest = max(0, b.Rest-1)
	b.Unknown = append(b.Unknown, at)
	b.Trace.Sent = append(b.Trace.Sent, at)
	b.count(false)
	if b.Pace == 0 {
		b.Due = at.Add(b.Took / time.Duration(max(1, b.In))) // else all that is let in at once doubles at once
		return
	}
	behind := at.Sub(b.Due)
	b.Due = at.Add(b.interval())
	if behind >= b.interval()/4 { // it was the workers' pace
		return
	}
	if b.Held++; b.Held > len(b.Unknown) {
		b.raise()
	}
}

// settle notes that what was sent a moment ago is in.
func (b *Bracket) settle(now time.Time) {
	for len(b.Unknown) > 0 && !now.Before(b.Unknown[0].Add(Moment)) {
		b.isIn(b.Unknown[0])
		b.Unknown = b.Unknown[1:]
		b.Took = Moment
	}
	b.Trace.settle(now.Add(-Moment))
}

// Heard implements Pacer.
func (b *Bracket) Heard(r Reply) time.Time {
	if !r.Refused {
		b.letIn(r)
		return time.Time{}
	}
	b.attemptRefused(r)
	b.places.notIn(r)
	b.count(true)
	wait := max(r.Wait, 1)
	switch {
	case b.byChance():
		b.drop(r.Sent)
	case !r.Sent.After(b.Cut): // of the same episode
		b.Unknown, _ = without(b.Unknown, r.Sent)
		b.Trace.refusedToo(r.Sent)
		if r.Wait == 0 {
			return b.Until // its pause stands
		}
	default:
		tested := b.places.testing
		if b.places.hear(r, b.puzzled(r), b.Window.Counts) {
			if tested {
				b.forgetPace()
			}
			b.drop(r.Sent)
			b.Mark = r.At
			break
		}
		wait = b.refused(r, tested && !b.places.testing)
		if b.places.testing { // only those beside as many are not sent for so long
			b.places.next, wait = r.At.Add(wait), max(r.Wait, 1)
		}
		b.Cut = r.At.Add(Lead) // what is marked as sent already belongs to it
	}
	wait += rand.N(wait/jitter + 1) // so that two runs do not wake at the same instant
	if t := r.At.Add(wait); t.After(b.Until) {
		b.Until, b.Due = t, later(t, b.Trace.lastSent().Add(b.interval()))
	}
	return b.Until
}

// drop forgets a request that says nothing of the pace.
func (b *Bracket) drop(sent time.Time) {
	if sent.After(b.Cut) {
		b.Since = max(0, b.Since-1)
	}
	b.Unknown, _ = without(b.Unknown, sent)
	b.Trace.drop(sent)
	b.places.take(sent)
}

// jitter is the part of a pause by which it may be longer: 2 %.
const jitter = 50

func (b *Bracket) letIn(r Reply) {
	if r.Void {
		b.drop(r.Sent)
		return
	}
	b.places.through(r.Sent)
	var ok bool
	if b.Unknown, ok = without(b.Unknown, r.Sent); ok {
		b.isIn(r.Sent)
		b.Took = r.At.Sub(r.Sent)
	}
	pace, until := b.Told.pace(r, b.maxPause)
	if pace == 0 || b.Told.refuted() || b.Cut.After(r.Sent) {
		return
	}
	b.Lo, b.Hi, b.Proven = pace, pace, true
	b.choose()
	b.Until = later(b.Until, until)
}

// without returns the times, the earliest first, without this one, and reports whether
// it was among them.
func without(times []time.Time, t time.Time) ([]time.Time, bool) {
	i, ok := slices.BinarySearchFunc(times, t, time.Time.Compare)
	if ok {
		times = slices.Delete(times, i, i+1)
	}
	return times, ok
}

// puzzled reports that a refusal is hardly for the pace: it is one of several in a row that
// took some 16 s, or, unless others use the account, the pace is known to hold, or nothing
// was let in after a wait that is always the same. What the service says of its limits is
// no puzzle.
func (b *Bracket) puzzled(r Reply) bool {
	if b.Told.Last.Limit > 0 && !b.Told.refuted() {
		return false
	}
	inARow := b.Empty >= 1 && b.Since == 1 // nothing was let in since the last one
	if inARow && b.Empty >= 5 {
		return true
	}
	again := inARow && r.Wait > 0 && r.Wait == b.Paused
	return !b.contested() && (b.Proven && b.Pace <= b.Lo || again)
}

// refused learns from the first refusal of an episode, and returns how long to
// wait. If a test of the places failed by it, it was ahead of the pace and does not bound it.
func (b *Bracket) refused(r Reply, ahead bool) time.Duration {
	i, ok := slices.BinarySearchFunc(b.Unknown, r.Sent, time.Time.Compare)
	before, after := b.Since-len(b.Unknown)+i, len(b.Unknown)-i // those before were let in
	if ok {
		after--
	} else { // it took longer than a moment
		before--
	}
	for _, sent := range b.Unknown[:i] {
		b.isIn(sent)
	}
	b.Since, b.Held, b.Unknown = 0, 0, nil
	if before > 0 {
		b.Empty = 0
	}
	if b.Empty++; b.Empty > 1 && r.Wait == 0 {
		b.slower(r.Sent.Sub(b.LastIn))
	}
	switch {
	case after > 0 || b.Pace == 0:
		b.LastIn = r.At
	case before > 0:
		b.LastIn = r.Sent.Add(-b.interval())
	}
	usedUp := r.Wait == 0 && b.Window.usedUp(r.At)
	if usedUp {
		b.slower(max(r.At.Sub(b.LastIn), Apart(b.Lo)))
	}
	wait := cmp.Or(r.Wait, b.backoff(r.At))
	b.Paused, b.Whole, b.Raised = wait, whole(r.Wait.Seconds()), 0
	if b.Empty > 1 && r.Wait == 0 {
		b.Paused = r.At.Add(wait).Sub(b.LastIn)
	}
	b.Told.refused()
	b.Trace.refused(r.Sent, r.Wait)
	switch {
	case usedUp || ahead:
		b.Mark = r.At.Add(wait)
	case before > 0 || b.Pace == 0:
		b.bound(r, before)
	case r.Wait > 0: // others were faster; not at the same time as they again
		if b.Pace > b.Lo && after > 0 { // or those of this run that are under way
			b.Hi = b.Pace
			b.choose()
		}
		turns := 1 + min(b.Odd, b.Empty-1) // more, if others are known
		wait += rand.N(min(b.interval(), b.maxPause)*time.Duration(turns) + 1)
	}
	return wait
}

// forgetPace forgets what was learned from refusals that were for the number in flight.
func (b *Bracket) forgetPace() {
	b.Lo, b.Hi, b.Pace, b.Held, b.Proven = 0, 0, 0, 0, false
	b.In, b.Took, b.Odd, b.Window = 0, 0, 0, window{}
	b.Trace, b.Chance = trace{Last: b.Trace.Last, Cut: true}, chance{}
}
