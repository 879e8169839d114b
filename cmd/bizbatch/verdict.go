package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
)

// inputError is a question file that cannot be read.
func inputError(err error) error {
	var e *question.Error
	if errors.As(err, &e) {
		return &cmdError{code: exitUsage, err: fmt.Errorf("%w; nothing was sent", err), hint: e.Hint}
	}
	return err
}

// storeError is a checkpoint that cannot be opened.
func storeError(err error) error {
	var endpoint *checkpoint.EndpointError
	switch {
	case errors.Is(err, checkpoint.ErrInUse):
		return &cmdError{code: exitInUse, err: err, hint: "wait for it to end, or watch it with bizbatch status"}
	case errors.As(err, &endpoint):
		return usageError(fmt.Errorf("%w; nothing was sent", err), "name another file with --checkpoint, or go back to the address it belongs to")
	case errors.Is(err, checkpoint.ErrNotCheckpoint):
		return &cmdError{code: exitUnexpected, err: fmt.Errorf("%w; nothing was sent", err),
			hint: "restore the file from a backup; to start anew, and pay again for what it held, move it away"}
	case errors.Is(err, checkpoint.ErrNewer):
		return &cmdError{code: exitUnexpected, err: fmt.Errorf("%w; nothing was sent", err), hint: "use the newer bizbatch"}
	case errors.Is(err, os.ErrNotExist):
		return usageError(err, "a run makes the checkpoint: bizbatch run FILE makes FILE.bizbatch")
	}
	return fmt.Errorf("%w; nothing was sent", err)
}

// importError is input, or a change of settings, that was refused.
func importError(err error, j *job) error {
	var settings *batch.SettingsError
	var sig signalError
	var bad *question.Error
	switch {
	case errors.As(err, &settings):
		return usageError(fmt.Errorf("%w; nothing was sent", err),
			"to pay for them again, add --ask-again; to keep the answers, go back to the old settings")
	case errors.As(err, &sig):
		return &cmdError{code: sig.exitCode(), err: fmt.Errorf("%w before anything was sent", sig), hint: again(j)}
	case errors.As(err, &bad):
		return inputError(err)
	}
	return fmt.Errorf("%w; nothing was sent", err)
}

// outputError is a run whose answers could not be written; they are safe in
// the checkpoint. What stopped the run, if anything, stays the exit code.
func outputError(err error, j *job, verdict error) error {
	e := &cmdError{code: exitUnexpected, err: err, detail: []string{"every answer is safe in " + j.cmd.Checkpoint},
		hint: "write them with bizbatch export " + quote(j.cmd.Checkpoint) + " --out FILE"}
	var v *cmdError
	if errors.As(verdict, &v) {
		tell(j.env.stderr, verdict)
		e.code = v.code
	}
	return e
}

func again(j *job) string { return "run the same command again: " + commandLine(j.env.args) }

// verdict turns the end of a run into what the user is told and the exit code.
func (j *job) verdict(err error) error {
	var stop *batch.StopError
	if errors.As(err, &stop) {
		return j.stopped(stop)
	}
	if err != nil {
		return err
	}
	failed := j.sum.Failed
	counts, err := j.store.Counts()
	if err != nil {
		return err
	}
	if j.cmd.Limit == 0 {
		failed = counts.States[checkpoint.Failed]
	}
	if failed == 0 {
		return nil
	}
	return &cmdError{
		code: exitFailures, err: fmt.Errorf("%s failed; the output tells why for each", count(failed, "question")),
		detail: reasons(counts),
		hint:   "passing faults are asked again by the same command, the others with --retry-failed",
	}
}

// stopped tells a stop: why, what is left, and what to do.
func (j *job) stopped(stop *batch.StopError) error {
	e := &cmdError{err: stop, hint: again(j)}
	var service *batch.Error
	if !errors.As(stop, &service) {
		service = &batch.Error{}
	}
	switch stop.Kind {
	case batch.StopInterrupted:
		e.code, e.err = exitInterrupted, errors.New("stopped")
		var sig signalError
		if errors.As(stop, &sig) {
			e.code, e.err = sig.exitCode(), fmt.Errorf("stopped: %w", sig)
		}
	case batch.StopBalance:
		e.code, e.err, e.hint = exitMoney, fmt.Errorf("the balance is used up (%w)", service), j.creditsHint(service)
		if service.HasBalance {
			e.detail = append(e.detail, fmt.Sprintf("the balance was %s, the next answer costs %s", service.Balance, service.Cost))
		}
	case batch.StopSpend:
		e.code, e.err = exitMoney, fmt.Errorf("the next answer could exceed the spending limit (%s); spent %s", j.spendLimits(), j.sum.Spent)
		e.hint = "run again with a higher limit"
	case batch.StopKey:
		e.code, e.err, e.hint = exitKey, fmt.Errorf("the API key was refused (%w)", service), j.keyHint()
	case batch.StopThrottled:
		e.code, e.err = exitService, fmt.Errorf("the account is throttled for longer than --max-pause %s (%w)", j.cmd.MaxPause, service)
		e.hint = j.throttledHint(service)
	case batch.StopDown:
		e.code, e.err = exitService, fmt.Errorf("the service is down: nothing succeeded for %s (%w)", j.cmd.MaxOutage, stop.Err)
		e.detail = append(e.detail, "no question failed for it, and no attempt counts")
	case batch.StopEndpoint:
		e.code, e.err, e.hint = exitService, fmt.Errorf("no question can succeed at this address (%w)", service), "check --base-url (or BIZORA_API_URL), then "+again(j)
		if service.Hint != "" {
			e.hint = service.Hint
		}
	case batch.StopClock:
		e.code, e.err = exitClock, errors.New("time is up (--until or --max-duration)")
	case batch.StopSave:
		e.code, e.err = exitUnexpected, fmt.Errorf("answers cannot be saved any more: %w", stop.Err)
		e.hint = "make room or mend the disk, then " + again(j)
	}
	if stop.Unsaved > 0 {
		where := "standard error"
		if stop.Rescued != "" {
			where = stop.Rescued
		}
		e.detail = append(e.detail, fmt.Sprintf("%s went to %s; the next run takes them in from there", count(stop.Unsaved, "answer"), where))
	}
	e.detail = append(e.detail, j.left())
	return e
}

// left says how much is done and how much is not, over all runs.
func (j *job) left() string {
	asked := j.plan.Answered + j.plan.Failed + j.plan.ToAsk()
	return fmt.Sprintf("answered %d of %d questions; %d left, about %s", j.plan.Answered+j.sum.Answered, asked, j.sum.Left, j.sum.LeftCost)
}

func (j *job) creditsHint(e *batch.Error) string {
	missing := j.sum.LeftCost - e.Balance
	if missing <= 0 {
		missing = e.Cost
	}
	return fmt.Sprintf("add at least %s of credits, then %s", missing, again(j))
}

func (j *job) keyHint() string {
	if j.cmd.APIKeyFile != "" {
		return fmt.Sprintf("put a valid key into %s, then %s", j.cmd.APIKeyFile, again(j))
	}
	return "set BIZORA_API_KEY to a valid key, then " + again(j)
}

func (j *job) throttledHint(e *batch.Error) string {
	when := e.ResetAt
	if when.IsZero() && e.RetryAfter > 0 {
		when = time.Now().Add(e.RetryAfter)
	}
	if when.IsZero() {
		return "when the limit is reset, " + again(j)
	}
	return fmt.Sprintf("after %s, %s", when.Local().Format("Mon 2 Jan 2006 15:04 MST"), again(j))
}

func (j *job) spendLimits() string {
	switch c := j.cmd; {
	case c.MaxSpend > 0 && c.MaxSpendTotal > 0:
		return fmt.Sprintf("--max-spend %s, --max-spend-total %s", c.MaxSpend, c.MaxSpendTotal)
	case c.MaxSpend > 0:
		return "--max-spend " + c.MaxSpend.String()
	default:
		return "--max-spend-total " + j.cmd.MaxSpendTotal.String()
	}
}
