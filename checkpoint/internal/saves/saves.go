// Package saves makes changes durable, many in one transaction.
package saves

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A Queue makes changes durable. Those that come at the same time share a
// transaction, of the type T. Its methods are safe for concurrent use.
type Queue[T any] struct {
	write      func(Group[T]) error
	failsAlone func(error) bool
	changes    chan change[T]
	done       chan struct{} // closed when nothing writes any more

	saved, commits atomic.Int64
}

// A change is a change to a request that waits for its transaction.
type change[T any] struct {
	id    int64 // of the request
	apply func(T) error
	done  chan error
}

// A Group is changes that share a transaction.
type Group[T any] []change[T]

// Apply applies the changes within a transaction, until one fails.
func (g Group[T]) Apply(tx T) error {
	for _, c := range g {
		if err := c.apply(tx); err != nil {
			return err
		}
	}
	return nil
}

// IDs returns the numbers of the requests that change.
func (g Group[T]) IDs() []int64 {
	ids := make([]int64, len(g))
	for i, c := range g {
		ids[i] = c.id
	}
	return ids
}

// maxGroup is the maximum number of changes in one transaction. A commit needs one
// sync of the disk; without groups, every change would need its own.
const maxGroup = 256

// patience is how often other goroutines may run before a group is committed, so
// that those about to save join it. This makes a quarter of the commits, and costs
// nothing if no other goroutine saves.
const patience = 2

// New returns a queue that makes groups durable with write, each in a transaction of
// its own: the whole group, or nothing of it. An error of write concerns one change
// alone if failsAlone says so.
func New[T any](write func(Group[T]) error, failsAlone func(error) bool) *Queue[T] {
	q := &Queue[T]{write: write, failsAlone: failsAlone, changes: make(chan change[T]), done: make(chan struct{})}
	go q.run()
	return q
}

// Close waits until what was passed to Save is durable. No other Save may follow. A
// queue that is nil holds nothing.
func (q *Queue[T]) Close() {
	if q == nil {
		return
	}
	close(q.changes)
	<-q.done
}

// Saves returns how many changes were made durable, and how many commits that took.
func (q *Queue[T]) Saves() (saves, commits int64) {
	if q == nil {
		return 0, 0
	}
	return q.saved.Load(), q.commits.Load()
}

// Hold is how long an answer waits for its transaction before it is also written to
// the rescue file, because another program may lock the checkpoint, or its server may
// be away. Tests make it shorter.
var Hold = 5 * time.Second

// Save makes a change to a request durable. If that takes longer than Hold, it calls
// late, unless that is nil.
func (q *Queue[T]) Save(id int64, late func(), apply func(T) error) error {
	c := change[T]{id: id, apply: apply, done: make(chan error, 1)}
	var held <-chan time.Time
	if late != nil {
		timer := time.NewTimer(Hold)
		defer timer.Stop()
		held = timer.C
	}
	for queue := q.changes; ; {
		select {
		case queue <- c:
			queue = nil
		case err := <-c.done:
			return err
		case <-held:
			late()
		}
	}
}

// run commits waiting changes together, until the queue is closed.
func (q *Queue[T]) run() {
	defer close(q.done)
	group := make(Group[T], 0, maxGroup)
	for first := range q.changes {
		group = append(group[:0], first)
		for range patience {
			runtime.Gosched()
		}
		q.commit(q.collect(group))
	}
}

// collect adds the changes that wait now to a group.
func (q *Queue[T]) collect(group Group[T]) Group[T] {
	for len(group) < maxGroup {
		select {
		case next, ok := <-q.changes:
			if !ok {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit makes a group durable. If one change cannot be applied, each is tried alone,
// so that the others are saved. An error of the store, such as a lock, a full disk or
// a server that is away, would fail all of them and take as long each time, so it
// ends the group.
func (q *Queue[T]) commit(group Group[T]) {
	err := q.apply(group)
	for i, c := range group {
		if len(group) == 1 || !q.failsAlone(err) {
			c.done <- err
			continue
		}
		alone := q.apply(group[i : i+1])
		c.done <- alone
		if alone != nil && !q.failsAlone(alone) {
			err = alone
		}
	}
}

// apply makes a whole group durable, or nothing of it.
func (q *Queue[T]) apply(group Group[T]) error {
	err := q.write(group)
	if err == nil {
		q.saved.Add(int64(len(group)))
		q.commits.Add(1)
	}
	return err
}
