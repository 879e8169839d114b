package batch

import (
	"time"

	"bizbatch/checkpoint"
)

// Backoff between the attempts for one question.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// handle takes in what came of an attempt.
func (r *runner) handle(res result) {
	r.sum.InFlight--
	r.reserved -= res.cost
	if r.probe != nil && res.probe {
		r.probe.out = false
	}
	if res.fault != nil {
		if res.answer != nil {
			r.unsaved = append(r.unsaved, unsaved{res.it.ID, checkpoint.Unsaved{Payload: res.it.Payload, Completion: res.lost}})
		}
		r.stopFor(StopSave, res.fault)
		return
	}
	if res.err == nil {
		r.answered(res)
		return
	}
	e := asError(res.err)
	if e.MaybeCharged {
		r.sum.Uncertain++
		r.sum.UncertainCost += res.cost
	}
	if r.stop != nil && res.action != GiveUp {
		return // it is pending, for the next run
	}
	switch res.action {
	case GiveUp:
		r.failed(res.it, res.err)
	case Pause:
		r.throttled(res, e)
	case Stop:
		r.refused(res, e)
	case Again:
		r.again(res, e)
	}
}

func (r *runner) answered(res result) {
	r.sum.Answered++
	r.sum.Spent += res.cost
	r.sum.SpentByMode[res.it.mode()] += res.cost
	switch res.answer.Status() {
	case Truncated:
		r.sum.Truncated++
	case Refused:
		r.sum.Refused++
	}
	r.pace.answered()
	r.judgeParked()
	r.outage.over()
	if r.probe != nil {
		r.probe = nil
		r.event(Event{Kind: EventResumed, Question: res.it.RowID})
	}
	r.event(Event{Kind: EventAnswered, Question: res.it.RowID})
}

func (r *runner) failed(it *item, err error) {
	r.sum.Failed++
	r.event(Event{Kind: EventFailed, Question: it.RowID, Err: err})
}

// throttled: no attempt counts, and everything waits until the same moment.
func (r *runner) throttled(res result, e *Error) {
	r.sum.Throttled++
	before := r.pace.until
	wait := r.pace.throttled(res.back, res.it.sent, e.clears(res.back))
	r.queue.again(res.it, res.back)
	if r.pace.until.After(before) {
		r.sum.PausedSeconds += r.pace.until.Sub(later(before, res.back)).Seconds()
		r.event(Event{Kind: EventPause, Question: res.it.RowID, Err: res.err, Wait: wait})
	}
}

// refused: no request will succeed, until something changes outside. Where the
// user wants to wait for that, one question at a time finds out.
func (r *runner) refused(res result, e *Error) {
	kind := e.stopKind()
	if kind == StopBalance && e.Cost > 0 {
		r.costs[res.it.mode()] = e.Cost
	}
	interval := time.Duration(0)
	switch kind {
	case StopBalance:
		interval = r.o.WaitForCredits
	case StopThrottled:
		interval = r.o.WaitForReset
	}
	if interval == 0 {
		r.stopFor(kind, res.err)
		return
	}
	r.queue.again(res.it, res.back)
	if r.probe != nil && r.probe.next.After(res.back) {
		return // sent before the wait began
	}
	wait := interval
	if left := e.ResetAt.Sub(res.back); left > 0 {
		wait = min(wait, left)
	}
	r.probe = &probe{next: res.back.Add(wait)}
	r.event(Event{Kind: EventWaiting, Question: res.it.RowID, Err: res.err, Wait: wait})
}

// again: a passing fault of the question, or of the service.
func (r *runner) again(res result, e *Error) {
	it := res.it
	r.outage.failed(it, res.back, e.Unreached)
	if r.outage.suspected() {
		r.suspectOutage(res)
		return
	}
	if r.outage.counted(it); it.attempts >= r.o.MaxAttempts {
		r.outage.parked = append(r.outage.parked, parked{it, res.err})
		return
	}
	wait := max(backoff(firstRetry, maxRetry, it.attempts), min(e.RetryAfter, r.o.MaxPause))
	r.queue.again(it, res.back.Add(wait))
	r.event(Event{Kind: EventAgain, Question: it.RowID, Err: res.err, Wait: wait})
}

// suspectOutage: the attempts since the last answer do not count, and one
// question at a time finds out when the service is back.
func (r *runner) suspectOutage(res result) {
	for _, it := range r.outage.forgive() {
		r.queue.again(it, res.back)
	}
	r.queue.again(res.it, res.back)
	if r.probe != nil && r.probe.next.After(res.back) {
		return // sent before the outage was noticed
	}
	if res.back.Sub(r.outage.since) >= r.o.MaxOutage {
		r.stopFor(StopDown, res.err)
		return
	}
	n := 1
	if r.probe != nil {
		n = r.probe.n + 1
	}
	wait := min(firstProbe<<min(n-1, 10), maxProbe, r.outage.since.Add(r.o.MaxOutage).Sub(res.back))
	r.probe = &probe{n: n, next: res.back.Add(wait)}
	r.event(Event{Kind: EventOutage, Question: res.it.RowID, Err: res.err, Wait: wait})
}

// judgeParked fails the questions whose attempts are used up, once it is clear
// that it was not the service: it answered another, or nothing else is left to
// tell.
func (r *runner) judgeParked() {
	for _, p := range r.outage.takeParked() {
		it := p.it
		err := r.store.Fail(it.ID, checkpoint.Fault{
			Reason: it.reason, Message: it.message, Passing: true, Attempts: it.attempts, Started: it.sent, Finished: time.Now(),
		})
		if err != nil {
			r.stopFor(StopSave, err)
			return
		}
		r.failed(it, p.err)
	}
}

// unsaved is an answer that arrived and could not be saved.
type unsaved struct {
	id int64
	checkpoint.Unsaved
}
