package main

import (
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
	log      *slog.Logger // for what goes on, where there is no terminal
	json     bool         // everything is a record of the log
	interval time.Duration
}

func newUI(c *runCmd, e env) *ui {
	u := &ui{out: e.stdout, err: e.stderr, quiet: c.Quiet, json: c.LogFormat == "json", interval: c.LogInterval}
	f, ok := e.stderr.(*os.File)
	u.terminal = ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && !u.json
	switch {
	case u.quiet:
		u.log = slog.New(slog.DiscardHandler)
	case u.json:
		u.log = slog.New(slog.NewJSONHandler(e.stderr, nil))
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

// planned prints what is to be done, before the first request.
func (u *ui) planned(j *job, skipped []int) {
	u.say("%s", planLine(j.plan))
	if len(skipped) > 0 {
		u.say("%s without a question, skipped: line %s", count(len(skipped), "row"), lines(skipped))
	}
	if n := j.plan.Rescued; n > 0 {
		u.say("%s taken in that an earlier run could not save", count(n, "answer"))
	}
	if j.cmd.Limit > 0 && j.plan.ToAsk() > j.cmd.Limit {
		u.say("of these, the first %d now (--limit)", j.cmd.Limit)
	}
	if u.json {
		u.log.Info("plan", "questions", j.plan.Rows-j.plan.Skipped, "skipped", j.plan.Skipped, "duplicates", j.plan.Duplicates,
			"edited", j.plan.Edited, "answered", j.plan.Answered, "failed", j.plan.Failed, "to_ask", j.plan.ToAsk(),
			"to_ask_by_mode", j.plan.Pending, "estimate", j.plan.Estimate.Dollars())
	}
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
	add(p.Duplicates, "asked by an earlier row too")
	add(p.Edited, "edited since the last run")
	add(p.Answered, "already answered")
	add(p.Failed, "failed before (--retry-failed asks again)")
	ask := fmt.Sprintf("%d to ask", p.ToAsk())
	if modes := byMode(p.Pending); modes != "" {
		ask += " (" + modes + ")"
	}
	parts = append(parts, ask, "about "+p.Estimate.String())
	return strings.Join(parts, " · ")
}

// byMode lists counts by ask mode: "fast 38, deep 4".
func byMode(counts map[string]int) string {
	var parts []string
	for _, mode := range []batch.AskMode{batch.Fast, batch.Web, batch.Deep, batch.Auto} {
		if n := counts[string(mode)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", mode, n))
		}
	}
	return strings.Join(parts, ", ")
}

// finished tells how the run went.
func (u *ui) finished(j *job) {
	s := j.sum
	took := s.Ended.Sub(s.Started).Round(time.Second)
	line := fmt.Sprintf("answered %d of %d", s.Answered, s.Total)
	if s.Failed > 0 {
		line += fmt.Sprintf(" · %d failed", s.Failed)
	}
	if s.Left > 0 {
		line += fmt.Sprintf(" · %d left, about %s", s.Left, s.LeftCost)
	}
	u.say("%s · spent %s in %s", line, s.Spent, took)
	if s.Truncated > 0 {
		u.say("%s cut at the model's length limit (status truncated)", count(s.Truncated, "answer"))
	}
	if s.Refused > 0 {
		u.say("%s refused by the service's content filter (status refused)", count(s.Refused, "answer"))
	}
	if s.Uncertain > 0 {
		u.say("%s without an answer may have been charged, %s: see bizbatch status %s",
			count(s.Uncertain, "request"), s.UncertainCost, quote(j.cmd.Checkpoint))
	}
	for _, path := range j.written {
		u.say("wrote %s", path)
	}
	if u.json {
		u.log.Info("finished", "answered", s.Answered, "failed", s.Failed, "left", s.Left, "spent", s.Spent.Dollars(),
			"uncertain", s.Uncertain, "seconds", took.Seconds(), "outputs", j.written)
	}
}

// reasons lists failures by reason, most first: "400 invalid_request_error 3".
func reasons(c checkpoint.Counts) (list []string) {
	for reason := range c.Reasons {
		list = append(list, reason)
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := c.Reasons[b] - c.Reasons[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for i, reason := range list {
		list[i] = fmt.Sprintf("%d: %s", c.Reasons[reason], reason)
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

// lines lists the first few line numbers.
func lines(numbers []int) string {
	const most = 10
	var parts []string
	for _, n := range numbers[:min(most, len(numbers))] {
		parts = append(parts, strconv.Itoa(n))
	}
	s := strings.Join(parts, ", ")
	if more := len(numbers) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
