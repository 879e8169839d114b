package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/internal/watchdog"
)

// A result is the outcome of one attempt, after it was saved.
type result struct {
	it      *item
	probe   bool  // it was sent to find out whether anything succeeds
	cost    Money // reserved for it
	paid    Money // what the answer cost
	guessed bool  // paid is not known, and taken to be what was reserved
	back    time.Time
	answer  *Answer // nil unless it was answered
	err     error   // from the asker; nil as well: it was not sent
	action  Action  // what err means
	setting string  // of the run, which err refuses; then action is Doubt
	heard   bool    // the pacer was told what the service said
	until   int     // the last question given out before it was held back; see hold
	fault   error   // from the checkpoint, where it was not saved
}

// An accepted reports that the service accepted a request and has not answered it
// yet.
type accepted struct {
	res    *result
	at     time.Time
	limits Limits
}

// attempt asks one question once and saves the outcome before anything else happens.
// If it counts, it is the nth attempt.
//
// Thousands of goroutines wait here, each with its own stack. Variables that need
// room therefore belong in the functions that attempt calls before and after the
// wait.
func (r *runner) attempt(res *result, n int, apart time.Duration) {
	it := res.it
	if res.fault = r.run.Start(it.ID, it.sent, int64(res.cost)); res.fault != nil {
		res.back = time.Now()
		return
	}
	if r.gate.pass(r.admitting, it.sent, apart) != nil {
		res.fault = r.run.Release(it.ID, it.last) // no attempt: it was not sent
		res.back = time.Now()
		return
	}
	res.answer, res.err = r.ask(res)
	res.back = time.Now()
	if res.err != nil {
		r.saveError(res, n)
	} else {
		r.saveAnswer(res, n)
	}
}

// ask calls the asker. A panic counts as a failed attempt of its question. If every
// question panics, the run stops as for a service that is down.
func (r *runner) ask(res *result) (answer *Answer, err error) {
	ctx, cancel := context.WithCancelCause(r.asking)
	defer cancel(nil)
	timer := watchdog.New(r.o.AttemptTimeout, func() { cancel(ErrAttemptTimeout) })
	defer timer.Stop()
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Message: fmt.Sprintf("panic: %v", p), MaybeCharged: true, Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	var once sync.Once
	a, err := r.asker.Ask(ctx, Request{Payload: res.it.Payload, accepted: func(l Limits) {
		once.Do(func() { r.accept <- accepted{res, time.Now(), l} })
	}})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

func (r *runner) saveAnswer(res *result, n int) {
	res.paid = res.cost
	if r.o.CostOf != nil {
		if paid, ok := r.o.CostOf(res.answer); ok {
			res.paid = paid
		} else {
			res.guessed = true
		}
	}
	res.answer.keepSources(r.o.Sources)
	res.fault = r.run.Complete(res.it.ID, checkpoint.Completion{
		Answer: encode(*res.answer), Label: res.answer.label(), Attempts: n, Cost: int64(res.paid), Started: res.it.sent, Finished: res.back,
	})
}

// encode encodes an answer for the checkpoint. The answer is paid for, so a part
// that turns out to be invalid JSON is dropped and the rest is kept.
func encode(a Answer) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		a.Sources, a.Steps, a.Usage, a.Metadata, a.Other = nil, nil, nil, nil, nil
		b, _ = json.Marshal(a) // strings: cannot fail
	}
	return b
}

// saveError saves an attempt without an answer: the question fails if it cannot
// succeed, and otherwise becomes pending. The run decides later, from the outcomes
// of other questions, whether a passing fault counts and whether all questions meet
// the refusal.
func (r *runner) saveError(res *result, n int) {
	it, e := res.it, asError(res.err)
	if e.echoes(it.Payload) {
		own := *e // an Asker may return the same error to others
		own.echo = true
		e, res.err = &own, &own
	}
	res.action = Classify(res.err, res.back, r.o.MaxPause)
	it.last = checkpoint.Fault{
		Reason: reason(res.err), Message: e.Error(), RequestID: e.RequestID, Started: it.sent, Finished: res.back,
	}
	f := it.last
	f.MaybeCharged, f.Cost, f.Partial = e.MaybeCharged, int64(res.cost), e.Partial
	if res.action == GiveUp || res.action == Doubt {
		if res.setting = r.common.refused(e, it.Payload); res.setting != "" {
			res.action = Doubt
		}
	}
	if res.action == GiveUp {
		f.Attempts = n
		res.fault = r.run.Fail(it.ID, f)
		return
	}
	res.fault = r.run.Release(it.ID, f)
}
