package batch

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// A fault counts against its question only after the service has answered another
// question that was sent later: the service may be down. Until then the fault is open,
// and an outage cancels it. If the last few questions of a run fail together, the two
// cases look the same. The run then stops and fails none of them.

// Backoff between the attempts for one question.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// Waits between probes of a service that is down.
const (
	firstProbe = time.Second
	maxProbe   = 15 * time.Second
)

// most is how many questions in a row must fail, without an answer between them,
// before the run suspects the service and not the questions. In a run of two
// questions, it is two. One question alone proves nothing about the service.
const most = 3

// An outage distinguishes a service that is down from questions that it cannot answer.
type outage struct {
	enough int            // see most
	since  time.Time      // the first fault since the last answer
	row    map[*item]bool // the questions that failed since the last answer or in the outage, without the suspects
	open   []fault        // in order of time
	ended  time.Time      // the last outage
}

// A probe is set while no request is expected to succeed. Questions are then sent
// one at a time, until one is answered.
type probe struct {
	next     time.Time     // when the next may be sent
	out      bool          // one is in flight
	interval time.Duration // between probes for credits or a reset; 0: an outage
	kind     StopKind      // what it waits for to be over, with an interval
	n        int           // how many there were, in an outage
}

// A fault is an attempt that counts against its question.
type fault struct {
	it      *item
	sent    time.Time
	at      time.Time // when it came
	charged bool      // perhaps
	parked  bool      // it used up the question's attempts; what was it, question or service?
}

// failed records a passing fault. A question that failed while the service answered
// others that were sent no earlier is a suspect: its faults prove nothing about the
// service.
func (o *outage) failed(it *item, now time.Time) {
	if o.row == nil {
		o.row, o.since = map[*item]bool{}, now
	}
	if !it.suspect {
		o.row[it] = true
	}
}

func (o *outage) suspected() bool { return len(o.row) >= o.enough }

// counted records that the attempt counts against its question, and reports whether
// it was the last one.
func (o *outage) counted(res *result, attempts int) (parked bool) {
	it := res.it
	f := fault{it: it, sent: it.sent, at: res.back, charged: asError(res.err).MaybeCharged}
	it.attempts++
	if f.charged {
		it.charged++
	}
	f.parked = it.attempts >= attempts
	o.open = append(o.open, f)
	return f.parked
}

// answered records an answer to a question that was sent at sent, and returns the
// questions that fail now.
func (o *outage) answered(sent time.Time) (giveUp []*item) {
	o.row = nil
	for _, f := range o.open {
		f.it.suspect = f.it.suspect || !f.sent.After(sent)
	}
	for len(o.open) > 0 && !o.open[0].at.After(sent) {
		if f := o.open[0]; f.parked {
			giveUp = append(giveUp, f.it)
		}
		o.open = o.open[1:]
	}
	return giveUp
}

// contradicted records an answer to a question that was sent at sent, before an
// outage was suspected. It reports whether too few questions are left that indicate
// an outage: those that were sent no later than the answered one become suspects.
func (o *outage) contradicted(sent time.Time) bool {
	before := len(o.row)
	for it := range o.row {
		if !it.sent.After(sent) {
			it.suspect = true
			delete(o.row, it)
		}
	}
	return len(o.row) < min(before, o.enough)
}

// over ends an outage. A question that failed during it does not start another one
// if it fails again.
func (o *outage) over(now time.Time) {
	for it := range o.row {
		it.suspect = true
	}
	o.row, o.ended = nil, now
}

// forgive cancels the open attempts, because they belong to the outage. It returns
// the parked questions, which are asked again.
func (o *outage) forgive() []*item {
	for _, f := range o.open {
		f.it.attempts--
		if f.charged {
			f.it.charged--
		}
		o.row[f.it] = true
	}
	return o.takeParked()
}

// takeParked closes all faults and returns the parked questions.
func (o *outage) takeParked() (items []*item) {
	for _, f := range o.open {
		if f.parked {
			items = append(items, f.it)
		}
	}
	o.open = nil
	return items
}

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
	overloaded := e.overloaded() && e.RetryAfter <= maxRetry && r.sum.Answered > 0 // for longer: it is down
	if overloaded {
		up := r.letIn.After(r.turned)
		if r.turned = it.sent; up {
			r.outage.since = res.back
			r.turnedAway(res, e)
			return
		}
	}
	r.outage.failed(it, res.back)
	if r.probe != nil || r.outage.suspected() || e.Unreached && r.sum.InFlight == 0 {
		r.suspectOutage(res, e)
		return
	}
	if overloaded {
		r.pause(res, e)
		return
	}
	it.err = res.err
	if !e.Unreached && r.outage.counted(res, r.attemptsFor(res)) {
		return // parked
	}
	wait := max(backoff(firstRetry, maxRetry, it.attempts), min(e.RetryAfter, r.o.MaxPause))
	if e.status() == 429 { // the others go first
		wait += max(0, r.paused.Sub(res.back))
	}
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

// backoff is how long to wait after the nth failure in a row: full jitter
// under an exponential ceiling.
func backoff(first, longest time.Duration, n int) time.Duration {
	ceiling := longest
	if n = max(n, 1); n < 20 {
		ceiling = min(longest, first<<(n-1))
	}
	return cmp.Or(rand.N(ceiling), 1)
}
