package job

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// again says how the job goes on.
func (j *job) again() string {
	if j.waits {
		return "the run goes on by itself"
	}
	return "run the same command again: " + terminal.CommandLine(j.Command)
}

// withFlag adds a flag to a command, unless it is there already. It comes
// first: what follows "--" is no flag.
func withFlag(args []string, flag string) []string {
	if slices.Contains(args, flag) {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, flag)
}

// nextCommand returns what to type after the run: the same command for what is left,
// with --retry-failed for what failed, and else one that shows the answer that took
// longest.
func (j *job) nextCommand(verdict error) string {
	switch {
	case verdict != nil && exit.As(verdict).Code == exit.Failures && len(j.failures) > 0:
		return terminal.CommandLine(withFlag(j.Command, "--retry-failed"))
	case verdict != nil || j.sum.Left > 0:
		return terminal.CommandLine(j.Command)
	}
	if len(j.slowest) > 0 {
		return "bizbatch show " + quoteCheckpoint(j.Checkpoint) + " " + terminal.QuoteID(j.slowest[0].RowID)
	}
	return "bizbatch status " + quoteCheckpoint(j.Checkpoint)
}

// moreHint returns the command whose limit is enough for what is left, as far as
// that can be known.
func (j *job) moreHint() string {
	command := slices.Clone(j.Command)
	command = withValue(command, "--max-spend", j.Asking.MaxSpend, j.sum.LeftCost)
	command = withValue(command, "--max-spend-total", j.Asking.MaxSpendTotal, j.spent+j.uncertain+j.sum.LeftCost)
	return fmt.Sprintf("to ask the %s left too, about %s: %s", prose.Count(j.sum.Left, "question"), j.sum.LeftCost, terminal.CommandLine(command))
}

// withValue raises the value of a flag to at least an amount, in whole dollars.
func withValue(args []string, flag string, value, least batch.Money) []string {
	if value == 0 || value >= least {
		return args
	}
	dollars := strconv.FormatInt(int64((least+batch.Dollar-1)/batch.Dollar), 10)
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, flag+"="):
			args[i] = flag + "=" + dollars
		case arg == flag && i+1 < len(args):
			args[i+1] = dollars
		}
	}
	return args
}

// settingFlag returns the flag that sets what the service refuses.
func (j *job) settingFlag(setting string) string {
	switch s := j.Asking.Settings; {
	case setting == "model":
		if j.Reading.Model == "" && len(j.models) > 0 {
			return "--model " + terminal.Quote(j.models[0]) + ", which the file names"
		}
		return "--model " + terminal.Quote(s.Model)
	case setting == "role":
		return "--role " + terminal.Quote(s.Role)
	case setting == "askMode" && s.AskMode != "":
		return "--ask-mode " + string(s.AskMode)
	case setting == "response_format" && s.Schema != nil:
		return "--schema"
	}
	return "--param " + terminal.Quote(setting)
}

// creditsHint says how much to add.
func (j *job) creditsHint(e *batch.Error) string {
	missing := max(j.sum.LeftCost, e.Cost) - e.Balance
	if missing <= 0 {
		return "add credits, then " + j.again()
	}
	return fmt.Sprintf("add at least %s of credits, then %s", missing, j.again())
}

// keyHint says what to do about a key that is refused. Where earlier runs got
// answers, and this one none, it may be that only odd questions are left.
func (j *job) keyHint(e *batch.Error) string {
	hint := "name a file that holds a valid key with --api-key-file"
	if variable := j.KeyVariable; variable != "" {
		hint = "set " + variable + " to a valid key"
	}
	switch name, credential := terminal.Credential(j.KeyFile); {
	case terminal.IsPipe(j.KeyFile):
		hint = "pass a valid key to --api-key-file"
	case credential:
		hint = "put a valid key into the file that LoadCredential=" + name + " names in the systemd unit"
	case j.KeyFile != "":
		hint = "put a valid key into " + j.KeyFile
	}
	if e.Status == 403 && j.plan.Answered > 0 && j.sum.Answered == 0 {
		hint += fmt.Sprintf(" (or, if it is valid, reword or remove the %s: it may be their text that is refused)", prose.Count(j.sum.Left, "question")+" left")
	}
	return hint + ", then " + j.again()
}

func (j *job) throttledHint(e *batch.Error) string {
	when := e.ResetAt
	if when.IsZero() && e.RetryAfter > 0 {
		when = time.Now().Add(e.RetryAfter)
	}
	if when.IsZero() {
		return "when the limit is reset, " + j.again()
	}
	return fmt.Sprintf("after %s, %s", when.Local().Format("Mon 2 Jan 2006 15:04 MST"), j.again())
}

// spendLimits are the limits that hold: that of the run, and that of all runs.
func (j *job) spendLimits() string {
	var limits []string
	switch c := j.Asking; {
	case j.maxSpend != nil && *j.maxSpend > 0:
		limits = append(limits, "bizbatch ctl max-spend "+j.maxSpend.String())
	case j.maxSpend == nil && c.MaxSpend > 0:
		limits = append(limits, "--max-spend "+c.MaxSpend.String())
	}
	if total := j.Asking.MaxSpendTotal; total > 0 {
		limits = append(limits, "--max-spend-total "+total.String())
	}
	return strings.Join(limits, ", ")
}
