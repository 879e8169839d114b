package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/alecthomas/kong"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/batch/check"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

type workCmd struct {
	Checkpoint string `group:"files" placeholder:"ADDRESS" help:"The database, postgres://user@host/database (default: BIZBATCH_CHECKPOINT)."`
	Stay       bool   `group:"pace" help:"Wait for other runs when no batch is open, and when a run has stopped, such as for an empty balance."`

	serviceFlags

	Workers        int           `group:"pace" default:"${workers}" help:"Maximum number of requests in flight (default: ${default})."`
	RPM            float64       `group:"pace" name:"rpm" placeholder:"N" help:"Maximum number of requests a minute, together with the runs that have it, too (default: what the service allows)."`
	AttemptTimeout time.Duration `group:"pace" default:"${attemptTimeout}" help:"Longest time for one answer (default: ${default})."`
	IdleTimeout    time.Duration `group:"pace" default:"${idleTimeout}" help:"Longest silence within an answer (default: ${default})."`
	MaxAnswer      byteSize      `group:"pace" default:"${maxAnswer}" help:"Largest answer, with everything that comes with it; the question of a larger one fails (default: ${default})."`

	Quiet       bool          `group:"output" short:"q" help:"Print only what a person must act on."`
	LogFormat   string        `group:"output" enum:"text,json" default:"text" help:"text or json, on standard error (default: ${default})."`
	LogInterval time.Duration `group:"output" default:"1m" help:"Interval of progress lines where there is no terminal (default: ${default})."`
}

func (*workCmd) examples() string {
	return `export BIZBATCH_CHECKPOINT='postgres://bizbatch@db.example/answers?sslmode=verify-full'
bizbatch work                                       # help with the runs of others, until none is on
bizbatch work --stay                                # on a machine that always helps`
}

// Run helps with what is open.
func (c *workCmd) Run(ctx *kong.Context, e env) error {
	if err := checkNumbers(ctx.Flags()); err != nil {
		return exit.Usage(err, "see bizbatch work --help")
	}
	address := cmp.Or(c.Checkpoint, job.Database())
	if !postgres.Is(address) {
		return exit.Usage(errors.New("only the questions in a database can be shared"), "give its address in BIZBATCH_CHECKPOINT or with --checkpoint")
	}
	if c.Model != "" || c.Role != "" {
		return exit.Usage(errors.New("the model and the role are those of the batch"), "leave out --model and --role")
	}
	if err := c.choose(); err != nil {
		return err
	}
	return job.Work(job.Options{
		Checkpoint: address,
		Asking:     batch.Options{Workers: c.Workers, RPM: c.RPM, AttemptTimeout: c.AttemptTimeout, Check: check.Kinds},
		Connect: func(ctx context.Context) (job.Service, error) {
			return c.connect(ctx, chat.Config{IdleTimeout: c.IdleTimeout, MaxAnswer: int64(c.MaxAnswer)}, false)
		},
		Stay:    c.Stay,
		Sandbox: c.Sandbox, KeyFile: c.APIKeyFile, KeyVariable: c.keyVariable(), AddressHint: c.addressHint(), Command: e.args,
		Printer: terminal.New(e.stdout, e.stderr, terminal.Options{Quiet: c.Quiet, Log: c.LogFormat, Interval: c.LogInterval}),
	})
}
