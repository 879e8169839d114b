package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
)

// A job is one run of a file, from the plan to the written answers.
type job struct {
	cmd     *runCmd
	env     env
	ui      *ui
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

	asking atomic.Pointer[checkpoint.Store] // the store, while requests may be in flight

	spent, uncertain batch.Money // by all runs on the checkpoint, where --max-spend-total ended this one

	replaced []string // outputs that hold real answers, until the sandbox's take their place
}

func (j *job) run(ctx context.Context, settings batch.Settings) (err error) {
	j.reader, err = await(ctx, func() (*question.Reader, error) { return j.cmd.openInput(ctx, j.env) })
	if err != nil {
		return j.unread(err)
	}
	defer j.reader.Close()
	digest := ""
	if j.cmd.File != "-" {
		digest = digestFile(j.cmd.File, j.cmd.inputOptions())
	}
	service, err := j.cmd.service(ctx)
	if err != nil {
		return j.unread(err)
	}
	defer service.close()
	if j.store, err = j.cmd.openStore(service.endpoint); err != nil {
		return unsent(storeError(err, j.cmd.Checkpoint))
	}
	defer func() {
		if cerr := j.store.Close(); err == nil {
			err = cerr
		}
	}()
	if err := j.takeIn(ctx, service.endpoint, digest, settings); err != nil || j.cmd.DryRun {
		return err
	}
	return j.ask(ctx, service, settings)
}

// ask asks what is pending, writes the answers, and tells how it went.
func (j *job) ask(ctx context.Context, service service, settings batch.Settings) error {
	watch := j.ui.watch(j)
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent(j.cmd.Workers)))
	}
	j.asking.Store(j.store)
	sum, err := batch.Run(ctx, j.store, service.asker, j.cmd.options(settings, watch.event))
	j.asking.Store(nil)
	watch.end()
	var stop *batch.StopError
	errors.As(err, &stop)
	j.sum, j.outcome = sum, outcome(err, stop)
	service.idle() // where few files may be open, the output needs theirs
	unwritten := j.write(stop)
	if stop != nil && stop.Kind == batch.StopSpend && j.cmd.MaxSpendTotal > 0 {
		if s, err := readStatus(j.store); err == nil { // else a figure is missed, and no more
			j.spent, j.uncertain = s.SpentTotal, s.UncertainCost
		}
	}
	if err2 := j.lookBack(); err == nil {
		err = err2
	}
	err = j.verdict(err, stop)
	err = j.tellUnnoted(err)
	j.next = j.nextCommand(err)
	j.ui.finished(j, err)
	if unwritten != nil {
		err = outputError(err, unwritten, stop, j.cmd.Checkpoint)
	}
	return err
}

// tellUnnoted tells of notes that could not be made, with the verdict if there is
// one.
func (j *job) tellUnnoted(verdict error) error {
	for _, out := range j.unnoted {
		if verdict == nil {
			j.ui.notice("unnoted", unnoted(out), "output", out)
		} else {
			verdict = besides(verdict, errors.New(unnoted(out)))
		}
	}
	return verdict
}

// gcPercent is how much garbage may lie around, in percent of the memory in use
// (GOGC). A few hundred workers hold little memory, and what they leave is
// seldom worth collecting. Each of thousands holds memory through minutes in
// which the processor is idle: it is better spent on collecting more often.
func gcPercent(workers int) int {
	switch {
	case workers <= 256:
		return 300
	case workers <= 1_000:
		return 100
	}
	return 20
}

// lookBack reads what is told of the answers and failures beside their number.
func (j *job) lookBack() (err error) {
	const slowest = 5
	if j.sum.Attempts > 0 {
		if j.slowest, err = j.store.Slowest(slowest); err != nil {
			return err
		}
	}
	j.failures, err = j.store.Failures()
	return err
}

// nextCommand is what to type after the run: the same command for what is left,
// with --retry-failed for what failed, and else one that shows the answer that took
// longest.
func (j *job) nextCommand(verdict error) string {
	switch {
	case verdict != nil && asCmdError(verdict).code == exitFailures:
		return commandLine(withFlag(j.env.args, "--retry-failed"))
	case verdict != nil || j.sum.Left > 0:
		return commandLine(j.env.args)
	}
	if len(j.slowest) > 0 {
		return "bizbatch show " + quoteFile(j.cmd.Checkpoint) + " " + quoteID(j.slowest[0].RowID)
	}
	return "bizbatch status " + quoteFile(j.cmd.Checkpoint)
}

// withFlag adds a flag to a command, unless it is there already. It comes
// first: what follows "--" is no flag.
func withFlag(args []string, flag string) []string {
	if slices.Contains(args, flag) {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, flag)
}

// outcome names how a run ended.
func outcome(err error, stop *batch.StopError) string {
	switch {
	case err == nil:
		return "finished"
	case stop != nil:
		return string(stop.Kind)
	}
	return "error"
}

// ended is how the run ended, if it began.
func (j *job) ended() string { return cmp.Or(j.outcome, "not started") }

// takeIn reads the questions into the checkpoint and prints the plan.
func (j *job) takeIn(ctx context.Context, endpoint, digest string, settings batch.Settings) (err error) {
	if err := j.checkOutputs(); err != nil {
		return err
	}
	named, others, err := j.cmd.reuse(endpoint)
	if err != nil {
		return err
	}
	var skipped []string
	j.plan, err = batch.Import(j.store, untilDone(ctx, j.reader.Questions(), &skipped), batch.ImportOptions{
		Settings: settings, Input: j.reader.Input, Digest: digest, RetryFailed: j.cmd.RetryFailed,
		AskAgain: j.cmd.AskAgain, Reuse: named, Neighbours: others, DryRun: j.cmd.DryRun, Price: j.cmd.Price,
	})
	if err != nil {
		return importError(err, j)
	}
	for _, out := range j.outputs {
		if err := claimOutput(j.store, out); err != nil && !j.cmd.DryRun {
			return unsent(err)
		}
	}
	debug.FreeOSMemory() // the import took most; what follows may go on for days
	if j.input, err = batch.ReadInput(j.store); err != nil {
		return err
	}
	j.ui.planned(j, skipped)
	j.tellModels()
	return nil
}

// tellModels says where a file names another model than the one that would be
// asked without it.
func (j *job) tellModels() {
	model := j.cmd.model()
	j.models = j.reader.Understood().Models
	named := slices.DeleteFunc(slices.Clone(j.models), func(name string) bool { return name == model })
	if len(named) == 0 {
		return
	}
	text := fmt.Sprintf("the file names the model %s, and it is asked: --model %s asks another", strings.Join(named, ", "), cmp.Or(model, "NAME"))
	if j.cmd.Model != "" {
		text = fmt.Sprintf("the file names the model %s, but --model %s is asked", strings.Join(named, ", "), model)
	}
	j.ui.notice("model", text, "named", named)
}

// untilDone yields questions until ctx is done, and notes the lines of those
// that are skipped.
func untilDone(ctx context.Context, questions iter.Seq2[batch.Question, error], skipped *[]string) iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		for q, err := range questions {
			if ctx.Err() != nil {
				yield(q, context.Cause(ctx))
				return
			}
			if q.Skip != "" {
				*skipped = append(*skipped, strconv.Itoa(q.Line))
			}
			if !yield(q, err) {
				return
			}
		}
	}
}
