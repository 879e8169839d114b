package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"bizbatch/batch"
)

// A watch shows how a run goes on: a bar on a terminal, else a line of log at
// a steady interval. Failures and waits are told as they come.
type watch struct {
	ui  *ui
	bar *progressbar.ProgressBar // nil: the log

	mu   sync.Mutex
	last batch.Progress
	note string // what it is waiting for

	stop, stopped chan struct{}
}

// redraw is how often the bar shows the time that passed.
const redraw = 250 * time.Millisecond

func (u *ui) watch(plan batch.Plan, limit int) *watch {
	w := &watch{ui: u, stop: make(chan struct{}), stopped: make(chan struct{})}
	total := plan.ToAsk()
	if limit > 0 {
		total = min(total, limit)
	}
	w.last.Total = total
	interval := u.interval
	if u.terminal && !u.quiet && total > 0 { // a bar of length 0 is an error to its package
		interval = redraw
		w.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(u.err),
			progressbar.OptionSetWidth(24),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetRenderBlankState(true),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
		)
	}
	go w.tick(interval)
	return w
}

func (w *watch) tick(interval time.Duration) {
	defer close(w.stopped)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-ticker.C:
			w.show()
		}
	}
}

// show draws the bar, or logs a line.
func (w *watch) show() {
	w.mu.Lock()
	p, note := w.last, w.note
	w.mu.Unlock()
	if w.bar == nil {
		args := []any{"answered", p.Answered, "total", p.Total, "failed", p.Failed, "in_flight", p.InFlight, "spent", p.Spent.Dollars()}
		if note != "" {
			args = append(args, "note", note)
		}
		w.ui.log.Info("progress", args...)
		return
	}
	if wait := time.Until(p.PausedUntil); wait > 0 {
		note = "throttled, paused until " + p.PausedUntil.Format("15:04:05")
	}
	text := fmt.Sprintf("%d in flight  %s", p.InFlight, p.Spent)
	if p.Failed > 0 {
		text += fmt.Sprintf("  %d failed", p.Failed)
	}
	if note != "" {
		text += "  " + note
	}
	w.bar.Describe(text)
	_ = w.bar.Set(p.Answered + p.Failed) // beyond its length at worst: nothing to tell
}

// event takes in what the runner tells; it is the runner's OnEvent.
func (w *watch) event(e batch.Event) {
	w.mu.Lock()
	w.last = e.Progress
	switch e.Kind {
	case batch.EventResumed:
		w.note = ""
	case batch.EventOutage:
		w.note = "nothing succeeds, trying again at " + clock(e.Wait)
	case batch.EventWaiting:
		w.note = "waiting, trying again at " + clock(e.Wait)
	case batch.EventStopping:
		w.note = fmt.Sprintf("stopping, waiting for %d in flight; Ctrl-C again stops at once", e.Progress.InFlight)
	}
	w.mu.Unlock()
	w.tell(e)
}

// tell prints the events that should not be missed.
func (w *watch) tell(e batch.Event) {
	var text string
	switch e.Kind {
	case batch.EventFailed:
		text = "question failed"
	case batch.EventPause:
		text = "throttled, everything waits"
	case batch.EventOutage:
		text = "nothing succeeds, one question at a time finds out when it does"
	case batch.EventWaiting:
		text = "waiting, one question at a time finds out when it goes on"
	case batch.EventResumed:
		text = "answers arrive again"
	case batch.EventStopping:
		text = "stopping, requests in flight come home"
	case batch.EventAgain:
		text = "will ask again"
	default:
		return
	}
	if w.bar != nil {
		if e.Kind == batch.EventFailed {
			w.printAbove(fmt.Sprintf("failed %s: %v", e.Question, e.Err))
		}
		return
	}
	var args []any
	if e.Question != "" {
		args = append(args, "question", e.Question)
	}
	if e.Err != nil {
		args = append(args, "error", clean(e.Err.Error()))
	}
	if e.Wait > 0 {
		args = append(args, "wait_seconds", e.Wait.Round(time.Millisecond).Seconds())
	}
	if e.Kind == batch.EventStopping {
		args = append(args, "in_flight", e.Progress.InFlight)
	}
	switch e.Kind {
	case batch.EventResumed:
		w.ui.log.Info(text, args...)
	default:
		w.ui.log.Warn(text, args...)
	}
}

func (w *watch) printAbove(line string) {
	_ = w.bar.Clear()
	fmt.Fprintln(w.ui.err, clean(line))
	_ = w.bar.RenderBlank()
}

// end stops showing and clears the bar.
func (w *watch) end() {
	close(w.stop)
	<-w.stopped
	if w.bar != nil {
		_ = w.bar.Clear()
	}
}

func clock(wait time.Duration) string { return time.Now().Add(wait).Format("15:04:05") }
