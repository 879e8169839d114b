package job

import (
	"cmp"
	"slices"
	"sync/atomic"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
	"bizbatch/internal/terminal"
)

// A job is one run of a file, from the plan to the written answers.
type job struct {
	Options
	reader  *question.Reader
	store   *checkpoint.Store
	input   batch.Input
	plan    batch.Plan
	sum     batch.Summary
	outcome string // how the asking ended; empty: it did not begin
	outputs []string
	written []string // outputs that hold the answers as they are
	models  []string // that the file names
	current []string // those of them that did before, and were left alone
	kept    []keptFile
	unnoted []string // outputs of which the checkpoint could not note what is in them

	slowest  []checkpoint.Outcome
	failures []checkpoint.FailureGroup
	next     string // the command to type next

	waits   bool           // what is said is about a run that waits and goes on by itself
	diary   *diary         // of the run, while requests may be in flight
	notices []<-chan error // of commands of --notify that may still be on

	asking atomic.Pointer[checkpoint.Store] // the store, while requests may be in flight

	spent, uncertain batch.Money // by all runs on the checkpoint, where --max-spend-total ended this one

	replaced []string // outputs that hold real answers, until the sandbox's take their place
}

// ended is how the run ended, if it began.
func (j *job) ended() string { return cmp.Or(j.outcome, "not started") }

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
