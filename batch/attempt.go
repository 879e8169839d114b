package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
	"bizbatch/internal/watchdog"
)

// A result is the outcome of one attempt, after it was saved.
type result struct {
	it       *item
	probe    bool  // it was sent to find out whether anything succeeds
	cost     Money // reserved for it
	paid     Money // what the answer cost
	guessed  bool  // paid is not known, and taken to be what was reserved
	back     time.Time
	answer   *Answer  // nil unless it was answered
	toLookAt []string // what to look at in it
	unfit    error    // why the answer does not fit
	reask    bool     // it is asked for again
	err      error    // from the asker; nil as well: it was not sent
	action   Action   // what err means
	setting  string   // of the run, which err refuses; then action is Doubt
	accepted bool     // by the service, before it failed or was answered
	heard    bool     // the pacer was told what the service said
	until    int      // the last question given out before it was held back; see hold
	fault    error    // from the checkpoint, where it was not saved

	held *checkpoint.HeldError // the fault, where other hosts know why it is not to be sent
}

// An accepted reports that the service accepted a request and has not answered it
// yet.
type accepted struct {
	res    *result
	at     time.Time
	limits pace.Limits
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
		r.gate.leave()
		res.held, res.back = asHeld(res.fault), time.Now()
		return
	}
	it.reasked(1)
	if r.gate.pass(r.admitting, it.sent, apart) != nil {
		it.reasked(-1)
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
	a, err := r.asker.Ask(ctx, Request{Payload: res.it.Payload, accepted: func(l pace.Limits) {
		once.Do(func() {
			res.accepted = true
			r.accept <- accepted{res, time.Now(), l}
		})
	}, step: func(title string) { r.o.OnStep(res.it.RowID, title) }})
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
	if r.o.Fits != nil {
		res.unfit = r.o.Fits(res.answer)
		res.reask = res.unfit != nil && res.it.Again < r.o.Reask
	}
	var label string
	res.toLookAt, label = r.check(res)
	res.fault = r.run.Complete(res.it.ID, checkpoint.Completion{
		Answer: encode(*res.answer), Label: label, Attempts: n, Cost: int64(res.paid), Started: res.it.sent, Finished: res.back,
		Unfit: res.unfit != nil, Again: res.reask,
	})
}

// checked begins the label of an answer that Options.Check has seen.
const checked = "checked"

// check returns what to look at in an answer, and the label by which the checkpoint
// counts it. The answer is paid for: a check that panics does not keep it from
// being saved.
func (r *runner) check(res *result) (kinds []string, label string) {
	if s := res.answer.Status(); s != Answered {
		kinds, label = []string{string(s)}, string(s)
	}
	if r.o.Check == nil {
		return kinds, label
	}
	defer func() { _ = recover() }()
	found := r.o.Check(res.answer, res.it.Payload)
	return found, strings.Join(append([]string{checked}, found...), " ")
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
	if res.fault = r.run.Release(it.ID, f); !f.MaybeCharged {
		it.reasked(-1)
	}
}
