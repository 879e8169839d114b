package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"bizbatch/batch"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
)

// A Progress shows how a run goes on: a bar on a terminal, else a line of log at
// a steady interval. What should not be missed is told as it comes.
type Progress struct {
	printer *Printer

	mu    sync.Mutex               // guards all below, and what is drawn
	bar   *progressbar.ProgressBar // nil: the log
	drawn int                      // columns that it takes on the terminal; 0: it is cleared
	standing

	stop, stopped chan struct{}
}

// redraw is how often the bar shows the time that passed.
const redraw = 250 * time.Millisecond

// Progress shows how so many questions are asked, until [Progress.End]. They are
// estimated to cost so much, and the last run ended perMinute questions a minute;
// 0: not known.
func (p *Printer) Progress(questions int, estimate batch.Money, perMinute float64) *Progress {
	w := &Progress{printer: p, stop: make(chan struct{}), stopped: make(chan struct{})}
	w.standing = standing{estimate: estimate, last: batch.Progress{Total: questions}, rate: rate{begun: time.Now(), before: perMinute}}
	interval := p.Interval
	if p.redraws && !p.Quiet && questions > 0 { // a bar of length 0 is an error to its package
		interval = redraw
		w.bar = progressbar.NewOptions(questions,
			progressbar.OptionSetWriter(p.err),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), // by all that was answered, not by the last minutes
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionUseANSICodes(ansi),
		)
	}
	go w.tick(interval)
	return w
}

func (w *Progress) tick(interval time.Duration) {
	defer close(w.stopped)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-ticker.C:
			w.mu.Lock()
			w.show(time.Now())
			w.mu.Unlock()
		}
	}
}

// show draws the bar, or logs a line.
func (w *Progress) show(now time.Time) {
	p := w.last
	if w.bar != nil {
		w.draw(w.text(now, w.room(cmp.Or(columns(w.printer.err), narrow))), min(p.Answered+p.Failed, p.Total))
		return
	}
	args := []any{"answered", p.Answered, "total", p.Total, "failed", p.Failed, "in_flight", p.InFlight,
		"per_minute", math.Round(10*w.rate.perMinute(now)) / 10, "spent", p.Spent.Dollars(), "left_cost", w.toCome().Dollars()}
	if left := w.timeLeft(now); left > 0 {
		args = append(args, "seconds_left", math.Round(left.Seconds()))
	}
	if note := w.waiting(now); note != "" {
		args = append(args, "note", note)
	}
	w.printer.Record(slog.LevelInfo, "progress", "progress", args...)
}

// Event takes in what the runner tells.
func (w *Progress) Event(e batch.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = e.Progress
	switch e.Kind {
	case batch.EventAnswered, batch.EventFailed, batch.EventUnrefreshed:
		w.rate.ended(time.Now())
	case batch.EventPause:
		if !w.last.PausedUntil.After(w.pausedUntil) {
			break
		}
		if !w.pausedUntil.After(time.Now()) {
			w.paused = time.Now()
		}
		w.pausedUntil = w.last.PausedUntil
	case batch.EventResumed:
		w.note = ""
	case batch.EventOutage:
		w.note = "next try " + after(e.Wait) + ", nothing succeeds"
	case batch.EventWaiting:
		w.note = "next try " + after(e.Wait) + ", waiting " + WaitsFor(e)
	case batch.EventStopping:
		w.note = "stopping"
	}
	switch {
	case w.bar != nil:
		w.above(e)
	case !w.printer.Quiet:
		w.record(e)
	}
}

// Waits says what to do while the run waits for a person, also to a quiet run's
// user.
func (w *Progress) Waits(e batch.Event, advice *exit.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := prose.Clean(fmt.Sprintf("waiting %s: %v", WaitsFor(e), e.Err))
	switch {
	case w.bar != nil:
		w.clear()
		tellMore(w.printer.err, advice)
		w.show(time.Now())
	case w.printer.JSON():
		jsonLog(w.printer.err).Warn(text, "event", string(e.Kind), "detail", cleanAll(advice.Detail), "hint", prose.Clean(advice.Hint))
	case w.printer.Quiet:
		fmt.Fprintln(w.printer.err, text)
		tellMore(w.printer.err, advice)
	default:
		w.printer.Record(slog.LevelWarn, string(e.Kind), text, "detail", cleanAll(advice.Detail), "hint", prose.Clean(advice.Hint))
	}
}

// above prints what should not be missed above the bar, and draws it again.
func (w *Progress) above(e batch.Event) {
	var line string
	switch e.Kind {
	case batch.EventFailed:
		line = fmt.Sprintf("failed %s: %v", e.Question, e.Err)
	case batch.EventUnrefreshed:
		line = fmt.Sprintf("not refreshed, and its old answer stays: %s: %v", e.Question, e.Err)
	case batch.EventWaiting:
		line = fmt.Sprintf("waiting %s: %v", WaitsFor(e), e.Err)
	case batch.EventOutage:
		line = fmt.Sprintf("nothing succeeds (%v): one question at a time is tried until one is answered", e.Err)
	case batch.EventResumed:
		line = "answers arrive again"
	case batch.EventRejoined:
		line = rejoined
	case batch.EventStopping:
		line = stopping(e)
	default:
		return
	}
	w.clear()
	fmt.Fprintln(w.printer.err, prose.Clean(line))
	w.show(time.Now())
}

// rejoined says what it means that a machine was away.
const rejoined = "this machine was away for so long that the others go on with what it had: its answers are still taken, and what is answered twice is paid for twice; bizbatch status names that"

// WaitsFor says what must happen for the run to go on: "for credits", "for the
// limit, which is reset on 1 Dec 2026".
func WaitsFor(e batch.Event) string {
	if e.For == batch.StopBalance {
		return "for credits"
	}
	var said *batch.Error
	if errors.As(e.Err, &said) && !said.ResetAt.IsZero() {
		return "for the limit, which is reset on " + said.ResetAt.Local().Format("2 Jan 2006")
	}
	return "for the limit"
}

// stopping says what a run waits for that is stopping, and how to leave at once.
func stopping(e batch.Event) string {
	if e.Progress.InFlight == 0 {
		return "stopping"
	}
	leave := "twice, 2 s apart, leaves"
	if stop := (*batch.StopError)(nil); errors.As(e.Err, &stop) && stop.Kind == batch.StopInterrupted {
		leave = "again after 2 s leaves" // the first has come
	}
	return fmt.Sprintf("stopping: waiting for %s in flight, which may be paid for already; Ctrl-C (or SIGTERM) %s at once",
		prose.Count(e.Progress.InFlight, "answer"), leave)
}

// record logs what should not be missed.
func (w *Progress) record(e batch.Event) {
	level, text := slog.LevelWarn, ""
	switch e.Kind {
	case batch.EventFailed:
		text = "question failed"
	case batch.EventUnrefreshed:
		text = "question not refreshed; its old answer stays"
	case batch.EventPause:
		if !w.longest(e.Wait, w.printer.Interval) {
			return
		}
		text = "throttled, everything waits"
	case batch.EventOutage:
		text = "nothing succeeds, one question at a time is tried until one is answered"
	case batch.EventWaiting:
		text = "waiting " + WaitsFor(e) + ", one question at a time is tried until one is answered"
	case batch.EventResumed:
		level, text = slog.LevelInfo, "answers arrive again"
	case batch.EventRejoined:
		text = rejoined
	case batch.EventStopping:
		text = stopping(e)
	case batch.EventAgain:
		text = "will ask again"
	case batch.EventUnfit:
		text = "the answer does not fit the schema; asking again"
	default:
		return
	}
	var args []any
	if e.Question != "" {
		args = append(args, "question", e.Question)
	}
	if e.Err != nil {
		args = append(args, "error", prose.Clean(e.Err.Error()))
	}
	if e.Wait > 0 {
		end := time.Now().Add(e.Wait + time.Second - 1).Truncate(time.Second)
		args = append(args, "wait_seconds", float64(e.Wait.Round(time.Millisecond).Milliseconds())/1000, "until", end)
	}
	if e.Kind == batch.EventPause && w.untold > 0 {
		args = append(args, "untold", w.untold)
		w.untold = 0
	}
	w.printer.Record(level, string(e.Kind), text, args...)
}

// Tell prints how the run stands in a line of its own, also in a quiet run.
func (w *Progress) Tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.printer.JSON() {
		w.show(now)
		return
	}
	w.clear()
	const wide = 1000
	fmt.Fprintf(w.printer.err, "%d of %d · %s\n", w.last.Answered+w.last.Failed, w.last.Total, w.text(now, wide))
}

// Note tells something while the run is on, above the bar.
func (w *Progress) Note(event, text string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bar == nil {
		w.printer.Notice(event, text, args...)
		return
	}
	w.clear()
	fmt.Fprintln(w.printer.err, prose.Clean(text))
	w.show(time.Now())
}

// Pace returns how many questions come to an end in a minute, and about how long
// the rest takes; 0: not known.
func (w *Progress) Pace() (perMinute float64, left time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	return math.Round(10*w.rate.perMinute(now)) / 10, w.timeLeft(now).Round(time.Second)
}

// End stops showing and clears the bar.
func (w *Progress) End() {
	close(w.stop)
	<-w.stopped
	w.clear()
}

// after returns the time of day after a wait.
func after(wait time.Duration) string { return time.Now().Add(wait).Format(time.TimeOnly) }
