package batch

// A question whose answer does not fit what was asked for may be asked again. Its
// answer is on disk, was paid for, and is its answer until there is another: what
// becomes of the new request can only take its place. How often it was asked again
// is on disk before the request leaves, so that a kill does not add to it.

// unfit is what there is to look at in an answer that does not fit, as package check
// calls it.
const unfit = "unfit"

// unfit reports whether a question has an answer, which does not fit.
func (it *item) unfit() bool { return it.Answered && !it.Refresh }

// reasked counts a request for a question whose answer does not fit, or takes one that
// was not charged back, as the checkpoint does.
func (it *item) reasked(n int) {
	if it.unfit() {
		it.Again += n
	}
}

// asAgain returns 1 for a question whose answer does not fit, as a count of requests
// for another.
func (it *item) asAgain() int {
	if it.unfit() {
		return 1
	}
	return 0
}

// spent reports whether a question has an answer that does not fit and was asked again
// as often as may be.
func (it *item) spent(most int) bool { return it.unfit() && it.Again >= most }

// settleOrReask counts an answer, or has it asked for again, and returns what is to
// be told.
func (r *runner) settleOrReask(res *result) EventKind {
	it := res.it
	r.sum.Reasked += it.asAgain()
	r.refreshed(it)
	if res.reask && res.fault == nil {
		it.Answered, it.attempts = true, 0
		r.queue.again(it, res.back)
		return EventUnfit
	}
	r.left[it.mode()]--
	r.sum.Answered++
	r.sum.count(res.answer.Status())
	r.sum.lookAt(res.toLookAt)
	if res.unfit != nil {
		r.sum.Unfit++
	}
	return EventAnswered
}

// keep counts a question that keeps the answer it has: another could not be had.
func (r *runner) keep(it *item) {
	r.left[it.mode()]--
	r.sum.Answered++
	r.sum.Unfit++
	r.sum.lookAt([]string{unfit})
	r.event(Event{Kind: EventAnswered, Question: it.RowID, Err: it.err})
}
