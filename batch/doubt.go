package batch

import (
	"errors"
	"slices"
)

// A refusal that may be everybody's or one question's is held back until
// another question tells.
//
// The service said that a setting, the key or the address is wrong. Where a
// question is answered that was sent after that (for a setting: any that has
// it), the one that was refused is the reason, and it fails. Where those that
// were sent after it are refused as well, it is everybody, and the run stops;
// none fails.
//
// So it is with answers that have no end while nothing was ever answered: an
// answer to any other shows that it was an accident, and the question is asked
// again. Where there is none in three attempts, the run stops. Those questions
// fail then: they may have been charged, and would be each night.
//
// What is sent while one is held back comes from anywhere in the input, for odd
// questions often stand together. While two are, nothing is sent before what is
// in flight is home, and then one question at a time.

// How many that were sent to tell must be refused in a row, to stop the run.
const (
	enoughSettings = 3 // a wrong setting is refused in words that are about it; each refusal is free
	enoughAtFirst  = 2 // while nothing was answered
	enoughLater    = 5 // with nothing else in flight: where one question in ten is odd, one odd question in 100,000 is followed by five others
)

// noWholeAnswer is why a question failed whose answer has no end, as no other's.
const noWholeAnswer = "no whole answer"

// unfinished reports an attempt that may have been paid for, and whose answer
// has no end that this side waits for.
func unfinished(err error) bool {
	e := asError(err)
	return e.MaybeCharged && (e.Unfinished || errors.Is(err, ErrAttemptTimeout))
}

// hold takes in a refusal with the action Doubt, or an answer without an end.
func (r *runner) hold(res *result) {
	if res.action == Again {
		r.cut++
	}
	res.until = r.queue.given
	r.held = append(r.held, res)
	r.release()
}

// accepted notes that a question was answered.
func (r *runner) accepted(it *item) {
	r.told = max(r.told, it.given)
	r.prove(it)
	r.release()
}

// release blames the questions of which an answer has told.
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

// letGo blames the questions held back that own picks out.
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

// blame takes in a refusal that is its question's fault alone. A refusal of the
// key or of a setting is final; all else may have been an accident, once.
func (r *runner) blame(res *result) {
	e := asError(res.err)
	if res.setting == "" && e.stopKind() != StopKey && (res.action == Again || !res.it.blamed) {
		res.it.suspect, res.it.blamed = true, true
		r.again(res, e)
		return
	}
	r.giveUp(res)
}

// giveUp fails a question for an attempt that was thought not to count.
func (r *runner) giveUp(res *result) {
	res.it.attempts++
	res.it.err = res.err
	r.fail([]*item{res.it}, false)
}

// undecided reports whether nothing may be sent before something comes home. It
// stops the run once the refusals are everybody's.
func (r *runner) undecided() bool {
	n := len(r.held)
	if n > 0 && r.held[n-1].action == Again {
		n++ // which costs money: one is enough to wait
	}
	switch {
	case n < 2:
		return false
	case r.sum.InFlight > 0:
		return true
	case r.everybody() && !r.queue.empty():
		r.stopForHeld()
	}
	return false
}

// everybody reports whether enough of those held back were sent to tell.
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

// stopForHeld stops the run for what the last question was refused for.
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

// settle decides about what is held back when no other question is left to
// tell: in a run that got answers, one or two are the questions' fault, and so
// is what was refused while one that was sent just after it was answered, now or
// when it was asked before.
func (r *runner) settle() {
	first := 0 // that were not refused before
	for _, res := range r.held {
		if !res.it.blamed {
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
