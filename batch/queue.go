package batch

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"bizbatch/checkpoint"
)

// An item is a question on its way through a run.
type item struct {
	checkpoint.Request
	attempts  int       // in this run, that counted
	charged   int       // of those, so many may have been charged
	due       time.Time // not to be sent before
	given     int       // it was the so-manieth to be given out
	tells     bool      // it was given out while another was held back; see hold
	leads     bool      // it was given out to tell whether anything is let in; see throttles
	blamed    bool      // it was refused while the service answered others; see blame
	suspect   bool      // it failed while the service answered others
	sent      time.Time // its last attempt
	others    int       // in flight beside that
	first     bool      // that is its first attempt in this run, and it does not lead
	newBefore int       // until then, so many new questions were sent
	turn      int       // set aside until so many new questions are sent, or there is no other; see throttles
	throttles
	last checkpoint.Fault // of its last attempt, and not what it may have cost
	err  error
}

func (it *item) mode() AskMode { return AskMode(it.Mode) }

// A queue gives out the questions to ask: those waiting for another attempt
// when they are due, else the next pending one of the checkpoint.
type queue struct {
	run       checkpoint.Run
	size      int    // how many are claimed at a time
	left      int    // questions not given out yet
	inOrder   bool   // only the first left may be asked
	given     int    // questions given out, each as often as it was
	firsts    firsts // see throttles
	doubt     bool   // a question is held back: the next is to tell; see hold
	scattered bool   // new questions are taken from anywhere: a 429 may be about those that stand together
	page      []checkpoint.Request
	waiting   waiting
	aside     []*item // throttled: others go first
	last      []*item // refused, in this run or an earlier one: all others go first
}

// empty reports whether there is nothing left to give out, now or later.
func (q *queue) empty() bool {
	return q.left+len(q.waiting)+len(q.aside)+len(q.last) == 0
}

// due returns when the next item can be given out: a time in the past where one
// can at once. The queue must not be empty.
func (q *queue) due() time.Time {
	if q.left > 0 || len(q.aside) > 0 || len(q.last) > 0 && !q.failedBefore() {
		return time.Time{}
	}
	return q.waiting[0].due
}

// failedBefore reports whether a question waits because it failed, and not for a 429.
func (q *queue) failedBefore() bool {
	return slices.ContainsFunc(q.waiting, func(it *item) bool { return it.n == 0 })
}

// next gives out an item, or nil where none is due.
func (q *queue) next(now time.Time, probe bool) (*item, error) {
	it, err := q.pick(now, probe || q.doubt)
	if it != nil {
		q.given++
		it.given, it.tells, it.leads = q.given, q.doubt, probe
	}
	return it, err
}

// pick finds the item. As a probe, a new question tells more than one that
// failed before, and most of all one from anywhere further down: those that a
// service cannot answer often stand together.
func (q *queue) pick(now time.Time, probe bool) (*item, error) {
	if len(q.waiting) > 0 && !q.waiting[0].due.After(now) && !(probe && q.left > 0) {
		return heap.Pop(&q.waiting).(*item), nil
	}
	if !probe && q.left > 0 && rand.IntN(2) == 0 {
		if it := q.fromAside(q.firsts.sent); it != nil {
			return it, nil
		}
	}
	for q.left > 0 {
		it, err := q.claim(probe || q.scattered)
		if it == nil || err != nil || !refusedBefore(it.Reason) {
			return it, err
		}
		q.last = append(q.last, it)
	}
	if !q.failedBefore() {
		q.aside, q.last = append(q.aside, q.last...), nil
	}
	return q.fromAside(math.MaxInt), nil
}

// claim takes out the next question of the checkpoint, or one from anywhere in it. It is nil
// if there is none.
func (q *queue) claim(anywhere bool) (*item, error) {
	if anywhere && !q.inOrder {
		if found, err := q.run.ClaimAny(); found != nil || err != nil {
			return q.out(found), err
		}
	}
	if len(q.page) == 0 {
		page, err := q.run.Claim(min(q.size, q.left))
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			q.left = 0
			return nil, nil
		}
		q.page = page
	}
	at := 0
	if anywhere {
		at = rand.IntN(len(q.page))
	}
	found := q.page[at]
	q.page[at] = q.page[0]
	q.page = q.page[1:]
	return q.out(&found), nil
}

// out returns a question that is taken out now; nil: none was found.
func (q *queue) out(found *checkpoint.Request) *item {
	if found == nil {
		return nil
	}
	q.left--
	return &item{Request: *found, throttles: throttledBefore(found.Reason)}
}

// sent notes that an item is sent at a time, with so many others in flight.
func (q *queue) sent(it *item, at time.Time, others int) {
	if it.first = it.sent.IsZero() && !it.leads; it.first {
		q.firsts.sent++
	}
	it.sent, it.others, it.newBefore = at, others, q.firsts.sent
}

// again takes an item back, to be given out when due.
func (q *queue) again(it *item, due time.Time) {
	it.due = due
	heap.Push(&q.waiting, it)
}

// setAside takes back an item that others go before.
func (q *queue) setAside(it *item) { q.aside = append(q.aside, it) }

// fromAside gives out an item that was set aside and whose turn is come by the
// nth new question, or nil.
func (q *queue) fromAside(n int) *item {
	at := slices.IndexFunc(q.aside, func(it *item) bool { return it.turn < n })
	if at < 0 {
		return nil
	}
	it := q.aside[at]
	q.aside = slices.Delete(q.aside, at, at+1)
	return it
}

// unsent returns everything that waits.
func (q *queue) unsent() []*item { return slices.Concat(q.waiting, q.aside, q.last) }

// waiting is a heap of items by the time when they are due.
type waiting []*item

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)        { *w = append(*w, x.(*item)) }

func (w *waiting) Pop() any {
	last := len(*w) - 1
	it := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	return it
}
