package batch

import (
	"errors"
	"slices"
	"strings"

	"bizbatch/checkpoint"
)

// A refusal may concern all questions or one. It is held back until the outcome of
// another question decides.
//
// The service said that a setting, the key or the address is wrong. If a question is
// answered that was sent later (for a setting: any question with the setting), the
// refusal concerns its own question, which fails. If questions that were sent later
// are refused too, it concerns all of them: the run stops, and none fails.
//
// Answers without an end are handled in the same way as long as the run has no answer. If
// another question is answered, the fault was an accident, and the question is asked
// again. If three attempts bring no complete answer, the run stops. These questions
// fail, because they may have been charged and would be charged again every night, and no
// run asks others until the user wants it.
//
// While one refusal is held back, the next questions are taken from anywhere in the
// input, because similar questions are often adjacent. While two are, nothing is sent
// until all requests in flight have returned, and then one question at a time.

// The number of test questions in a row that must be refused to stop the run.
const (
	enoughSettings = 3 // a wrong setting is refused in words that are about it; each refusal is free
	enoughAtFirst  = 2 // while nothing was answered
	enoughLater    = 5 // with nothing else in flight: where one question in ten is odd, one odd question in 100,000 is followed by five others
)

// noWholeAnswer is the reason of a failed question whose answer has no end, in a run
// without any complete answer.
const noWholeAnswer = "no whole answer"

// mayNeverEnd reports whether an attempt may have been charged, its answer did not end in
// time, and perhaps none does. If an earlier run got answers, one question proves nothing,
// nor does a service that accepts no request: it is down.
func (r *runner) mayNeverEnd(res *result) bool {
	return res.unfinished() && r.sum.Answered == 0 && (r.fresh || res.accepted && r.sum.Total > 1)
}

// unfinished reports whether an attempt may have been charged, and its answer did not end,
// or not in time.
func (res *result) unfinished() bool {
	e := asError(res.err)
	return e.MaybeCharged && (e.Unfinished || e.Broken || errors.Is(res.err, ErrAttemptTimeout))
}

// eachTime ends the reason of a failed question if every attempt of a run may have been
// charged, and none brought a whole answer. The next run makes only one such attempt, and
// then the question fails until the user wants it asked again.
const eachTime = ", each time"

// Endless reports whether a question failed for this reason because every attempt may have
// been charged, and none brought a whole answer. See [Options].RetryFailed.
func Endless(reason string) bool { return strings.HasSuffix(reason, eachTime) }

// attemptsFor returns how many attempts the question of a failed one has.
func (r *runner) attemptsFor(res *result) int {
	if asError(res.err).MaybeCharged && Endless(res.it.Reason) && !r.o.RetryFailed {
		return 1
	}
	return r.o.MaxAttempts
}

// stillUnfinished reports whether the previous run stopped because no answer ends, and
// the user did not say that anything changed. That run failed its questions, and with
// them imported again, or others in their place, it is known that something did. If it
// was refreshing answers, which stay, Options.RetryFailed says so.
func (r *runner) stillUnfinished(begun checkpoint.Begun) bool {
	if begun.LastOutcome != string(StopUnfinished) || r.o.RetryFailed || r.queue.left == 0 {
		return false
	}
	return begun.Reasons[noWholeAnswer] > 0 || total(begun.PendingByMode) == 0
}

// hold holds back a question whose error is a Doubt, or whose answer has no end.
func (r *runner) hold(res *result) {
	if res.action == Again {
		r.countCut(res)
	}
	if _, known := r.unproven[res.setting]; !known { // no question sends it
		r.unproven[res.setting] = r.fresh && r.sum.Answered == 0
	}
	res.until = r.queue.given
	r.held = append(r.held, res)
	r.release()
}

// countCut counts an answer that has no end. Connections that broke together count once: one
// accident may have broken them.
func (r *runner) countCut(res *result) {
	if together := asError(res.err).Broken && res.it.sent.Before(r.cutAt); !together {
		r.cut++
		r.cutAt = res.back
	}
}

// accepted records that a question was answered.
func (r *runner) accepted(it *item) {
	r.told = max(r.told, it.given)
	r.prove(it)
	r.release()
}

// release blames the held questions that later answers have shown to be at fault.
func (r *runner) release() {
	r.letGo(func(res *result) bool {
		switch {
		case res.setting != "":
			return !r.unproven[res.setting]
		case res.action == Again:
			return r.sum.Answered > 0
		}
		return res.until < r.told
	})
}

// letGo blames the held questions that own selects.
func (r *runner) letGo(own func(*result) bool) {
	held := r.held
	r.held = slices.DeleteFunc(slices.Clone(held), own)
	r.queue.doubt = len(r.held) > 0
	for _, res := range held {
		if own(res) {
			r.blame(res)
		}
	}
}

// blame handles a refusal that concerns only its question. A refusal of the key or
// of a setting is final. Any other may have been an accident, so the question gets a
// second attempt.
func (r *runner) blame(res *result) {
	e := asError(res.err)
	if res.setting == "" && e.stopKind() != StopKey && (res.action == Again || !res.it.blamed) {
		res.it.suspect, res.it.blamed = true, true
		r.again(res, e)
		return
	}
	r.giveUp(res)
}

// giveUp fails a question for an attempt that had not been counted.
func (r *runner) giveUp(res *result) {
	res.it.attempts++
	res.it.err = res.err
	r.fail([]*item{res.it}, asError(res.err).overloaded())
}

// undecided reports whether nothing may be sent before another result arrives. It
// stops the run when enough refusals show that all questions are refused.
func (r *runner) undecided() bool {
	n := len(r.held)
	if n > 0 && r.held[n-1].action == Again {
		n++ // which costs money: one is enough
	}
	switch {
	case r.cut > 0 && r.sum.Answered == 0 && r.sum.InFlight > 0:
		return true // also where it was held back before, and is asked again
	case n < 2:
		return false
	case r.sum.InFlight > 0:
		return true
	case r.everybody() && !r.queue.empty():
		r.stopForHeld()
	}
	return false
}

// everybody reports whether enough of the questions that were sent as a test were
// refused.
func (r *runner) everybody() bool {
	last := r.held[len(r.held)-1]
	enough := enoughLater
	switch {
	case last.action == Again:
		return r.cut >= r.outage.enough
	case last.setting != "":
		enough = enoughSettings
	case r.sum.Answered == 0:
		enough = enoughAtFirst
	}
	for _, res := range r.held {
		if res.it.tells && !res.it.blamed && (r.sum.Answered == 0 || last.setting != "" || res.it.others == 0) {
			enough--
		}
	}
	return enough <= 0
}

// stopForHeld stops the run for the reason of the last refusal.
func (r *runner) stopForHeld() {
	last := r.held[len(r.held)-1]
	switch {
	case last.setting != "":
		r.stopFor(StopSettings, last.err)
		r.stop.Setting = last.setting
	case last.action == Again:
		r.stopFor(StopUnfinished, last.err)
	default:
		r.stopFor(asError(last.err).stopKind(), last.err)
	}
}

// settle decides about held questions when no other question is left to test with.
// In a run with answers, one or two refusals concern their questions. So does a
// refusal if a question that was sent just after it was answered, now or when it was
// asked before.
func (r *runner) settle() {
	first := 0 // that nothing was answered after, and were not refused before
	for _, res := range r.held {
		if !res.it.blamed && res.it.given >= r.told {
			first++
		}
	}
	few := r.sum.Answered > 0 && first < most
	if r.stop == nil {
		r.letGo(func(res *result) bool {
			if res.action == Again {
				return r.cut < r.outage.enough
			}
			return res.setting == "" && (few || res.it.blamed || res.it.given < r.told)
		})
	}
	if len(r.held) > 0 && r.stop == nil {
		r.stopForHeld()
	}
	for _, res := range r.held {
		if res.action == Again && r.stop.Kind == StopUnfinished {
			res.it.last.Reason = noWholeAnswer
			r.giveUp(res)
		} else {
			r.queue.again(res.it, res.back) // pending, for the next run
		}
	}
	r.held = nil
}
