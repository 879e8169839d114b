package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"bizbatch/batch"
)

// A watch shows how a run goes on: a bar on a terminal, else a line of log at
// a steady interval. What should not be missed is told as it comes.
type watch struct {
	ui *ui

	mu   sync.Mutex               // guards all below, and what is drawn
	bar  *progressbar.ProgressBar // nil: the log
	last batch.Progress
	note string // what it is waiting for
	told bool   // of a wait, although it is quiet

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
			progressbar.OptionSetWidth(u.barWidth()),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionUseANSICodes(runtime.GOOS != "windows"),
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
			w.mu.Lock()
			w.show()
			w.mu.Unlock()
		}
	}
}

// show draws the bar, or logs a line.
func (w *watch) show() {
	p := w.last
	if w.bar == nil {
		args := []any{"answered", p.Answered, "total", p.Total, "failed", p.Failed, "in_flight", p.InFlight, "spent", p.Spent.Dollars()}
		if w.note != "" {
			args = append(args, "note", w.note)
		}
		w.ui.log.Info("progress", args...)
		return
	}
	w.bar.Describe(w.text(p))
	_ = w.bar.Set(min(p.Answered+p.Failed, p.Total)) // beyond its length it fails
}

// text is what stands beside the bar. Where there is little room, what the run
// waits for comes before all else.
func (w *watch) text(p batch.Progress) string {
	note := w.note
	if time.Until(p.PausedUntil) > 0 && note == "" {
		note = "throttled until " + p.PausedUntil.Format("15:04:05")
	}
	text := fmt.Sprintf("%s · %d in flight", p.Spent, p.InFlight)
	if p.Failed > 0 {
		text += fmt.Sprintf(" · %d failed", p.Failed)
	}
	room := w.ui.width() - w.ui.barWidth() - barRest
	switch both := text + " · " + note; {
	case note == "":
	case len([]rune(both)) <= room:
		text = both
	default:
		text = note
	}
	runes := []rune(text)
	return string(runes[:max(0, min(len(runes), room))])
}

// barRest is what the share, the counts and the times beside the bar need.
const barRest = 32

// barWidth is that of the bar alone.
func (u *ui) barWidth() int {
	if u.width() < 100 {
		return 10
	}
	return 24
}

// width is the terminal's.
func (u *ui) width() int {
	if f, ok := u.err.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 80
}

// event takes in what the runner tells; it is the runner's OnEvent.
func (w *watch) event(e batch.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = e.Progress
	switch e.Kind {
	case batch.EventResumed:
		w.note = ""
	case batch.EventOutage:
		w.note = "nothing succeeds, next try " + clock(e.Wait)
	case batch.EventWaiting:
		w.note = "waiting " + waitsFor(e) + " until " + clock(e.Wait)
	case batch.EventStopping:
		w.note = "stopping"
	}
	switch {
	case w.bar != nil:
		w.above(e)
	case w.ui.quiet:
		w.urgent(e)
	default:
		w.record(e)
	}
}

// urgent tells a quiet run's user that it waits for them, once for each wait.
func (w *watch) urgent(e batch.Event) {
	switch {
	case e.Kind == batch.EventResumed:
		w.told = false
	case e.Kind == batch.EventWaiting && !w.told:
		w.told = true
		fmt.Fprintln(w.ui.err, clean(fmt.Sprintf("waiting %s: %v", waitsFor(e), e.Err)))
	}
}

// above prints what should not be missed above the bar, and draws it again.
func (w *watch) above(e batch.Event) {
	var line string
	switch e.Kind {
	case batch.EventFailed:
		line = fmt.Sprintf("failed %s: %v", e.Question, e.Err)
	case batch.EventWaiting:
		line = fmt.Sprintf("waiting %s: %v", waitsFor(e), e.Err)
	case batch.EventOutage:
		line = fmt.Sprintf("nothing succeeds (%v): one question at a time finds out when it does", e.Err)
	case batch.EventResumed:
		line = "answers arrive again"
	case batch.EventStopping:
		line = stopping(e)
	default:
		return
	}
	_ = w.bar.Clear()
	fmt.Fprintln(w.ui.err, clean(line))
	w.show()
}

// waitsFor says what must happen for the run to go on.
func waitsFor(e batch.Event) string {
	if e.For == batch.StopBalance {
		return "for credits"
	}
	return "for the limit"
}

// stopping says what a run waits for that is stopping, and how to leave at once.
func stopping(e batch.Event) string {
	if e.Progress.InFlight == 0 {
		return "stopping"
	}
	return fmt.Sprintf("stopping: waiting for %s in flight, which may be paid for already; Ctrl-C (or SIGTERM) now leaves at once",
		count(e.Progress.InFlight, "answer"))
}

// record logs what should not be missed.
func (w *watch) record(e batch.Event) {
	var text string
	switch e.Kind {
	case batch.EventFailed:
		text = "question failed"
	case batch.EventPause:
		text = "throttled, everything waits"
	case batch.EventOutage:
		text = "nothing succeeds, one question at a time finds out when it does"
	case batch.EventWaiting:
		text = "waiting " + waitsFor(e) + ", one question at a time finds out when it goes on"
	case batch.EventResumed:
		text = "answers arrive again"
	case batch.EventStopping:
		text = stopping(e)
	case batch.EventAgain:
		text = "will ask again"
	default:
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
	if e.Kind == batch.EventResumed {
		w.ui.log.Info(text, args...)
	} else {
		w.ui.log.Warn(text, args...)
	}
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
