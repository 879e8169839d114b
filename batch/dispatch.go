package batch

import (
	"cmp"
	"context"
	"time"

	"bizbatch/batch/pace"
)

// loop starts questions and handles their results, until no question is left or the
// run has stopped and drained.
func (r *runner) loop(ctx context.Context) {
	stop := ctx.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	select {
	case c := <-r.o.Steering: // such as a pause that holds since the last run
		r.steer(c)
	default:
	}
	for {
		if stop != nil && ctx.Err() != nil {
			r.stopFor(StopInterrupted, context.Cause(ctx))
			stop = nil
		}
		wake := r.admit()
		if r.sum.InFlight == 0 && (r.stop != nil || r.queue.empty()) {
			r.settle()
			if r.stop == nil && !r.queue.empty() {
				continue
			}
			if r.stop == nil {
				r.fail(r.outage.takeParked(), true) // likewise
			}
			if r.stop != nil || !r.helps() {
				return
			}
			if r.stop != nil || !r.queue.empty() {
				continue
			}
			wake = time.Now().Add(lookAgain)
		}
		timer.Reset(time.Until(wake))
		select {
		case a := <-r.accept:
			r.passed(a.res.it)
			r.hears(a.res, pace.Reply{At: a.at, Limits: a.limits})
		case c := <-r.o.Steering:
			r.steer(c)
		case res := <-r.results:
			r.handle(res)
			if r.waits() && r.sum.InFlight == 0 {
				r.event(Event{Kind: EventIdle})
			}
		case <-timer.C:
		case <-stop:
		}
	}
}

// never is the duration of a timer that should not fire.
const never = 1000 * time.Hour

// admit starts every question that may start now. It returns when to call it again
// if no result arrives before.
func (r *runner) admit() (wake time.Time) {
	for {
		now := time.Now()
		if r.stop == nil && !r.o.Until.IsZero() && !now.Before(r.o.Until) {
			r.stopFor(StopClock, nil)
		}
		if r.stop != nil {
			if now.Before(r.drained) {
				return r.drained
			}
			r.abandon(errDrained)
			return now.Add(never) // everything in flight comes back soon
		}
		wake = now.Add(never)
		if !r.o.Until.IsZero() {
			wake = r.o.Until
		}
		if r.undecided() {
			return wake
		}
		if r.stop != nil {
			continue
		}
		if r.halted || r.queue.empty() || r.sum.InFlight >= r.o.Workers || r.probe != nil && r.probe.out {
			return wake
		}
		at, apart := r.mayStart(now)
		at = later(now, at)
		if at.After(wake) {
			return wake // too late for another
		}
		early := at
		if apart > 0 || r.o.RPM > 0 {
			early = at.Add(-pace.Lead)
		}
		if early.After(now) {
			return early
		}
		if !r.startNext(now, at, apart) {
			return wake
		}
	}
}

// mayStart returns the earliest time for the next question and its distance from the
// previous one; see [pace.Pacer]. The pacer is asked last: it may take that moment from
// other hosts.
func (r *runner) mayStart(now time.Time) (at time.Time, apart time.Duration) {
	at = later(r.user, later(r.heldUntil, r.queue.due()))
	if r.probe != nil {
		at = later(at, r.probe.next)
	}
	if at.After(now.Add(pace.Lead)) {
		return at, 0
	}
	next, apart := r.pace.Next(r.sum.InFlight)
	if at = later(at, next); apart > 0 {
		at = later(at, r.gate.after(apart))
	}
	return at, apart
}

// startNext sends the next question at the given time. It returns false if none can
// be sent before a result arrives.
func (r *runner) startNext(now, at time.Time, apart time.Duration) bool {
	probing := r.probe != nil
	it, err := r.queue.next(at, probing || r.queue.scattered && r.stillLimited(at))
	if err != nil {
		r.stopFor(StopSave, err)
		return true
	}
	if it == nil || r.skip(it) {
		return true
	}
	if it.odd && r.queue.left == 0 && r.sum.InFlight > 0 {
		r.queue.again(it, now)
		return false // if one in flight is let in, this one may be, too
	}
	cost := r.prices.of(it.mode())
	if r.o.CostOf != nil && cost == 0 && r.sum.InFlight > 0 && r.o.MaxSpend+r.o.MaxSpendTotal > 0 {
		r.queue.again(it, now)
		return false // what is in flight tells what one costs
	}
	if r.overspends(cost) {
		r.queue.again(it, now)
		if r.sum.InFlight > 0 {
			return false // one that fails may leave money for this one
		}
		r.stopFor(StopSpend, nil)
		return true
	}
	if probing {
		r.probe.out = true
	}
	r.retried = cmp.Or(r.retried, at)
	r.pace.Sent(at, r.sum.InFlight)
	r.spaced(at)
	r.queue.sent(it, at, r.sum.InFlight)
	r.sum.InFlight++
	r.reserved += cost
	r.gate.come()
	n := it.attempts + 1 // an outage takes back attempts, also of what is in flight
	r.group.Go(func() error {
		res := &result{it: it, cost: cost, probe: probing}
		r.attempt(res, n, apart)
		r.results <- res
		return nil
	})
	r.event(Event{Kind: EventSent, Question: it.RowID})
	return true
}

// overspends reports whether another answer could exceed a spending limit.
func (r *runner) overspends(cost Money) bool {
	reserved := r.reserved
	if r.o.CostOf != nil { // a dearer answer may have come since
		reserved = max(reserved, Money(r.sum.InFlight)*cost)
	}
	this := r.sum.Spent + r.sum.UncertainCost + reserved + cost
	return r.o.MaxSpend > 0 && this > r.o.MaxSpend ||
		r.o.MaxSpendTotal > 0 && r.spentBefore+this > r.o.MaxSpendTotal
}

// stopFor ends admission, including that of questions that are marked as sent but
// not sent yet. Only the first stop reason is reported.
func (r *runner) stopFor(kind StopKind, err error) {
	if r.stop != nil {
		return
	}
	r.stop = &StopError{Kind: kind, Err: err}
	r.endAdmission()
	r.drained = time.Now().Add(r.o.Drain)
	r.event(Event{Kind: EventStopping, Err: r.stop})
}

func (r *runner) event(e Event) {
	r.sum.PausedUntil = r.paused
	e.Progress = r.sum.Progress
	r.o.OnEvent(e)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
