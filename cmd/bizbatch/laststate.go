package main

import (
	"fmt"
	"slices"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

// lastRun says how the last run goes on, or how it ended and what to do.
func (s *status) lastRun(now time.Time) []string {
	r := s.LastRun
	switch {
	case r == nil:
		return nil
	case s.Active && r.Ended.IsZero() && !s.killed():
		return s.running(now)
	case r.Ended.IsZero():
		return []string{
			fmt.Sprintf("last run: began %s and was killed, or its machine stopped", when(r.Started)),
			"hint:  run the same command again: " + r.Command,
		}
	}
	line := fmt.Sprintf("last run: ended %s, %s", when(r.Ended), r.Outcome)
	if r.ExitCode != exit.OK {
		line += fmt.Sprintf(", exit code %d", r.ExitCode)
	}
	return append([]string{line}, told(r.Told)...)
}

// killed reports whether the last run was killed though another one is on, which
// helps: that does not count as the last.
func (s *status) killed() bool {
	for _, r := range s.Runs {
		if !r.Started.Before(s.LastRun.Started.Truncate(time.Millisecond)) {
			return r.Outcome == "interrupted"
		}
	}
	return false
}

// running says how a run goes on.
func (s *status) running(now time.Time) []string {
	r := s.LastRun
	var lines []string
	if r.PausedBy != "" {
		lines = append(lines, fmt.Sprintf("paused by %s; to go on: bizbatch ctl %s resume", r.PausedBy, terminal.QuoteFile(s.Checkpoint)))
	}
	if w := r.Waiting; w != nil {
		line := fmt.Sprintf("waiting %s since %s", w.For, clock(w.Since))
		if r.PausedBy == "" { // else it tries nothing
			line += ", next try " + clock(w.Next)
		}
		return append(append(lines, line), told(w.Told)...)
	}
	if r.PausedUntil.After(now) {
		lines = append(lines, fmt.Sprintf("paused until %s (429)", clock(r.PausedUntil)))
	}
	line := "running since " + when(r.Started)
	if r.PerMinute > 0 {
		line += fmt.Sprintf(" · %.1f answers a minute", r.PerMinute)
	}
	if left := time.Duration(r.SecondsLeft * float64(time.Second)); left > 0 {
		line += " · about " + terminal.Short(left) + " left"
	}
	lines = append(lines, line)
	if len(s.InFlightQuestions) > 0 {
		oldest := slices.MinFunc(s.InFlightQuestions, func(a, b checkpoint.Flight) int { return a.Started.Compare(b.Started) })
		line := fmt.Sprintf("oldest in flight: %s, for %s", oldest.RowID, terminal.Short(now.Sub(oldest.Started).Truncate(time.Second)))
		if r.Oldest != nil && r.Oldest.ID == oldest.RowID && r.Oldest.Step != "" {
			line += ": " + r.Oldest.Step
		}
		lines = append(lines, line)
	}
	return lines
}

// told returns the lines of an error.
func told(t job.Told) (lines []string) {
	if t.Error != "" {
		lines = append(lines, "error: "+t.Error)
	}
	for _, line := range t.Detail {
		lines = append(lines, "       "+line)
	}
	if t.Hint != "" {
		lines = append(lines, "hint:  "+t.Hint)
	}
	return lines
}

func when(t time.Time) string { return t.Local().Format("Mon 2 Jan 15:04") }

func clock(t time.Time) string { return t.Local().Format("15:04:05") }
