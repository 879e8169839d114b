package job

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/schema"
	"bizbatch/checkpoint"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// tellPlan prints what is to be done, before the first request.
func (j *job) tellPlan(skipped []string) {
	u := j.Printer
	p, understood, format := j.plan, j.understood(), j.reader.Input().Format
	if j.DryRun || u.Redraws() {
		for _, line := range understoodLines(understood, j.Reading, format, u.Columns()) {
			u.Say("%s", line)
		}
	}
	if line := j.schemaLine(); line != "" && (j.DryRun || u.Redraws()) {
		u.Say("%s", line)
	}
	u.Say("%s", planLine(p))
	for _, line := range refreshLines(p) {
		u.Say("%s", line)
	}
	if j.DryRun && j.store.Active() {
		u.Say("a run is on: what it has in flight counts as to ask")
	}
	if len(skipped) > 0 {
		u.Say("%s without a question, skipped: %s %s", prose.Count(len(skipped), "row"), lineWord(format), prose.Enumerate(skipped))
	}
	j.tellPrivate(j.input.Private)
	if p.Interrupted > 0 {
		u.Say("%s", interruptedLine(p))
	}
	for _, other := range p.Asking {
		u.Notice("asking", fmt.Sprintf("a run on %s is asking %d of these questions too, and both will be charged: to take over its answers instead, stop this run, wait for that one, and run the same command again", other.Checkpoint, other.Answers),
			"checkpoint", other.Checkpoint, "questions", other.Answers)
	}
	for _, other := range p.Unread {
		u.Notice("unread", fmt.Sprintf("answers in %s cannot be taken over: %s", other.Checkpoint, other.Reason),
			"checkpoint", other.Checkpoint, "error", other.Reason)
	}
	if p.Rescued > 0 {
		u.Say("%s taken in that an earlier run could not save", prose.Count(p.Rescued, "answer"))
	}
	if limit := j.Asking.Limit; limit > 0 && p.ToAsk() > limit {
		u.Say("of these, the first %d now (--limit) · at most %s", limit, p.AtMost(limit))
	}
	if end := j.Asking.Until; !end.IsZero() && p.ToAsk() > 0 {
		u.Say("%s", untilLine(end, time.Now()))
	}
	j.recordPlan(understood)
}

// recordPlan logs the plan.
func (j *job) recordPlan(understood question.Understood) {
	u, p := j.Printer, j.plan
	args := []any{"questions", p.Rows - p.Skipped, "skipped", p.Skipped, "duplicates", p.Duplicates, "edited", p.Edited,
		"answered", p.Answered, "failed", p.Failed, "interrupted", p.Interrupted}
	args = append(args, understoodKeys(understood, u.JSON())...)
	args = append(args, "to_ask", p.ToAsk(), "estimate", p.Estimate.Dollars())
	if end := j.Asking.Until; !end.IsZero() {
		args = append(args, "until", end.Truncate(time.Second))
	}
	if u.JSON() {
		args = append(args, "unfit", p.Unfit, "refresh", append([]batch.RefreshPart{}, p.Refresh...), "most", max(p.Most, p.Estimate).Dollars(), "interrupted_cost", p.InterruptedCost.Dollars(),
			"rescued", p.Rescued, "reused", reusedAnswers(p.Reused), "to_ask_by_mode", p.Pending, "private", privateKeys(j.input.Private))
	}
	u.Record(slog.LevelInfo, "plan", "plan", args...)
}

// interruptedLine says what becomes of the questions that were in flight when the
// last run was cut off.
func interruptedLine(p batch.Plan) string {
	then := "asked again"
	switch p.Kept {
	case 0:
	case p.Interrupted:
		then = "not asked again, for there is an answer"
	default:
		then += fmt.Sprintf(", but for %d with an answer", p.Kept)
	}
	return fmt.Sprintf("%s in flight when the last run was cut off: %s; %s may have been charged without an answer (bizbatch status lists them)",
		prose.Count(p.Interrupted, "question"), then, p.InterruptedCost)
}

// schemaLine says how answers are asked to fit a schema, and which columns that
// makes; empty: they are not.
func (j *job) schemaLine() string {
	s := j.Asking.Settings
	parsed, err := schema.Parse(s.Schema)
	if err != nil { // there is none
		return ""
	}
	how := "as response_format"
	if s.SchemaInMessage {
		how = "at the end of each question"
	}
	return fmt.Sprintf("the schema is sent %s · columns: %s", how, prose.Enumerate(parsed.Names()))
}

// planLine returns the plan in one line.
func planLine(p batch.Plan) string {
	parts := []string{prose.Count(p.Rows-p.Skipped, "question")}
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(p.Skipped, "skipped")
	if p.Duplicates > 0 {
		parts = append(parts, prose.Count(p.Duplicates, "duplicate"))
	}
	add(p.Edited, "edited since the last run")
	add(p.Answered-reusedAnswers(p.Reused), "already answered")
	for _, r := range p.Reused {
		parts = append(parts, terminal.Reused(r))
	}
	add(p.Failed, "failed before (--retry-failed asks again)")
	if p.ToAsk() == 0 {
		return strings.Join(append(parts, "nothing to ask"), " · ")
	}
	ask := fmt.Sprintf("%d to ask%s", p.ToAsk(), terminal.ByMode(p.Pending))
	if p.Unfit > 0 {
		ask += fmt.Sprintf(", %d of them again for an answer that fits", p.Unfit)
	}
	if n := refreshed(p); n > 0 {
		ask += fmt.Sprintf(", %d of them to refresh", n)
	}
	cost := "about " + p.Estimate.String()
	if p.Most > p.Estimate {
		cost += fmt.Sprintf(", up to %s with --reask %d", p.Most, p.Reask)
	}
	if p.Unpriced {
		cost = "at a price that is not known yet"
	}
	return strings.Join(append(parts, ask, cost), " · ")
}

// refreshed counts the answers that are asked for again, though they fit.
func refreshed(p batch.Plan) (n int) {
	for _, part := range p.Refresh {
		n += part.Answers
	}
	return n
}

// refreshLines say which answers are asked for again, and what that costs.
func refreshLines(p batch.Plan) (lines []string) {
	some := 0
	for _, part := range p.Refresh {
		which := prose.Count(part.Answers, "answer")
		if some += part.Answers; some > part.Answers {
			which = prose.Count(part.Answers, "other answer")
		}
		line := which + " " + part.Reason + " are asked again"
		if part.Answers == 1 {
			line = which + " " + part.Reason + " is asked again"
		}
		if part.Answers > 0 && !p.Unpriced {
			line += ", about " + part.Cost.String()
		}
		lines = append(lines, line)
	}
	if !p.RefreshSince.IsZero() {
		lines = append(lines, "what was refreshed since "+p.RefreshSince.Local().Format("2 Jan 15:04")+" is not asked again: the run that chose the same then did not refresh all")
	}
	return lines
}

// untilLine says how long questions are sent: "until Wed 06:00 EST".
func untilLine(end, now time.Time) string {
	layout := "Mon 15:04 MST"
	if end.Sub(now) > 6*24*time.Hour { // else the day of the week is enough
		layout = "Mon 2 Jan 15:04 MST"
	}
	line := "until " + end.Format(layout)
	if !end.After(now) {
		line += ", which has passed: nothing is sent"
	}
	return line
}

// reusedAnswers counts the answers that other checkpoints paid for.
func reusedAnswers(list []checkpoint.Reused) (n int) {
	for _, r := range list {
		n += r.Answers
	}
	return n
}
