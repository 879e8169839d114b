package batch

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"bizbatch/batch/pace"
)

// A 429 is the account's, unless one question gets it again and again while
// others are let in: then it is that question's (it is larger than what the
// account may use in a minute, say).
//
// After a 429 a few new questions go first. If the question is refused again, and
// they were let in, that is one more that chance has to explain: with new ones refused
// as often as they were in that time, how likely is it that this one is refused
// each time? As long as that is likely, everything waits, as for any 429. Once it
// is not, nobody waits for this question; and once it is next to impossible, it
// fails with what the service said. The new question that leads after a 429 is not
// compared with, for then an account lets in nearly all; and later on chance decides
// whether a new one goes next or one that is asked again.
//
// There may be many such questions, and they often stand together. So, after two 429,
// new questions are taken from anywhere; and as long as whatever is asked again is
// refused, their refusals are held together against chance. Once they are rare, what the
// pace learned from them is forgotten.
//
// At the end of a run there are no new questions to compare with. What is left then is
// asked in pauses for longer than the minute in which most accounts count. The same
// goes for questions that failed so in an earlier run, and are asked alone.
type throttles struct {
	luck
	before bool      // it failed for that in an earlier run
	odd    bool      // that 429 is the account's is unlikely
	tries  int       // refusals at the end of the run, with nothing let in between
	since  time.Time // the first of them was sent
}

// A luck compares refusals with what became of new questions, which are those that are
// asked for the first time.
type luck struct {
	n       int    // refusals, each after new questions were let in
	letIn   int    // new questions in that time that were,
	refused int    // and that were not
	then    firsts // at the last of the refusals
}

// firsts counts the new questions of a run.
type firsts struct {
	sent    int
	failed  int // whose first attempt brought no answer
	refused int // those of them that got 429
	later   int // questions that were let in after a 429
}

const (
	unlikely   = 0.05             // that so unlucky a question is held to be odd, and pauses nobody: the pace hears of 19 in 20
	rare       = 0.01             // that all that were asked again are odd, and taught the pace nothing
	impossible = 1e-7             // one question in ten million that is refused fails for bad luck
	fewOthers  = 2                // new questions go before it is tried again,
	someMore   = 8                // and fewer than that: at random, for it must not keep step with what refuses every fourth request
	lastFor    = 90 * time.Second // accounts count by the minute, if they count in windows
)

// refusedAgain counts a refusal of a request before which so many new questions were sent.
// If none of them was let in since the last refusal, it does not count it, and returns
// false: the account may have let in nothing at all.
func (l *luck) refusedAgain(sent int, now firsts) bool {
	// What was sent before it and is still in flight was let in: a refusal takes a moment.
	letIn := sent - l.then.sent - (now.failed - l.then.failed)
	if l.n > 0 && letIn <= 0 {
		return false
	}
	if l.n++; l.n > 1 {
		l.letIn += letIn
		l.refused += now.refused - l.then.refused
	}
	l.then = now
	return true
}

// chance is how likely it is that ordinary questions had such bad luck n times, if new ones
// are refused as often as they were in that time, or at least so often.
func (l *luck) chance(n int, least float64) float64 {
	share := float64(l.refused+1) / float64(l.letIn+l.refused+2)
	return math.Pow(max(share, least), float64(n))
}

// refusedPart is the part of the new questions that were refused.
func (f firsts) refusedPart() float64 { return float64(f.refused) / float64(f.sent+1) }

// alone ends the reason of a question that failed because 429 is its own.
const alone = ", for this question alone"

// refusedBefore reports whether a question has no answer for this reason because an
// earlier run was refused. That may have been about the question alone: it may cost more
// than the balance (for which services have many statuses), or more than the account may
// use in a day. It must not stop each run before the others are answered.
func refusedBefore(reason string) bool { return strings.HasPrefix(reason, "4") }

// throttledBefore returns what is known of a question that has no answer for this
// reason: as much as of one that was refused again after others were let in.
func throttledBefore(reason string) (t throttles) {
	if strings.HasSuffix(reason, alone) {
		t.n, t.before = 2, true
	}
	return t
}

// oddOnes is how likely it is that ordinary questions were refused as often as those that
// were asked again. Each was refused before, or it would not be among them.
func (r *runner) oddOnes() float64 { return r.odd.chance(r.odd.n-1, 0) }

// lastOnes reports that nothing is left to compare a question with: it and at
// most two others, beside those that were refused while others were let in.
func (r *runner) lastOnes(it *item) bool {
	if r.queue.left > 0 || r.sum.InFlight > 0 {
		return false
	}
	once := 1 // says nothing yet
	if r.oddOnes() < rare {
		once = 0
	}
	left := slices.DeleteFunc(append(r.queue.unsent(), it), func(it *item) bool { return it.n > once })
	return len(left) == 0 || len(left) <= most && r.sum.Answered > 0
}

// A share says how much of a 429 is its question's.
type share int

const (
	none share = iota // it is the account's
	likely
	sure
)

// share notes a 429, and says whose it is.
func (r *runner) share(it *item) share {
	t := &it.throttles
	if it.first {
		r.queue.firsts.refused++
	}
	again := t.n > 0
	counts := t.refusedAgain(it.newBefore, r.queue.firsts)
	if r.odd.n == 0 || again {
		r.odd.refusedAgain(it.newBefore, r.queue.firsts)
	}
	t.odd = t.before || again && (t.chance(t.n, 0) < unlikely || r.oddOnes() < rare)
	it.turn = r.queue.firsts.sent + fewOthers + rand.IntN(someMore)
	if r.queue.left == 0 && t.lastTime(it.sent, r.letIn, r.queue.firsts) && r.lastOnes(it) || t.chance(t.n, r.queue.firsts.refusedPart()) < impossible {
		return sure
	}
	if t.odd && (counts || t.before || r.queue.left == 0) {
		return likely
	}
	return none
}

// lastTime notes a refusal at the end of a run, of a request that was sent at this time,
// and reports whether there were enough: more if requests of this run were refused by
// chance. The last that was let in was sent at letIn.
func (t *throttles) lastTime(sent, letIn time.Time, all firsts) bool {
	if t.tries == 0 || letIn.After(t.since) {
		t.tries, t.since = 0, sent
	}
	t.tries++
	enough := 3
	if t.before {
		enough = 2
	}
	byChance := math.Pow(float64(all.later)/float64(all.sent), float64(t.tries))
	return t.tries >= enough && byChance < rare/100 && sent.Sub(t.since) >= lastFor
}

// setAside lets others go before a question that is held to be odd; or, at the end of a
// run, time pass.
func (r *runner) setAside(res *result, e *Error) {
	if r.queue.left == 0 {
		r.queue.again(res.it, res.back.Add(max(lastFor, min(e.clears(res.back), r.o.MaxPause))))
		return
	}
	r.queue.setAside(res.it)
}

// stillLimited reports whether no request is known to be let in since the last 429. One
// that is in flight for longer than a refusal takes was.
func (r *runner) stillLimited(now time.Time) bool {
	return r.limited.After(r.letIn) && (r.retried.IsZero() || now.Sub(r.retried) < pace.Moment)
}

// passed notes that a request was let in. If the question was refused before, that was
// the account's doing.
func (r *runner) passed(it *item) {
	r.letIn = later(r.letIn, it.sent)
	if it.n > 0 {
		r.queue.firsts.later++
		it.throttles = throttles{}
		r.odd, r.mistaken, r.queue.scattered = luck{}, false, false
	}
}

// giveUpAlone fails a question whose 429 is its own.
func (r *runner) giveUpAlone(res *result) {
	res.it.last.Reason += alone
	r.giveUp(res)
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
	if r.odd.n == 0 && r.learns != nil {
		r.paceBefore = r.learns.Note(res.back)
	}
	if whose := r.share(res.it); whose != none {
		r.hears(res, pace.Reply{At: res.back, Void: true})
		if r.mistaken && r.oddOnes() < rare && r.learns != nil {
			r.learns.Restore(r.paceBefore, res.back)
			r.mistaken = false
		}
		if whose == sure {
			r.giveUpAlone(res)
		} else {
			r.setAside(res, e)
		}
		return
	}
	r.limited, r.retried = res.it.sent, time.Time{}
	if r.throttled.IsZero() {
		r.throttled = res.back
	}
	r.queue.scattered, r.mistaken = r.mistaken, true
	r.slowDown(res, e)
	r.queue.setAside(res.it)
}

// slowDown tells the pace of a 429. Everything waits until the same moment, and is then
// sent more slowly.
func (r *runner) slowDown(res *result, e *Error) {
	until := r.tellPacer(res, pace.Reply{At: res.back, Refused: true, Wait: min(e.clears(res.back), r.o.MaxPause)})
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
	if r.share(res.it) == sure {
		r.giveUpAlone(res)
		return
	}
	wait := backoff(firstRetry, maxRetry, res.it.n)
	r.queue.again(res.it, res.back.Add(wait))
	r.event(Event{Kind: EventAgain, Question: res.it.RowID, Err: res.err, Wait: wait})
}
