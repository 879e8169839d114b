package job

import (
	"cmp"
	"context"
	"io"
	"os"
	"sync/atomic"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// A job is one run of a file, from the plan to the written answers.
type job struct {
	Options
	reader  *question.Reader
	store   batch.Checkpoint
	input   batch.Input
	plan    batch.Plan
	sum     batch.Summary
	outcome string // how the asking ended; empty: it did not begin
	outputs []string
	groups  []report.Group // what became of their rows
	parts   parts          // those of the outputs that a pattern makes
	written []string       // outputs that hold the answers as they are
	models  []string       // that the file names
	current []string       // those of them that did before, and were left alone
	kept    []keptFile
	unnoted []string // outputs of which the checkpoint could not note what is in them

	changed  int // of the answers that were refreshed, those with other facts
	slowest  []checkpoint.Outcome
	failures []checkpoint.FailureGroup
	next     string // the command to type next

	helps   bool           // with a run of others, which has the file and the outputs
	moves   func() bool    // reports whether a pause ends the run, as this host helps others meanwhile; nil: it does not
	waits   bool           // what is said is about a run that waits and goes on by itself
	diary   *diary         // of the run, while requests may be in flight
	notices []<-chan error // of commands of --notify that may still be on

	asking atomic.Pointer[batch.Checkpoint] // the store, while requests may be in flight

	maxSpend         *batch.Money // as somebody set it with bizbatch ctl
	spent, uncertain batch.Money  // by all runs on the checkpoint, where --max-spend-total ended this one

	replaced []string // outputs that hold real answers, until the sandbox's take their place
}

// ended returns how the run ended, if it began.
func (j *job) ended() string { return cmp.Or(j.outcome, "not started") }

// Options say what a run does.
type Options struct {
	File       string    // holds the questions; - for standard input
	Stdin      io.Reader // see File
	Reading    question.Options
	Checkpoint string // a file, or the address of a batch in a database

	Private      string   // WarnPrivate, MaskPrivate or RefusePrivate
	PrivateWords []string // that count as private text, too

	Outputs              []string // the answers go there; empty: to one file beside the questions
	Report               report.Options
	Force                bool   // overwrite files that bizbatch did not write
	Summary, MetricsFile string // empty: none

	Reuse    []string // checkpoints whose answers are taken over, beside those in the checkpoint's folder
	NoReuse  bool
	AskAgain bool // agrees to pay again for what was answered with other settings

	Notify string // a command that is told of the end, and of waiting for a person; empty: none

	Stay    bool // Work waits for more when it has nothing to do
	DryRun  bool
	Refresh batch.Refresh // answers that are asked for again
	Asking  batch.Options // but for OnEvent
	Until   string        // the time of day of --until
	Reopens time.Time     // when it comes again, where it had passed before the run; else zero

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
	Account  string // tells the user's account with it from others, and says nothing of the key
	Asker    batch.Asker
	Idle     func() // closes the connections that are not in use
	Close    func()
}

// openStore opens the checkpoint. A dry run plans on a copy, so that it leaves
// nothing behind and works beside a run.
func (o *Options) openStore(service Service) (batch.Checkpoint, error) {
	if postgres.Is(o.Checkpoint) {
		opts := postgres.Options{Endpoint: service.Endpoint, Account: service.Account}
		if o.DryRun {
			return opened(postgres.OpenCopy(o.Checkpoint, opts))
		}
		return opened(postgres.Open(o.Checkpoint, opts))
	}
	opts := checkpoint.Options{Endpoint: service.Endpoint}
	if o.DryRun {
		return opened(checkpoint.OpenCopy(o.Checkpoint, opts))
	}
	return opened(checkpoint.Open(o.Checkpoint, opts))
}

// opened returns a store as a checkpoint, or nil with an error. A nil pointer in an
// interface would not be equal to nil.
func opened[S batch.Checkpoint](store S, err error) (batch.Checkpoint, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
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
