package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// notifyTimeout is how long a command of --notify may take.
const notifyTimeout = 30 * time.Second

// notifyEnd runs the command of --notify at the end of a run, and returns the
// verdict.
func (j *job) notifyEnd(verdict error) error {
	if j.Notify == "" || j.DryRun {
		return verdict
	}
	for _, notice := range j.notices {
		j.tellNotify(<-notice)
	}
	j.tellNotify(j.notify(j.summaryOf(verdict), notifyTimeout))
	return verdict
}

// tellNotify tells that a command of --notify failed. That changes nothing.
func (j *job) tellNotify(err error) {
	if err != nil {
		j.Printer.Notice("notify", fmt.Sprintf("--notify failed: %v", err), "error", err.Error())
	}
}

// watch passes the runner's events on. Where a run has begun to wait for a person,
// and what was in flight is home, it says what to do, and runs the command of
// --notify.
func (j *job) watch(progress *terminal.Progress) func(batch.Event) {
	var wait batch.Event
	told := false
	return func(e batch.Event) {
		progress.Event(e)
		j.diary.event(e)
		switch {
		case e.Kind == batch.EventWaiting:
			wait = e
		case e.Kind == batch.EventResumed:
			told = false
		case e.Kind == batch.EventIdle && !told:
			told = true
			wait.Progress = e.Progress
			advice := j.advice(wait)
			progress.Waits(wait, advice)
			j.diary.advised(advice)
			j.notifyWait(wait, advice)
		}
	}
}

// notifyWait runs the command of --notify while the run waits.
func (j *job) notifyWait(wait batch.Event, advice *exit.Error) {
	if j.Notify == "" {
		return
	}
	s := j.summaryOf(nil)
	s.Outcome, s.Error, s.Hint = "waiting "+terminal.WaitsFor(wait), advice.Error(), advice.Hint
	notice := make(chan error, 1)
	j.notices = append(j.notices, notice)
	go func() { notice <- j.notify(s, notifyTimeout) }()
}

// advice returns what a waiting run says: what it would say if it stopped for the
// same reason, but that it goes on by itself.
func (j *job) advice(e batch.Event) *exit.Error {
	j.sum.Progress = e.Progress // until the run's own is there
	j.sum.Left = j.plan.ToAsk() - e.Progress.Answered - e.Progress.Failed
	j.sum.RefreshLeft = min(j.sum.Left, refreshed(j.plan)) // they go last
	j.sum.LeftCost = max(0, j.plan.Estimate-e.Progress.Spent)
	j.waits = true
	defer func() { j.waits = false }()
	return exit.As(j.stopped(&batch.StopError{Kind: e.For, Err: e.Err}))
}

// notify runs the command of --notify with the summary on its standard input. The
// key is not in its environment, and no text of a question is in the summary.
func (j *job) notify(s summaryFile, timeout time.Duration) error {
	s.Failures = slices.Clone(s.Failures)
	for i := range s.Failures {
		s.Failures[i].Error = "" // a service may quote the question
	}
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", j.Notify)
	if runtime.GOOS == "windows" {
		cmd = exec.CommandContext(ctx, "cmd", "/C", j.Notify)
	}
	cmd.Stdin = bytes.NewReader(append(content, '\n'))
	cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return j.KeyVariable != "" && strings.HasPrefix(variable, j.KeyVariable+"=")
	})
	cmd.Env = append(cmd.Env, "BIZBATCH_OUTCOME="+s.Outcome, fmt.Sprintf("BIZBATCH_EXIT_CODE=%d", s.ExitCode), "BIZBATCH_CHECKPOINT="+j.Checkpoint)
	inGroup(cmd)
	cmd.WaitDelay = time.Second // for what the command left behind all the same
	printed, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	switch last := lines[len(lines)-1]; {
	case ctx.Err() != nil:
		return fmt.Errorf("it took longer than %s", terminal.Short(timeout))
	case err != nil && last != "":
		return fmt.Errorf("%w: %s", err, last)
	}
	return err
}
