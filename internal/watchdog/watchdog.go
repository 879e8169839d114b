// Package watchdog has a timer that tells a silence from a process that was
// not running.
//
// A process that was stopped (Ctrl-Z, a paused virtual machine) finds all its
// timers over when it goes on, and the answers that arrived meanwhile still
// unread. Giving those up would pay for them twice. So a [Timer] counts its
// time in slices: each begins only when the process was there to see the one
// before end, and by the last it has read what there was.
package watchdog

import (
	"sync"
	"time"
)

// A Timer calls a function once a time has passed without a Reset.
type Timer struct {
	mu    sync.Mutex
	f     func()
	timer *time.Timer
	slice time.Duration
	left  int       // slices, the running one included; 0: stopped, or f was called
	due   time.Time // the end of the running slice: a tick before it belongs to an earlier one
}

const slices = 8

// New starts a timer that calls f, in a goroutine of its own, after d. f must
// not call the timer, which waits for it to return.
func New(d time.Duration, f func()) *Timer {
	t := &Timer{f: f}
	t.mu.Lock() // the timer may go off before it is set
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(d/slices, t.tick)
	t.begin(d/slices, slices)
	return t
}

// begin starts a slice.
func (t *Timer) begin(slice time.Duration, left int) {
	t.slice, t.left = slice, left
	t.due = time.Now().Add(slice)
	t.timer.Reset(slice)
}

// tick ends the running slice. It may come late, after a Reset or Stop that it
// has crossed, and changes nothing then.
func (t *Timer) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.left == 0 || time.Now().Before(t.due):
	case t.left == 1:
		t.left = 0
		t.f()
	default:
		t.begin(t.slice, t.left-1)
	}
}

// Reset starts the time anew, with d from now, also after a Stop.
func (t *Timer) Reset(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(d/slices, slices)
}

// Stop ends the timer. The function is not running when Stop returns, and is
// not called any more.
func (t *Timer) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = 0
	t.timer.Stop()
}
