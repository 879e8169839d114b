package batch

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"bizbatch/checkpoint"
)

// An item is a question on its way through a run.
type item struct {
	checkpoint.Request
	attempts int              // in this run, that counted
	due      time.Time        // not to be sent before
	suspect  bool             // it failed while the service answered others
	sent     time.Time        // its last attempt
	others   int              // in flight beside that
	last     checkpoint.Fault // of its last attempt, and not what it may have cost
	err      error
}

func (it *item) mode() AskMode { return AskMode(it.Mode) }

// A queue gives out the questions to ask: those waiting for another attempt
// when they are due, else the next pending one of the checkpoint, a page at a
// time.
type queue struct {
	store   *checkpoint.Store
	left    int   // questions not given out yet
	rows    int64 // of the input, where any of them may be asked; 0: only the first left
	after   int64
	early   map[int64]bool // questions beyond the page that were given out as probes
	page    []checkpoint.Request
	waiting waiting
}

const pageSize = 512

// empty reports that there is nothing left to give out, now or later.
func (q *queue) empty() bool { return q.left == 0 && len(q.waiting) == 0 }

// due is when the next item can be given out: a time in the past where one
// can at once. The queue must not be empty.
func (q *queue) due() time.Time {
	if q.left > 0 {
		return time.Time{}
	}
	return q.waiting[0].due
}

// next gives out an item, or nil where none is due. As a probe, a new question
// tells more than one that failed before, and most of all one from anywhere
// further down: those that a service cannot answer often stand together.
func (q *queue) next(now time.Time, probe bool) (*item, error) {
	if len(q.waiting) > 0 && !q.waiting[0].due.After(now) && !(probe && q.left > 0) {
		return heap.Pop(&q.waiting).(*item), nil
	}
	if q.left == 0 {
		return nil, nil
	}
	if len(q.page) == 0 {
		page, err := q.store.Pending(q.after, pageSize)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			q.left = 0
			return nil, nil
		}
		q.after = page[len(page)-1].Position
		page = slices.DeleteFunc(page, func(r checkpoint.Request) bool { return q.early[r.ID] })
		q.page = page[:min(len(page), q.left)] // the rest is beyond Options.Limit
		if len(q.page) == 0 {
			return q.next(now, probe)
		}
	}
	at := 0
	if probe {
		it, err := q.farther()
		if it != nil || err != nil {
			return it, err
		}
		at = rand.IntN(len(q.page))
	}
	q.left--
	it := &item{Request: q.page[at]}
	if at == 0 {
		q.page = q.page[1:]
	} else {
		q.page = slices.Delete(q.page, at, at+1)
	}
	return it, nil
}

// farther gives out a question from anywhere from the page on, unless that is
// in the page or has been given out.
func (q *queue) farther() (*item, error) {
	first := q.page[0].Position
	if q.rows <= q.after {
		return nil, nil
	}
	position := first + rand.Int64N(q.rows-first+1)
	if position <= q.after {
		return nil, nil
	}
	found, err := q.store.Pending(position-1, 1)
	if err != nil || len(found) == 0 || q.early[found[0].ID] {
		return nil, err
	}
	q.left--
	q.early[found[0].ID] = true
	return &item{Request: found[0]}, nil
}

// again takes an item back, to be given out when due.
func (q *queue) again(it *item, due time.Time) {
	it.due = due
	heap.Push(&q.waiting, it)
}

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
