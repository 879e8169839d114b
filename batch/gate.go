package batch

import (
	"sync/atomic"
	"time"
)

// A gate lets requests out one after another, as far apart as the pace says.
//
// The pace is kept by the loop, which decides ahead of time when a request is
// to be sent; but a goroutine may wake up late, or be held up while it writes,
// and where the next is not, the two reach the service closer together than it
// allows. So each waits for the time since the one before was written.
type gate struct {
	turn chan struct{} // full while one waits to pass; no mutex, for it is held asleep
	last atomic.Int64  // when the last request was written, Unix nanoseconds
}

func newGate() *gate { return &gate{turn: make(chan struct{}, 1)} }

// pass returns when a request may be sent: at the given time or, if the rate is
// limited, an interval after the last one, if that is later.
func (g *gate) pass(at time.Time, interval time.Duration) {
	time.Sleep(time.Until(at))
	if interval <= 0 {
		return
	}
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	for wait := g.wait(interval); wait > 0; wait = g.wait(interval) {
		time.Sleep(wait) // meanwhile the last one may turn out to be late
	}
	g.written()
}

func (g *gate) wait(interval time.Duration) time.Duration { return time.Until(g.after(interval)) }

// written notes that a request was written now, or is about to be.
func (g *gate) written() { g.last.Store(time.Now().UnixNano()) }

// after is when the next request may be sent.
func (g *gate) after(interval time.Duration) time.Time {
	return time.Unix(0, g.last.Load()).Add(interval)
}
