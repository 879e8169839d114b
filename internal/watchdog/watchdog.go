// Package watchdog has a timer that tells a silence from a process that was
// not running.
//
// A process that was stopped (Ctrl-Z, a paused virtual machine) finds all its
// timers over when it goes on, and the answers that arrived meanwhile still
// unread. Giving those up would pay for them twice. So a [Timer] goes off in
// two halves: the second begins only when the process was there to see the
// first end, and by then has read what there was.
package watchdog

import (
	"sync"
	"time"
)

// A Timer calls a function once a time has passed without a Reset.
type Timer struct {
	mu     sync.Mutex
	timer  *time.Timer
	half   time.Duration
	second bool // half is running
}

// New starts a timer that calls f, in a goroutine of its own, after d.
func New(d time.Duration, f func()) *Timer {
	t := &Timer{half: d / 2}
	t.mu.Lock() // the timer may go off before it is set
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(t.half, func() {
		if t.over() {
			f()
		}
	})
	return t
}

// over reports whether both halves are over, and begins the second.
func (t *Timer) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.second {
		return true
	}
	t.second = true
	t.timer.Reset(t.half)
	return false
}

// Reset starts the time anew, with d from now.
func (t *Timer) Reset(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.half, t.second = d/2, false
	t.timer.Reset(t.half)
}

// Stop ends the timer. The function may be running.
func (t *Timer) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
}
