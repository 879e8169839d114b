package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptrace"
	"runtime/debug"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/internal/watchdog"
)

// A result is what came of one attempt, after it was saved.
type result struct {
	it     *item
	probe  bool  // it was sent to find out whether anything succeeds
	cost   Money // reserved for it
	back   time.Time
	answer *Answer               // nil unless it was answered
	err    error                 // from the asker; nil as well: it was not sent
	action Action                // what err means
	fault  error                 // from the checkpoint, where it was not saved
	lost   checkpoint.Completion // the answer that was not saved
}

// attempt asks one question once, and saves what comes of it before anything
// else happens. It would be the nth that counts.
func (r *runner) attempt(it *item, n int, interval time.Duration, cost Money, probe bool) (res result) {
	res = result{it: it, cost: cost, probe: probe}
	if res.fault = r.store.Start(it.ID, it.sent, int64(cost)); res.fault != nil {
		res.back = time.Now()
		return res
	}
	r.gate.pass(it.sent, interval)
	ctx, cancel := context.WithCancelCause(r.asking)
	defer cancel(nil)
	timer := watchdog.New(r.o.AttemptTimeout, func() { cancel(errAttemptTimeout) })
	defer timer.Stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { r.gate.written() }})
	answer, err := r.ask(ctx, it)
	res.back = time.Now()
	if err != nil {
		r.saveError(&res, n, err)
		return res
	}
	answer.keepSources(r.o.Sources)
	done := checkpoint.Completion{Answer: encode(answer), Attempts: n, Cost: int64(cost), Started: it.sent, Finished: res.back}
	res.answer = &answer
	if res.fault = r.store.Complete(it.ID, done); res.fault != nil {
		res.lost = done
	}
	return res
}

// encode writes an answer for the checkpoint. It is paid for: where a part
// that is kept as it was sent turns out to be no JSON, the rest is kept.
func encode(a Answer) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		a.Sources, a.Steps, a.Usage, a.Metadata, a.Other = nil, nil, nil, nil, nil
		b, _ = json.Marshal(a) // strings: cannot fail
	}
	return b
}

// ask calls the asker. One that panics costs this question, not the run; one
// that always does looks like a service that is down, and costs little more.
func (r *runner) ask(ctx context.Context, it *item) (answer Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Message: fmt.Sprintf("panic: %v", p), MaybeCharged: true, Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	return r.asker.Ask(ctx, Request{Payload: it.Payload})
}

// saveError saves an attempt that brought no answer: the question fails if it
// cannot succeed, else it is pending again. Whether a passing fault counts is
// not decided here: it depends on how the others fare.
func (r *runner) saveError(res *result, n int, err error) {
	it := res.it
	res.err, res.action = err, Classify(err, res.back, r.o.MaxPause)
	e := asError(err)
	it.last = checkpoint.Fault{
		Reason: reason(err), Message: e.Error(), RequestID: e.RequestID, Started: it.sent, Finished: res.back,
	}
	f := it.last
	f.MaybeCharged, f.Cost, f.Partial = e.MaybeCharged, int64(res.cost), e.Partial
	if res.action == GiveUp {
		f.Attempts = n
		res.fault = r.store.Fail(it.ID, f)
		return
	}
	res.fault = r.store.Release(it.ID, f)
}
