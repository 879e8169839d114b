package batch

import (
	"context"
	"sync/atomic"
	"time"

	"bizbatch/batch/pace"
)

// A gate lets requests out one after another, as far apart as the pace says.
//
// The pace is kept by the loop, which decides ahead of time when a request is
// to be sent; but a goroutine may wake up late, or be held up while it writes,
// and where the next is not, the two reach the service closer together than it
// allows. So each waits for the time since the one before was written.
type gate struct {
	turn  chan struct{} // full while one waits to pass; no mutex, for it is held asleep
	begin time.Time     // has a monotonic reading: a clock that is set must hold nothing up
	last  atomic.Int64  // when the last request was written, nanoseconds since begin
	ahead atomic.Int64  // requests that are to pass and have not
}

func newGate() *gate {
	g := &gate{turn: make(chan struct{}, 1), begin: time.Now()}
	g.last.Store(int64(-never))
	return g
}

// come notes that a request is to pass. Then it passes, or leaves.
func (g *gate) come() { g.ahead.Add(1) }

func (g *gate) leave() { g.ahead.Add(-1) }

// pass returns when a request may be sent: at the given time or, if the rate is
// limited, an interval after the last one, if that is later. It returns an error
// as soon as ctx ends; then the request must not be sent.
func (g *gate) pass(ctx context.Context, at time.Time, interval time.Duration) error {
	defer g.leave()
	if err := sleep(ctx, time.Until(at)); err != nil || interval <= 0 {
		return err
	}
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.turn }()
	for wait := time.Until(g.next(interval)); wait > 0; wait = time.Until(g.next(interval)) {
		if err := sleep(ctx, wait); err != nil { // meanwhile the last one may turn out to be late
			return err
		}
	}
	g.written()
	return nil
}

// written notes that a request was written now, or is about to be.
func (g *gate) written() { g.last.Store(int64(time.Since(g.begin))) }

// next is when a request may be written that is so long after the last one.
func (g *gate) next(interval time.Duration) time.Time {
	return g.begin.Add(time.Duration(g.last.Load()) + interval)
}

// after is when another request may be sent. A few are given out ahead of time; each may be a
// little late, and more would pile up here, where no pause reaches them.
func (g *gate) after(interval time.Duration) time.Time {
	ahead := time.Duration(g.ahead.Load())
	if ahead <= 1+pace.Lead/max(1, interval) {
		ahead = 0
	}
	return g.next(interval * (1 + ahead))
}

// sleep returns after d, or with an error once ctx has ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
