package job

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/checkpoint"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// tellResult tells how the run went; the verdict, if any, is told after it.
func (j *job) tellResult(verdict error) {
	u := j.Printer
	s := j.sum
	took := s.Ended.Sub(s.Started).Round(time.Second)
	if s.Total > 0 {
		line := fmt.Sprintf("answered %d of %d", s.Answered, s.Total)
		if s.Failed > 0 {
			line += fmt.Sprintf(" · %d failed", s.Failed)
		}
		if s.Left > 0 {
			line += fmt.Sprintf(" · %d left, about %s", s.Left, s.LeftCost)
		}
		u.Say("%s · spent %s in %s", line, terminal.Spent(s.Spent, s.SpentByMode), took)
	}
	if line := j.refreshedLine(); line != "" {
		u.Say("%s", line)
	}
	if j.changed > 0 {
		u.Say("%d of %d changed: bizbatch diff %s", j.changed, s.Refreshed, quoteCheckpoint(j.Checkpoint))
	}
	for _, e := range []struct {
		status batch.Status
		n      int
	}{{batch.Truncated, s.Truncated}, {batch.Refused, s.Refused}, {batch.Empty, s.Empty}, {batch.EndedUnclear, s.Unclear}} {
		if e.n > 0 {
			u.Say("%s", terminal.Ending(e.status, e.n))
		}
	}
	if s.AnswersToLookAt > 0 {
		u.Say("%s", terminal.ToLookAt(s.AnswersToLookAt, s.Answered, s.ToLookAt))
	}
	if s.Reasked > 0 {
		u.Say("asked again for an answer that fits the schema: %s", prose.Count(s.Reasked, "time"))
	}
	if s.Unfit > 0 && j.Asking.Reask == 0 {
		u.Say("to ask and pay again where the answer does not fit the schema, at most once each: --reask 1")
	}
	if s.Unmetered > 0 {
		u.Say("%s without token counts: taken to cost what the dearest did", prose.Count(s.Unmetered, "answer"))
	}
	if s.Uncertain > 0 {
		u.Say("%s", j.uncertainLine())
	}
	if len(j.slowest) > 0 {
		u.Say("slowest: %s", slowestLine(j.slowest))
	}
	tellWritten(u, j.written, j.current, j.parts)
	for _, path := range j.replaced {
		u.Say("%s no longer holds the answers of %[2]s; to write them again: bizbatch export %[2]s --out %[3]s", path, terminal.QuoteFile(j.File+".bizbatch"), terminal.QuoteFile(path))
	}
	if verdict == nil {
		u.Say("next: %s", j.next)
	}
	j.recordResult(took)
}

// recordResult logs how the run went.
func (j *job) recordResult(took time.Duration) {
	u, s := j.Printer, j.sum
	args := []any{"outcome", j.outcome, "answered", s.Answered, "failed", s.Failed, "left", s.Left, "left_cost", s.LeftCost.Dollars(),
		"spent", s.Spent.Dollars(), "seconds", took.Seconds(), "refreshed", s.Refreshed, "changed", j.changed, "to_look_at", s.AnswersToLookAt}
	if u.JSON() {
		args = append(args, "spent_by_mode", s.SpentByMode, "truncated", s.Truncated, "refused", s.Refused, "empty", s.Empty, "unclear", s.Unclear,
			"unfit", s.Unfit, "reasked", s.Reasked, "not_refreshed", s.NotRefreshed, "refresh_left", s.RefreshLeft, "to_look_at_by_kind", s.ToLookAt, "unmetered", s.Unmetered, "uncertain", s.Uncertain, "uncertain_cost", s.UncertainCost.Dollars(),
			"attempts", s.Attempts, "throttled", s.Throttled, "paused_seconds", s.PausedSeconds, "outputs", append([]string{}, j.written...))
	}
	u.Record(slog.LevelInfo, "finished", "finished", args...)
}

// refreshedLine says how many answers were refreshed, and that the old ones of the
// others stay; empty: none was to be.
func (j *job) refreshedLine() string {
	s := j.sum
	if s.Refreshed+s.NotRefreshed+s.RefreshLeft == 0 {
		return ""
	}
	line := fmt.Sprintf("refreshed %s", prose.Count(s.Refreshed, "answer"))
	if n := s.NotRefreshed; n > 0 {
		line += fmt.Sprintf(" · %d could not be refreshed", n)
	}
	if n := s.RefreshLeft; n > 0 {
		line += fmt.Sprintf(" · %d left to refresh", n)
	}
	switch s.NotRefreshed + s.RefreshLeft {
	case 0:
		return line
	case 1:
		return line + ": the old answer stays"
	}
	return line + ": the old answers stay"
}

// slowestLine returns what is told of them: "TQ-7 99.2s, TQ-3 85s".
func slowestLine(list []checkpoint.Outcome) string {
	var parts []string
	for _, d := range list {
		parts = append(parts, d.RowID+" "+terminal.Short(d.Finished.Sub(d.Started).Round(100*time.Millisecond)))
	}
	return strings.Join(parts, ", ")
}

// lookBack reads what is told of the answers and failures beside their number.
func (j *job) lookBack() (err error) {
	const slowest = 5
	if j.sum.Attempts > 0 {
		if j.slowest, err = j.store.Slowest(slowest); err != nil {
			return err
		}
	}
	if j.sum.Refreshed > 0 {
		found, err := Differences(j.store, Choice{}) // by this run
		if err != nil {
			return err
		}
		j.changed = found.Counts[diff.Changed]
	}
	j.failures, err = j.store.Failures()
	return err
}
