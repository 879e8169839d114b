package batch

// A question whose answer does not fit what was asked for may be asked again. Its
// answer is on disk, was paid for, and is its answer until there is another: what
// becomes of the new request can only take its place. How often it was asked again
// is on disk before the request leaves, so that a kill does not add to it.

// reasked counts a request for a question that has an answer, or takes one that was
// not charged back, as the checkpoint does.
func (it *item) reasked(n int) {
	if it.Answered {
		it.Again += n
	}
}

// spent reports a question that has an answer and was asked again as often as may
// be.
func (it *item) spent(most int) bool { return it.Answered && it.Again >= most }

// settleOrReask counts an answer, or has it asked for again.
func (r *runner) settleOrReask(res *result) {
	it := res.it
	if res.reask && res.fault == nil {
		r.sum.Reasked++
		it.Answered, it.attempts = true, 0
		r.queue.again(it, res.back)
		return
	}
	res.reask = false
	r.left[it.mode()]--
	r.sum.Answered++
	r.sum.count(res.answer.Status())
	if res.unfit != nil {
		r.sum.Unfit++
	}
}

// keep counts a question that keeps the answer it has: another could not be had.
func (r *runner) keep(it *item) {
	r.left[it.mode()]--
	r.sum.Answered++
	r.sum.Unfit++
	r.event(Event{Kind: EventAnswered, Question: it.RowID, Err: it.err})
}
