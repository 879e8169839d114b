package batch

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"bizbatch/batch/pace"
)

// A 429 is the account's, unless one question gets it again and again while
// others are let in: then it is that question's (it is larger than what the
// account may use in a minute, say).
//
// After a 429 a few others go first. If the question is refused again, and they
// were let in, that is one more that chance has to explain: with others refused
// as often as they were in that time, how likely is it that this one is refused
// each time? As long as that is likely, everything waits, as for any 429. Once it
// is not, nobody waits for this question; and once it is next to impossible, it
// fails with what the service said.
//
// At the end of a run there are no others to compare with. What is left then is
// asked in pauses for longer than the minute in which most accounts count.
type throttles struct {
	n       int       // how often it was refused, each time after others were let in
	letIn   int       // others, in that time
	refused int       // others, likewise; without those that are held to be odd
	given   int       // the run's questions given out when it was last refused so
	failed  int       // the run's attempts without an answer, then
	pauses  int       // the run's pauses, then
	last    int       // how often it was refused with nothing else to ask,
	until   int       // since the run's last answer, of so many
	since   time.Time // the first of these
}

const (
	unlikely   = 0.05             // that so unlucky a question is held to be odd, and pauses nobody: the pace hears of 19 in 20
	impossible = 1e-7             // one question in ten million that is refused fails for bad luck
	fewOthers  = 3                // go before it is tried again,
	someMore   = 12               // and fewer than that: at random, for it must not keep step with what refuses every fourth request
	lastFor    = 90 * time.Second // accounts count by the minute, if they count in windows
)

// lastTries is how often a question is asked at the end of a run, in no less
// than lastFor: once less if it was refused while others were let in.
func lastTries(chance float64) int {
	if chance < unlikely {
		return 2
	}
	return 3
}

// chance is how likely it is that an ordinary question had such bad luck.
func (t *throttles) chance() float64 {
	return math.Pow(float64(t.refused+1)/float64(t.letIn+t.refused+2), float64(t.n))
}

// lastOnes reports that nothing is left to compare a question with: it and at
// most two others, beside those that were refused while others were answered.
func (r *runner) lastOnes(it *item) bool {
	if r.sum.Answered == 0 || !r.queue.onlyAside() {
		return false
	}
	left := append(slices.Clone(r.queue.aside), it)
	left = slices.DeleteFunc(left, func(it *item) bool { return it.n > 1 })
	return r.sum.InFlight+len(left) <= most
}

// A share says how much of a 429 is its question's.
type share int

const (
	none share = iota // it is the account's
	likely
	sure
)

// share notes a 429 that came now, and says whose it is.
func (r *runner) share(it *item, now time.Time) share {
	t := &it.throttles
	failed := r.sum.Attempts - r.sum.Answered
	// What was sent before this one, and is in flight, would have been refused by now.
	letIn := it.given - t.given - (failed - t.failed)
	counts := t.n == 0 || letIn > 0
	if counts {
		if t.n++; t.n > 1 {
			t.letIn += letIn
			t.refused += r.pauses - t.pauses
		}
	}
	if r.lastOnes(it) {
		if t.last == 0 || t.until != r.sum.Answered {
			t.last, t.since, t.until = 0, now, r.sum.Answered
		}
		t.last++
	}
	s := none
	switch chance := t.chance(); {
	case chance < impossible, t.last >= lastTries(chance) && now.Sub(t.since) >= lastFor:
		return sure
	case chance < unlikely && counts:
		s = likely
	default:
		r.pauses++
	}
	if counts {
		t.given, t.failed, t.pauses = r.queue.given, failed, r.pauses
	}
	it.turn = r.queue.given + fewOthers + rand.IntN(someMore)
	return s
}

// hopeless reports whether 429 is all there is: a request that got through would
// have been answered by now.
func (r *runner) hopeless(now time.Time) bool {
	return !r.throttled.IsZero() && now.Sub(r.throttled) > r.o.MaxPause+r.o.AttemptTimeout
}

// pause: no attempt counts, and everything waits until the same moment; unless
// it is about this question alone.
func (r *runner) pause(res *result, e *Error) {
	r.sum.Throttled++
	if whose := r.share(res.it, res.back); whose != none {
		r.hears(res, pace.Reply{At: res.back, Void: true})
		if whose == sure {
			r.giveUp(res)
		} else {
			r.queue.setAside(res.it)
		}
		return
	}
	if r.throttled.IsZero() {
		r.throttled = res.back
	}
	until := r.tellPacer(res, pace.Reply{At: res.back, Refused: true, Wait: min(e.clears(res.back), r.o.MaxPause)})
	r.queue.setAside(res.it)
	if from := later(r.paused, res.back); until.After(from) {
		r.sum.PausedSeconds += until.Sub(from).Seconds()
		r.paused = until
		r.event(Event{Kind: EventPause, Question: res.it.RowID, Err: res.err, Wait: until.Sub(res.back)})
		r.tellHosts(until.Sub(res.back), e)
	}
}

// turnedAway: the service had no room for a request, though it let in others. No attempt
// counts. Where it says when there will be, or turns away two in a row, it is as with a
// 429. Else it may be so full that it turns away some at any pace.
func (r *runner) turnedAway(res *result, e *Error) {
	if e.RetryAfter > 0 {
		r.pause(res, e)
		return
	}
	if r.share(res.it, res.back) == sure {
		r.giveUp(res)
		return
	}
	wait := backoff(firstRetry, maxRetry, res.it.n)
	r.queue.again(res.it, res.back.Add(wait))
	r.event(Event{Kind: EventAgain, Question: res.it.RowID, Err: res.err, Wait: wait})
}
