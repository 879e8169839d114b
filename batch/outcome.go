package batch

// What becomes of a question, and what each error does to it and to the run:
//
//	pending -----> sent -----> answered        an answer, saved before anything else happens
//	   ^            ^ |
//	   |            | +------> waiting         Again: until its backoff is over
//	   |            | +------> set aside       Pause: until a few others went first
//	   |            +--------- (both)
//	   |              |
//	   |              +------> held back       Doubt: until another question tells
//	   |              |         |     +------> failed, or waiting: others are answered
//	   |              |         +------------> pending, the run stops: the others are refused, too
//	   |              |
//	   |              +------> failed          GiveUp; Again or Pause too often while others are answered
//	   |              |
//	   +--------------+------- pending         Stop; whatever has no answer when the run ends
//
//	error                               the question                    the run                        file
//	5xx, 408, a cut, silence, no        Again, up to MaxAttempts, then  one question at a time, then   outage.go
//	connection                          fails until the next run        StopDown, if nothing succeeds
//	the same where no answer ever       held back, then fails           StopUnfinished after three     doubt.go
//	comes to its end
//	429                                 waits, no attempt counts        everything waits               bracket.go
//	429 while others are let in         waits alone, then fails         goes on                        throttled.go
//	429 for longer than MaxPause        pending                         StopThrottled, or WaitForReset
//	400, 413, 422, content refused      fails                           goes on                        classify.go
//	what refuses a setting              held back: pending, or fails    StopSettings, or goes on       doubt.go, setting.go
//	403                                 held back: pending, or fails    StopKey, or goes on            doubt.go
//	a page, a redirect, 404, 405        held back: pending; Again once  StopEndpoint, or goes on       doubt.go
//	401, 402, a wrong certificate       pending                         stops, or WaitForCredits       stop.go
//	an answer that cannot be saved      in a rescue file                StopSave

import "time"

// Backoff between the attempts for one question.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// handle takes in what came of an attempt.
func (r *runner) handle(res *result) {
	r.sum.InFlight--
	r.reserved -= res.cost
	if r.probe != nil && res.probe {
		r.probe.out = false
	}
	if res.answer != nil || res.err != nil && res.action != Pause {
		r.letIn(res, res.back, Limits{})
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
		r.unanswered(res, asError(res.err))
	default: // it was not sent: it could not be marked as sent, or the run stopped before
		r.queue.again(res.it, res.back)
		r.stopFor(StopSave, res.fault)
	}
}

// letIn tells the pacer that a request was let in, unless it knows.
func (r *runner) letIn(res *result, at time.Time, l Limits) {
	if !res.heard {
		res.heard = true
		r.pace.Heard(Reply{Sent: res.it.sent, At: at, Others: res.it.others, Limits: l})
	}
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
	case res.action == Doubt, r.fresh && r.sum.Answered == 0 && unfinished(res.err):
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
		f := it.last
		f.Passing, f.Attempts = passing, it.attempts
		if err := r.run.Fail(it.ID, f); err != nil {
			r.queue.again(it, it.sent)
			r.stopFor(StopSave, err)
			continue
		}
		r.failed(it, it.err)
	}
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
		r.letIn(res, res.back, Limits{}) // as far as the pace goes
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
	res.heard = true
	until := r.pace.Heard(Reply{Sent: res.it.sent, At: res.back, Others: res.it.others, Refused: true, Wait: min(e.clears(res.back), r.o.MaxPause)})
	r.queue.setAside(res.it)
	if until.After(r.paused) {
		r.sum.PausedSeconds += until.Sub(later(r.paused, res.back)).Seconds()
		r.paused = until
		r.event(Event{Kind: EventPause, Question: res.it.RowID, Err: res.err, Wait: until.Sub(res.back)})
		r.tellHosts(until.Sub(res.back), e)
	}
}

// refused: no request will succeed, until something changes outside. Where the
// user wants to wait for that, one question at a time finds out.
func (r *runner) refused(res *result, e *Error) {
	r.queue.again(res.it, res.back)
	var interval, clears time.Duration
	kind := e.stopKind()
	switch kind {
	case StopBalance:
		interval = r.o.WaitForCredits
	case StopThrottled:
		interval, clears = r.o.WaitForReset, e.clears(res.back)
	}
	if res.held == nil && res.action != Stop { // else they know it
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

// again: a passing fault of the question, or of the service.
func (r *runner) again(res *result, e *Error) {
	it := res.it
	switch {
	case r.waits(): // for something else
		r.queue.again(it, res.back)
		if res.probe {
			r.wait(res, r.probe.kind, r.probe.interval, 0)
		}
		return
	case r.probe == nil && it.sent.Before(r.outage.ended): // sent before or in an outage that is over
		r.queue.again(it, res.back)
		return
	}
	r.outage.failed(it, res.back)
	if r.probe != nil || r.outage.suspected() || e.Unreached && r.sum.InFlight == 0 {
		r.suspectOutage(res, e)
		return
	}
	it.err = res.err
	if !e.Unreached && r.outage.counted(it, res.back, r.o.MaxAttempts) {
		return // parked
	}
	wait := max(backoff(firstRetry, maxRetry, it.attempts), min(e.RetryAfter, r.o.MaxPause))
	r.queue.again(it, res.back.Add(wait))
	r.event(Event{Kind: EventAgain, Question: it.RowID, Err: res.err, Wait: wait})
}

// suspectOutage: the attempts that nothing speaks for do not count, and one
// question at a time finds out when the service is back. What is still in
// flight may bring an answer, so the run does not stop before it is home.
func (r *runner) suspectOutage(res *result, e *Error) {
	for _, it := range r.outage.forgive() {
		r.queue.again(it, res.back)
	}
	r.queue.again(res.it, res.back)
	left := r.outage.since.Add(r.o.MaxOutage).Sub(res.back)
	if left <= 0 && r.sum.InFlight == 0 {
		r.stopFor(StopDown, res.err)
		return
	}
	if r.probe != nil && !res.probe {
		return // sent before the outage was noticed
	}
	n := 0
	if r.probe != nil {
		n = r.probe.n + 1
	}
	wait := min(firstProbe<<min(n, 10), maxProbe)
	if left > 0 {
		wait = min(max(wait, e.RetryAfter), left)
	}
	r.probe = &probe{n: n, next: res.back.Add(wait)}
	r.event(Event{Kind: EventOutage, Question: res.it.RowID, Err: res.err, Wait: wait})
}
