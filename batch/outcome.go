package batch

// What becomes of a question, and what each error does to it and to the run, is drawn in
// CONTRIBUTING.md.

import (
	"time"

	"bizbatch/batch/pace"
)

// handle takes in what came of an attempt.
func (r *runner) handle(res *result) {
	r.sum.InFlight--
	r.reserved -= res.cost
	if r.probe != nil && res.probe {
		r.probe.out = false
	}
	if res.err == nil || res.action != Pause && !asError(res.err).overloaded() {
		r.hears(res, pace.Reply{At: res.back, Void: res.err == nil && res.answer == nil})
	}
	r.keepPace(res.back)
	r.tellRejoined()
	switch {
	case res.held != nil:
		r.heldBack(res)
	case res.answer != nil:
		r.sum.Attempts++
		r.answered(res)
	case res.err != nil:
		r.sum.Attempts++
		if res.it.first {
			r.queue.firsts.failed++
		}
		r.unanswered(res, asError(res.err))
	default: // it was not sent: it could not be marked as sent, or the run stopped before
		r.queue.again(res.it, res.back)
		r.stopFor(StopSave, res.fault)
	}
	r.hears(res, pace.Reply{At: res.back, Void: true}) // unless it was heard above
}

// hears tells the pacer what became of a request that was let in, unless it knows.
func (r *runner) hears(res *result, reply pace.Reply) {
	if !res.heard {
		r.tellPacer(res, reply)
	}
}

// tellPacer tells the pacer what the service said to a request. After a refusal it
// returns until when nothing is sent.
func (r *runner) tellPacer(res *result, reply pace.Reply) (until time.Time) {
	res.heard = true
	reply.Sent, reply.Others = res.it.sent, res.it.others
	return r.pace.Heard(reply)
}

func (r *runner) answered(res *result) {
	mode := res.it.mode()
	r.sum.Spent += res.paid
	r.sum.SpentByMode[mode] += res.paid
	if res.guessed {
		r.sum.Unmetered++
		if res.paid == 0 && r.sum.Unmetered >= enoughUnmetered && r.o.MaxSpend+r.o.MaxSpendTotal > 0 {
			r.stopFor(StopSpend, ErrUnmetered)
		}
	}
	if r.o.CostOf != nil && res.paid > r.prices.learned[mode] {
		if err := r.prices.learn(r.store, mode, res.paid); err != nil {
			r.stopFor(StopSave, err)
		}
	}
	if res.fault != nil {
		r.stopFor(StopSave, res.fault)
	}
	told := r.settleOrReask(res)
	r.throttled = time.Time{}
	r.passed(res.it)
	r.accepted(res.it)
	if r.probe != nil && (res.probe || r.probe.interval == 0 && r.upAfterAll(res.it.sent)) {
		r.probe = nil
		r.outage.over(res.back)
		r.event(Event{Kind: EventResumed, Question: res.it.RowID})
	}
	r.event(Event{Kind: told, Question: res.it.RowID, Err: res.unfit})
	if r.probe == nil {
		r.fail(r.outage.answered(res.it.sent), true)
	}
}

// upAfterAll reports whether an answer to a question that was sent before the
// outage was suspected ends it. It tells little of what is sent now, and counts
// where no new question is left to tell more.
func (r *runner) upAfterAll(sent time.Time) bool {
	return r.outage.contradicted(sent) || r.queue.left == 0
}

// unanswered takes in an attempt that brought no answer.
func (r *runner) unanswered(res *result, e *Error) {
	if e.MaybeCharged {
		r.sum.Uncertain++
		r.sum.UncertainCost += res.cost
		r.sum.Reasked += res.it.asAgain()
	}
	if e.status() == 402 && e.Cost > 0 {
		if err := r.prices.learn(r.store, res.it.mode(), e.Cost); err != nil {
			r.stopFor(StopSave, err)
		}
	}
	if res.fault != nil {
		r.stopFor(StopSave, res.fault)
	}
	switch {
	case res.fault != nil, r.stop != nil && res.action != GiveUp:
		r.queue.again(res.it, res.back) // pending, for the next run
	case res.it.spent(r.o.Reask) && res.action != GiveUp: // another would be one too many
		r.fail([]*item{res.it}, false)
	case res.action == Doubt, r.mayNeverEnd(res):
		r.hold(res)
	case res.action == GiveUp:
		r.failed(res.it, res.err)
	case res.action == Pause && r.probe != nil && r.probe.interval > 0: // it does what it can
		r.sum.Throttled++
		r.queue.again(res.it, res.back)
		if res.probe {
			r.wait(res, r.probe.kind, r.probe.interval, 0)
		}
	case res.action == Pause && (r.lastOnes(res.it) || !r.hopeless(res.back)):
		r.pause(res, e)
	case res.action == Again:
		if e.status() == 429 { // in the middle of an answer: the attempt counts, and the account's limit was met
			r.sum.Throttled++
			r.slowDown(res, e)
		}
		r.again(res, e)
	default:
		r.refused(res, e)
	}
}

func (r *runner) failed(it *item, err error) {
	switch {
	case it.Refresh:
		r.keepOld(it, err)
		return
	case it.Answered:
		r.keep(it)
		return
	}
	r.left[it.mode()]--
	r.sum.Failed++
	r.event(Event{Kind: EventFailed, Question: it.RowID, Err: err})
}

// fail gives up questions whose last attempt is on disk as one that did not
// count: their attempts are used up by a passing fault, or they were refused.
func (r *runner) fail(items []*item, passing bool) {
	for _, it := range items {
		f := &it.last
		f.Passing, f.Attempts = passing, it.attempts
		if it.charged > 0 && it.charged == it.attempts {
			f.Passing = passing && !Endless(it.Reason)
			f.Reason += eachTime
			r.hadNoEnd(it)
		}
		if err := r.run.Fail(it.ID, *f); err != nil {
			r.queue.again(it, it.sent)
			r.stopFor(StopSave, err)
			continue
		}
		r.failed(it, it.err)
	}
}

// refused: no request will succeed, until something changes outside. Where the
// user wants to wait for that, one question at a time finds out.
func (r *runner) refused(res *result, e *Error) {
	r.queue.last = append(r.queue.last, res.it)
	var interval, clears time.Duration
	kind := e.stopKind()
	switch kind {
	case StopBalance:
		interval = r.o.WaitForCredits
	case StopThrottled:
		interval, clears = r.o.WaitForReset, e.clears(res.back)
	}
	if res.held == nil && kind != StopEndpoint {
		r.tellHosts(0, e)
	}
	switch {
	case interval == 0:
		r.stopFor(kind, res.err)
	case r.probe == nil || res.probe: // else it was sent before the wait began
		r.outage.over(res.back) // a service that refuses is up
		r.wait(res, kind, interval, clears)
	}
}

// wait sends the next question after an interval, or when a limit clears if
// that is sooner, and no other before that one is answered.
func (r *runner) wait(res *result, kind StopKind, interval, clears time.Duration) {
	wait := interval
	if clears > 0 {
		wait = min(wait, clears)
	}
	r.probe = &probe{kind: kind, interval: interval, next: res.back.Add(wait)}
	r.throttled = time.Time{}
	r.event(Event{Kind: EventWaiting, Question: res.it.RowID, Err: res.err, Wait: wait, For: kind})
}

// waits reports whether the run waits for credits or a limit.
func (r *runner) waits() bool { return r.probe != nil && r.probe.interval > 0 }
