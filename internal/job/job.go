package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// Options say what a run does.
type Options struct {
	File       string    // holds the questions; - for standard input
	Stdin      io.Reader // see File
	Reading    question.Options
	Checkpoint string

	Outputs              []string // the answers go there; empty: to one file beside the questions
	Report               report.Options
	Force                bool   // overwrite files that bizbatch did not write
	Summary, MetricsFile string // empty: none

	Reuse    []string // checkpoints whose answers are taken over, beside those in the checkpoint's folder
	NoReuse  bool
	AskAgain bool // agrees to pay again for what was answered with other settings

	DryRun      bool
	RetryFailed bool
	Asking      batch.Options // but for OnEvent
	Until       string        // the time of day of --until
	Reopens     time.Time     // when it comes again, where it had passed before the run; else zero

	Connect              func(context.Context) (Service, error)
	Sandbox              bool
	KeyFile, KeyVariable string // where the API key comes from; empty: not from there
	AddressHint          string // how the service's address is set

	Command []string // the arguments of the program, to be typed again
	Printer *terminal.Printer
}

// A Service is what a run asks.
type Service struct {
	Endpoint string // what the checkpoint remembers
	Asker    batch.Asker
	Idle     func() // closes the connections that are not in use
	Close    func()
}

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

	slowest  []checkpoint.Duration
	failures []checkpoint.FailureGroup
	next     string // the command to type next

	asking atomic.Pointer[checkpoint.Store] // the store, while requests may be in flight

	spent, uncertain batch.Money // by all runs on the checkpoint, where --max-spend-total ended this one

	replaced []string // outputs that hold real answers, until the sandbox's take their place
}

// Run is the whole way of a file: read, plan, ask, write, tell. What it returns
// is the verdict, an [exit.Error].
func Run(o Options) error {
	begun := time.Now()
	if err := o.checkReports(); err != nil {
		return err
	}
	j := &job{Options: o}
	ctx, stop := interrupt.Notify(j.leaveAtOnce)
	defer stop()
	return j.measure(j.summarize(j.run(ctx)), begun)
}

func (j *job) run(ctx context.Context) (err error) {
	j.reader, err = interrupt.Await(ctx, func() (*question.Reader, error) { return j.openInput(ctx) })
	if err != nil {
		return j.unread(err)
	}
	defer j.reader.Close()
	digest := ""
	if j.File != "-" {
		digest = digestFile(j.File, j.Reading)
	}
	service, err := j.Connect(ctx)
	if err != nil {
		return j.unread(err)
	}
	defer service.Close()
	if j.store, err = j.openStore(service.Endpoint); err != nil {
		return exit.Unsent(storeError(err, j.Checkpoint))
	}
	defer func() {
		if cerr := j.store.Close(); err == nil {
			err = cerr
		}
	}()
	if err := j.takeIn(ctx, service.Endpoint, digest); err != nil || j.DryRun {
		return err
	}
	return j.ask(ctx, service)
}

// openStore opens the checkpoint. A dry run plans on a copy, so that it leaves
// nothing behind and works beside a run.
func (o *Options) openStore(endpoint string) (*checkpoint.Store, error) {
	opts := checkpoint.Options{Endpoint: endpoint}
	if o.DryRun {
		return checkpoint.OpenCopy(o.Checkpoint, opts)
	}
	return checkpoint.Open(o.Checkpoint, opts)
}

// openInput opens the questions. Reading those that come through a pipe ends
// with ctx.
func (o *Options) openInput(ctx context.Context) (*question.Reader, error) {
	if o.File == "-" {
		return question.NewReader(interrupt.NewReader(ctx, o.Stdin), "standard input", o.Reading)
	}
	if info, err := os.Stat(o.File); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return question.Open(o.File, o.Reading)
	}
	pipe, err := os.Open(o.File)
	if err != nil {
		return nil, err
	}
	return question.NewReader(interrupt.NewReader(ctx, pipe), o.File, o.Reading)
}

// ask asks what is pending, writes the answers, and tells how it went.
func (j *job) ask(ctx context.Context, service Service) error {
	progress := j.progress()
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent(j.Asking.Workers)))
	}
	j.asking.Store(j.store)
	j.Asking.OnEvent = progress.Event
	sum, err := batch.Run(ctx, j.store, service.Asker, j.Asking)
	j.asking.Store(nil)
	progress.End()
	var stop *batch.StopError
	errors.As(err, &stop)
	j.sum, j.outcome = sum, outcome(err, stop)
	service.Idle() // where few files may be open, the output needs theirs
	unwritten := j.write(stop)
	if stop != nil && stop.Kind == batch.StopSpend && j.Asking.MaxSpendTotal > 0 {
		if h, err := batch.HistoryOf(j.store); err == nil { // else a figure is missed, and no more
			j.spent, j.uncertain = h.SpentTotal, h.UncertainCost
		}
	}
	if err2 := j.lookBack(); err == nil {
		err = err2
	}
	err = j.verdict(err, stop)
	err = j.tellUnnoted(err)
	j.next = j.nextCommand(err)
	j.tellResult(err)
	if unwritten != nil {
		err = outputError(err, unwritten, stop, j.Checkpoint)
	}
	return err
}

// tellUnnoted tells of notes that could not be made, with the verdict if there is
// one.
func (j *job) tellUnnoted(verdict error) error {
	for _, out := range j.unnoted {
		if verdict == nil {
			j.Printer.Notice("unnoted", unnoted(out), "output", out)
		} else {
			verdict = exit.Besides(verdict, errors.New(unnoted(out)))
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
	case verdict != nil && exit.As(verdict).Code == exit.Failures:
		return terminal.CommandLine(withFlag(j.Command, "--retry-failed"))
	case verdict != nil || j.sum.Left > 0:
		return terminal.CommandLine(j.Command)
	}
	if len(j.slowest) > 0 {
		return "bizbatch show " + terminal.QuoteFile(j.Checkpoint) + " " + terminal.QuoteID(j.slowest[0].RowID)
	}
	return "bizbatch status " + terminal.QuoteFile(j.Checkpoint)
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
func (j *job) takeIn(ctx context.Context, endpoint, digest string) (err error) {
	if err := j.checkOutputs(); err != nil {
		return err
	}
	named, others, err := j.reuse(endpoint)
	if err != nil {
		return err
	}
	var skipped []string
	j.plan, err = batch.Import(j.store, untilDone(ctx, j.reader.Questions(), &skipped), batch.ImportOptions{
		Settings: j.Asking.Settings, Input: j.reader.Input, Digest: digest, RetryFailed: j.RetryFailed,
		AskAgain: j.AskAgain, Reuse: named, Neighbours: others, DryRun: j.DryRun, Price: j.Asking.Price,
	})
	if err != nil {
		return importError(err, j)
	}
	for _, out := range j.outputs {
		if err := claimOutput(j.store, out); err != nil && !j.DryRun {
			return exit.Unsent(err)
		}
	}
	debug.FreeOSMemory() // the import took most; what follows may go on for days
	if j.input, err = batch.InputOf(j.store); err != nil {
		return err
	}
	j.tellPlan(skipped)
	j.tellModels()
	return nil
}

// tellModels says where a file names another model than the one that would be
// asked without it.
func (j *job) tellModels() {
	model := j.Asking.Settings.Model
	j.models = j.reader.Understood().Models
	named := slices.DeleteFunc(slices.Clone(j.models), func(name string) bool { return name == model })
	if len(named) == 0 {
		return
	}
	text := fmt.Sprintf("the file names the model %s, and it is asked: --model %s asks another", strings.Join(named, ", "), cmp.Or(model, "NAME"))
	if j.Reading.Model != "" {
		text = fmt.Sprintf("the file names the model %s, but --model %s is asked", strings.Join(named, ", "), model)
	}
	j.Printer.Notice("model", text, "named", named)
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
