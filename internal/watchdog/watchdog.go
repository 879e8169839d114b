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
	timer *time.Timer
	slice time.Duration
	left  int // slices, the running one included
}

const slices = 8

// New starts a timer that calls f, in a goroutine of its own, after d.
func New(d time.Duration, f func()) *Timer {
	t := &Timer{slice: d / slices, left: slices}
	t.mu.Lock() // the timer may go off before it is set
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.slice, func() {
		if t.over() {
			f()
		}
	})
	return t
}

// over reports whether the last slice is over, and begins the next if not.
func (t *Timer) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left--; t.left <= 0 {
		return true
	}
	t.timer.Reset(t.slice)
	return false
}

// Reset starts the time anew, with d from now.
func (t *Timer) Reset(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slice, t.left = d/slices, slices
	t.timer.Reset(t.slice)
}

// Stop ends the timer. The function may be running.
func (t *Timer) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
}
