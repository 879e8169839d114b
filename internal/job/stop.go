package job

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// verdict turns the end of a run into what the user is told and the exit code.
func (j *job) verdict(err error, stop *batch.StopError) error {
	if stop != nil {
		return j.stopped(stop)
	}
	if err != nil {
		return err
	}
	failed := 0 // by all runs, as the reasons are
	for _, g := range j.failures {
		failed += g.Count
	}
	if j.Asking.Limit > 0 && j.sum.Failed == j.sum.NotRefreshed { // this run asked nothing of what failed before
		failed = 0
	}
	if left := j.sum.Left; left > 0 && j.Asking.Limit == 0 {
		return &exit.Error{Code: exit.Unexpected, Err: fmt.Errorf("%s left that the checkpoint did not give out", prose.Count(left, "question")),
			Hint: "bizbatch status --check " + quoteCheckpoint(j.Checkpoint) + " tells whether it is sound; " + j.again()}
	}
	if failed == 0 {
		return j.notRefreshed()
	}
	return &exit.Error{
		Code: exit.Failures, Err: fmt.Errorf("%s failed; the output tells why for each", prose.Count(failed, "question")),
		Detail: terminal.Reasons(j.failures),
		Hint:   "the same command asks again what failed for a temporary fault; --retry-failed asks the others too: " + terminal.CommandLine(withFlag(j.Command, "--retry-failed")),
	}
}

// notRefreshed returns the error of a run that could not refresh every answer, or nil.
func (j *job) notRefreshed() error {
	if j.sum.NotRefreshed == 0 {
		return nil
	}
	hint := j.again()
	if slices.ContainsFunc(j.sum.NotRefreshedBy, func(g checkpoint.FailureGroup) bool { return batch.Endless(g.Reason) }) {
		hint = "--retry-failed also asks again what may be charged each time: " + terminal.CommandLine(withFlag(j.Command, "--retry-failed"))
	}
	return &exit.Error{
		Code: exit.Failures, Err: fmt.Errorf("%s could not be refreshed; the output has what was answered before", prose.Count(j.sum.NotRefreshed, "answer")),
		Detail: terminal.Reasons(j.sum.NotRefreshedBy), Hint: hint,
	}
}

// stopped tells a stop: why, what is left, and what to do.
func (j *job) stopped(stop *batch.StopError) error {
	var said *batch.Error // by the service
	if !errors.As(stop, &said) {
		said = &batch.Error{}
	}
	e := j.reason(stop, said)
	e.Hint = cmp.Or(e.Hint, j.again())
	e.Detail = append(e.Detail, unsaved(stop.Unsaved)...)
	if j.Printer.Quiet && j.sum.Uncertain > 0 && stop.Kind != batch.StopSpend && stop.Kind != batch.StopUnfinished { // else it was told
		e.Detail = append(e.Detail, j.uncertainLine())
	}
	e.Detail = append(e.Detail, j.left())
	if line := j.earlierLine(); line != "" {
		e.Detail = append(e.Detail, line)
	}
	if j.sum.Failed > 0 {
		e.Detail = append(e.Detail, terminal.Reasons(j.failures)...)
	}
	e.Detail = append(e.Detail, terminal.Reasons(j.sum.NotRefreshedBy)...)
	return e
}

// uncertainLine says what may have been charged for nothing.
func (j *job) uncertainLine() string {
	return fmt.Sprintf("%s without an answer may have been charged, %s: see bizbatch status %s",
		prose.Count(j.sum.Uncertain, "request"), j.sum.UncertainCost, quoteCheckpoint(j.Checkpoint))
}

// earlierLine says that questions which this run was to ask again, and did not, have
// answers under other settings, which the output does not show.
func (j *job) earlierLine() string {
	if j.plan.Conflicts == nil {
		return ""
	}
	n := -j.sum.Answered
	for _, asked := range j.plan.Conflicts.Modes {
		n += asked
	}
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%s under earlier settings, still in the checkpoint: a run with those, without --ask-again, gets them back at no cost", prose.Count(n, "answer"))
}

// unsaved says where answers are that the checkpoint did not take.
func unsaved(u *checkpoint.UnsavedError) (lines []string) {
	if u == nil {
		return nil
	}
	if n := u.Answers - u.Printed; n > 0 {
		lines = append(lines, fmt.Sprintf("%s went to %s; the next run picks them up from there", prose.Count(n, "answer"), u.File))
	}
	if u.Printed > 0 {
		lines = append(lines, fmt.Sprintf("%s could only be printed on standard error: put those lines into a file bizbatch-rescue-1.jsonl of mode 0600 beside the checkpoint, and the next run takes them in", prose.Count(u.Printed, "answer")))
	}
	return lines
}

// reason returns the error that says why the run stopped, with a hint unless that
// is only to run again.
func (j *job) reason(stop *batch.StopError, said *batch.Error) *exit.Error {
	switch stop.Kind {
	case batch.StopInterrupted:
		var sig interrupt.Error
		if errors.As(stop, &sig) {
			return &exit.Error{Code: sig.ExitCode(), Err: fmt.Errorf("stopped: %w", sig)}
		}
		if by := (steered{}); errors.As(stop, &by) {
			return &exit.Error{Code: exit.Terminated, Err: by, Asked: true}
		}
		return &exit.Error{Code: exit.Interrupted, Err: errors.New("stopped")}
	case batch.StopBalance:
		e := &exit.Error{Code: exit.Money, Err: fmt.Errorf("the balance is used up (%w)", said), Hint: j.creditsHint(said)}
		if said.HasBalance {
			e.Detail = []string{fmt.Sprintf("the balance was %s, the next answer costs %s", said.Balance, said.Cost)}
		}
		return e
	case batch.StopSpend:
		if stop.Err != nil {
			return &exit.Error{Code: exit.Money, Hint: "say what an answer costs with --price, or run again without the limit",
				Err: fmt.Errorf("%w: the spending limit (%s) cannot be kept", stop.Err, j.spendLimits())}
		}
		return j.overspent()
	case batch.StopKey:
		return &exit.Error{Code: exit.Key, Err: fmt.Errorf("the API key was refused (%w)", said), Hint: j.keyHint(said)}
	case batch.StopThrottled:
		return j.throttled(said)
	case batch.StopDown:
		return &exit.Error{Code: exit.Service, Detail: []string{"no question is marked as failed, and no attempt counts"},
			Err: fmt.Errorf("the service is down: nothing succeeded for %s (%w)", terminal.Short(j.Asking.MaxOutage), stop.Err)}
	case batch.StopUnfinished:
		return j.unfinished(stop, said)
	case batch.StopEndpoint:
		return &exit.Error{Code: exit.Service, Hint: cmp.Or(said.Hint, j.AddressHint+", then "+j.again()),
			Err: fmt.Errorf("no question can succeed at this address (%w)", said)}
	case batch.StopSettings:
		e := &exit.Error{Code: exit.Service, Detail: []string{"no question is marked as failed"}}
		if stop.Setting == "stream" {
			e.Err = fmt.Errorf("the service refuses to stream its answers, which bizbatch needs (%w)", said)
			e.Hint = "do what the service says, or use another model, then " + j.again()
			return e
		}
		flag := j.settingFlag(stop.Setting)
		e.Err, e.Hint = fmt.Errorf("the service refuses %s (%w)", flag, said), "check "+flag+", then "+j.again()
		return e
	case batch.StopClock:
		if !j.Reopens.IsZero() {
			return j.over()
		}
		return &exit.Error{Code: exit.Clock, Err: errors.New("time is up (--until or --max-duration)"), Asked: true}
	case batch.StopSave:
		return j.unsavable(stop)
	}
	return &exit.Error{Code: exit.Unexpected, Err: stop}
}

// overspent returns the error of a run that its spending limit stopped.
func (j *job) overspent() *exit.Error {
	e := &exit.Error{Code: exit.Money, Hint: j.moreHint(),
		Err: fmt.Errorf("the next answer could exceed the spending limit (%s); this run spent %s", j.spendLimits(), j.sum.Spent)}
	if j.sum.Uncertain > 0 {
		e.Detail = []string{fmt.Sprintf("%s more may have been charged without an answer", j.sum.UncertainCost)}
	}
	if j.Asking.MaxSpendTotal > 0 {
		e.Detail = append(e.Detail, fmt.Sprintf("all runs on this checkpoint spent %s, and %s more may have been charged without an answer", j.spent, j.uncertain))
	}
	return e
}

// throttled returns the error of a run stopped by a limit that does not clear in
// its time.
func (j *job) throttled(said *batch.Error) *exit.Error {
	e := &exit.Error{Code: exit.Service, Hint: j.throttledHint(said),
		Err: fmt.Errorf("the service asks to wait for longer than --max-pause %s (%w)", terminal.Short(j.Asking.MaxPause), said)}
	if said.RetryAfter == 0 && said.ResetAt.IsZero() {
		e.Err = fmt.Errorf("the account's limit is used up (%w)", said)
	}
	return e
}

// unsavable returns the error of a run whose checkpoint cannot be written.
func (j *job) unsavable(stop *batch.StopError) *exit.Error {
	switch {
	case errors.Is(stop, checkpoint.ErrGone):
		return &exit.Error{Code: exit.Unexpected, Hint: "put the checkpoint back if you have it, then " + j.again(), Err: stop.Err}
	case errors.Is(stop, postgres.ErrAway):
		return &exit.Error{Code: exit.Unexpected, Hint: "see that the server is up and the network to it, then " + j.again(),
			Err: fmt.Errorf("answers can no longer be saved: %w", stop.Err)}
	case errors.Is(stop, checkpoint.ErrLocked):
		return lockedError(fmt.Errorf("answers can no longer be saved: %w", checkpoint.ErrLocked), j.Checkpoint, "then "+j.again())
	}
	return &exit.Error{Code: exit.Unexpected, Hint: "free some space or repair the disk, then " + j.again(),
		Err: fmt.Errorf("answers can no longer be saved: %w", stop.Err)}
}

// unfinished returns the error of a service that completes no answer.
func (j *job) unfinished(stop *batch.StopError, said *batch.Error) *exit.Error {
	again := "to ask again, add --retry-failed: " + terminal.CommandLine(withFlag(j.Command, "--retry-failed"))
	if stop.Err == nil {
		return &exit.Error{Code: exit.Service, Detail: terminal.Reasons(j.failures), Hint: again,
			Err: errors.New("an earlier run stopped because no answer arrived whole; nothing was sent")}
	}
	hint := said.Hint
	if errors.Is(stop, batch.ErrAttemptTimeout) {
		hint = "if answers here take longer, raise --attempt-timeout"
	}
	return &exit.Error{Code: exit.Service, Hint: strings.TrimPrefix(hint+"; "+again, "; "),
		Err: fmt.Errorf("no answer arrives whole (%w)", stop.Err),
		Detail: []string{fmt.Sprintf("%s may have been charged, %s: no run asks those questions again by itself",
			prose.Count(j.sum.Uncertain, "request"), j.sum.UncertainCost)}}
}

// over returns the error of a run that began after the time of --until.
func (j *job) over() *exit.Error {
	ago := j.sum.Started.Sub(j.Asking.Until)
	if ago = ago.Truncate(time.Second); ago > time.Minute {
		ago = ago.Truncate(time.Minute)
	}
	return &exit.Error{Code: exit.Clock,
		Err: fmt.Errorf("--until %s passed %s ago; nothing was sent", j.Until, terminal.Short(ago)),
		Hint: fmt.Sprintf("from %s on, the same command runs until %s; to run now, leave out --until, or bound the run with --max-duration",
			j.Reopens.Format("15:04"), j.Until)}
}

// left says how much is done and how much is not, over all runs.
func (j *job) left() string {
	p, sum := j.plan, j.sum
	old := sum.NotRefreshed + sum.RefreshLeft
	text := fmt.Sprintf("answered %d of %d questions", p.Answered+sum.Answered+old, p.Answered+p.Failed+p.ToAsk())
	if failed := p.Failed + sum.Failed - sum.NotRefreshed; failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	text += fmt.Sprintf(", %d left", sum.Left-sum.RefreshLeft)
	if line := j.refreshedLine(); line != "" {
		text += "; " + line
	}
	return text + fmt.Sprintf(", about %s", sum.LeftCost)
}
