package batch

import "slices"

// A refusal that may be everybody's or one question's is held back until
// another question tells.
//
// The service said that a setting, the key or the address is wrong. Where a
// question is answered that was sent after that (for a setting: any that has
// it), the one that was refused is the reason, and it fails. Where those that
// were sent after it are refused as well, it is everybody, and the run stops;
// none fails.
//
// What is sent while one is held back comes from anywhere in the input, for odd
// questions often stand together. While two are, nothing is sent before what is
// in flight is home, and then one question at a time.

// How many that are sent to tell must be refused in a row, to stop the run: more
// once it got answers. Where one question in ten is odd, one odd question in
// 10,000 is followed by four others.
const (
	enoughAtFirst = 1
	enoughLater   = 4
)

// hold takes in a refusal with the action Doubt.
func (r *runner) hold(res *result) {
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
		if res.setting != "" {
			return !r.unproven[res.setting]
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
// key or of a setting is final; a page may have been an accident.
func (r *runner) blame(res *result) {
	e := asError(res.err)
	if res.setting == "" && e.stopKind() == StopEndpoint {
		res.it.suspect = true
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
	switch {
	case len(r.held) < 2:
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
	enough := enoughLater
	if r.sum.Answered == 0 || r.held[len(r.held)-1].setting != "" {
		enough = enoughAtFirst
	}
	for _, res := range r.held {
		if res.it.tells {
			enough--
		}
	}
	return enough <= 0
}

// stopForHeld stops the run for what the last question was refused for.
func (r *runner) stopForHeld() {
	last := r.held[len(r.held)-1]
	if last.setting == "" {
		r.stopFor(asError(last.err).stopKind(), last.err)
		return
	}
	r.stopFor(StopSettings, last.err)
	r.stop.Setting = last.setting
}

// settle decides about what is held back when no other question is left to
// tell: in a run that got answers, one or two are the questions' fault, and so
// is what was refused while one that was sent just after it was answered.
func (r *runner) settle() {
	few := r.sum.Answered > 0 && len(r.held) < most
	if r.stop == nil {
		r.letGo(func(res *result) bool { return res.setting == "" && (few || res.it.given < r.told) })
	}
	if len(r.held) > 0 && r.stop == nil {
		r.stopForHeld()
	}
	for _, res := range r.held {
		r.queue.again(res.it, res.back) // pending, for the next run
	}
	r.held = nil
}
