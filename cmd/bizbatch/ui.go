package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// A ui tells what happens: results on standard output, what goes on meanwhile
// on standard error.
type ui struct {
	out, err io.Writer
	quiet    bool
	terminal bool         // standard error is one that can redraw a line
	log      *slog.Logger // see record
	json     bool         // everything is a record of the log
	interval time.Duration
}

func newUI(c *runCmd, e env) *ui {
	u := &ui{out: e.stdout, err: e.stderr, quiet: c.Quiet, json: c.LogFormat == "json", interval: c.LogInterval}
	f, ok := e.stderr.(*os.File)
	u.terminal = ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && !u.json
	switch {
	case u.quiet || u.terminal:
		u.log = slog.New(slog.DiscardHandler)
	case u.json:
		u.log = jsonLog(e.stderr)
	default:
		u.log = slog.New(slog.NewTextHandler(e.stderr, nil))
	}
	return u
}

// say prints a line of the results.
func (u *ui) say(format string, args ...any) {
	if !u.quiet && !u.json {
		fmt.Fprintf(u.out, "%s\n", clean(fmt.Sprintf(format, args...)))
	}
}

// record logs what happens, where there is no terminal that shows it. In JSON
// the key event names the kind of record.
func (u *ui) record(level slog.Level, event, text string, args ...any) {
	if u.json {
		args = append([]any{"event", event}, args...)
	}
	u.log.Log(context.Background(), level, text, args...)
}

// notice tells what a person should know also of a quiet run.
func (u *ui) notice(event, text string, args ...any) {
	switch {
	case u.json:
		jsonLog(u.err).Warn(clean(text), append([]any{"event", event}, args...)...)
	case u.quiet:
		fmt.Fprintln(u.err, clean(text))
	default:
		u.say("%s", text)
		u.record(slog.LevelWarn, event, text, args...)
	}
}

// planned prints what is to be done, before the first request.
func (u *ui) planned(j *job, skipped []string) {
	p, understood, format := j.plan, j.understood(), j.reader.Input().Format
	if j.cmd.DryRun || u.terminal {
		for _, line := range understoodLines(understood, j.cmd, format, widthOf(u.out)) {
			u.say("%s", line)
		}
	}
	u.say("%s", planLine(p))
	if j.cmd.DryRun && j.store.Active() {
		u.say("a run is on: what it has in flight counts as to ask")
	}
	if len(skipped) > 0 {
		u.say("%s without a question, skipped: %s %s", count(len(skipped), "row"), lineWord(format), enumerate(skipped))
	}
	if p.Interrupted > 0 {
		u.say("%s in flight when the last run was cut off: asked again; %s may have been charged without an answer (bizbatch status lists them)",
			count(p.Interrupted, "question"), p.InterruptedCost)
	}
	for _, other := range p.Asking {
		u.notice("asking", fmt.Sprintf("a run on %s is asking %d of these questions too, and both will be charged: to take over its answers instead, stop this run, wait for that one, and run the same command again", other.Checkpoint, other.Answers),
			"checkpoint", other.Checkpoint, "questions", other.Answers)
	}
	for _, other := range p.Unread {
		u.notice("unread", fmt.Sprintf("answers in %s cannot be taken over: %s", other.Checkpoint, other.Reason),
			"checkpoint", other.Checkpoint, "error", other.Reason)
	}
	if p.Rescued > 0 {
		u.say("%s taken in that an earlier run could not save", count(p.Rescued, "answer"))
	}
	if limit := j.cmd.Limit; limit > 0 && p.ToAsk() > limit {
		u.say("of these, the first %d now (--limit) · at most %s", limit, p.AtMost(limit))
	}
	if end := j.cmd.end; !end.IsZero() && p.ToAsk() > 0 {
		u.say("%s", untilLine(end, time.Now()))
	}
	args := []any{"questions", p.Rows - p.Skipped, "skipped", p.Skipped, "duplicates", p.Duplicates, "edited", p.Edited,
		"answered", p.Answered, "failed", p.Failed, "interrupted", p.Interrupted}
	args = append(args, understoodKeys(understood, u.json)...)
	args = append(args, "to_ask", p.ToAsk(), "estimate", p.Estimate.Dollars())
	if end := j.cmd.end; !end.IsZero() {
		args = append(args, "until", end.Truncate(time.Second))
	}
	if u.json {
		args = append(args, "interrupted_cost", p.InterruptedCost.Dollars(), "rescued", p.Rescued, "reused", reusedAnswers(p.Reused), "to_ask_by_mode", p.Pending)
	}
	u.record(slog.LevelInfo, "plan", "plan", args...)
}

// planLine is the plan in one line.
func planLine(p batch.Plan) string {
	parts := []string{count(p.Rows-p.Skipped, "question")}
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(p.Skipped, "skipped")
	if p.Duplicates > 0 {
		parts = append(parts, count(p.Duplicates, "duplicate"))
	}
	add(p.Edited, "edited since the last run")
	add(p.Answered-reusedAnswers(p.Reused), "already answered")
	for _, r := range p.Reused {
		parts = append(parts, reusedLine(r))
	}
	add(p.Failed, "failed before (--retry-failed asks again)")
	if p.ToAsk() == 0 {
		return strings.Join(append(parts, "nothing to ask"), " · ")
	}
	ask := fmt.Sprintf("%d to ask%s", p.ToAsk(), byMode(p.Pending))
	cost := "about " + p.Estimate.String()
	if p.Unpriced {
		cost = "at a price that is not known yet"
	}
	return strings.Join(append(parts, ask, cost), " · ")
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

// finished tells how the run went; the verdict, if any, is told after it.
func (u *ui) finished(j *job, verdict error) {
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
		u.say("%s · spent %s in %s", line, spent(s.Spent, s.SpentByMode), took)
	}
	for _, e := range []struct {
		status batch.Status
		n      int
	}{{batch.Truncated, s.Truncated}, {batch.Refused, s.Refused}, {batch.Empty, s.Empty}, {batch.EndedUnclear, s.Unclear}} {
		if e.n > 0 {
			u.say("%s", endingLine(e.status, e.n))
		}
	}
	if s.Unmetered > 0 {
		u.say("%s without token counts: taken to cost what the dearest did", count(s.Unmetered, "answer"))
	}
	if s.Uncertain > 0 {
		u.say("%s", j.uncertainLine())
	}
	if len(j.slowest) > 0 {
		u.say("slowest: %s", slowestLine(j.slowest))
	}
	for _, path := range j.written {
		if slices.Contains(j.current, path) {
			u.say("%s is up to date", path)
		} else {
			u.say("wrote %s", path)
		}
	}
	for _, path := range j.replaced {
		u.say("%s held real answers; to write them again: bizbatch export %s --out %s", path, quoteFile(j.cmd.File+".bizbatch"), quoteFile(path))
	}
	if verdict == nil {
		u.say("next: %s", j.next)
	}
	args := []any{"outcome", j.outcome, "answered", s.Answered, "failed", s.Failed, "left", s.Left, "left_cost", s.LeftCost.Dollars(),
		"spent", s.Spent.Dollars(), "seconds", took.Seconds()}
	if u.json {
		args = append(args, "spent_by_mode", s.SpentByMode, "truncated", s.Truncated, "refused", s.Refused, "empty", s.Empty, "unclear", s.Unclear, "unmetered", s.Unmetered,
			"uncertain", s.Uncertain, "uncertain_cost", s.UncertainCost.Dollars(), "attempts", s.Attempts, "throttled", s.Throttled,
			"paused_seconds", s.PausedSeconds, "outputs", append([]string{}, j.written...))
	}
	u.record(slog.LevelInfo, "finished", "finished", args...)
}

// reasons lists the commonest causes of failures, each with an example:
// "3: 400 invalid_request_error, such as question Q7: the question is too vague".
func reasons(groups []checkpoint.FailureGroup) (list []string) {
	const most, longest = 5, 100
	for _, g := range groups[:min(most, len(groups))] {
		line := fmt.Sprintf("%d: %s, such as question %s", g.Count, g.Reason, g.RowID)
		example := []rune(strings.TrimLeft(strings.TrimPrefix(g.Error, g.Reason), ": "))
		if len(example) > longest {
			example = append(example[:longest], '…')
		}
		if len(example) > 0 {
			line += ": " + string(example)
		}
		list = append(list, line)
	}
	if more := len(groups) - most; more > 0 {
		list = append(list, fmt.Sprintf("and for %d other reasons", more))
	}
	return list
}

// count is a number and its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// enumerate lists the first few: "4, 7 and 12 more".
func enumerate(words []string) string {
	const most = 10
	s := strings.Join(words[:min(most, len(words))], ", ")
	if more := len(words) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
