// Package job runs a file of questions: it plans what to ask, asks it, writes the
// answers, and says how that went.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/account"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

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
	return j.notifyEnd(j.measure(j.summarize(j.run(ctx)), begun))
}

func (j *job) run(ctx context.Context) (err error) {
	content := ""
	if j.File != "-" { // before it is opened: where it changes meanwhile, the next run reads it again
		if content, err = interrupt.Await(ctx, func() (string, error) { return contentDigest(j.File), nil }); err != nil {
			return j.unread(err)
		}
	}
	j.reader, err = interrupt.Await(ctx, func() (*question.Reader, error) { return j.openInput(ctx) })
	if err != nil {
		return j.unread(err)
	}
	defer j.reader.Close()
	service, err := j.Connect(ctx)
	if err != nil {
		return j.unread(err)
	}
	defer service.Close()
	if j.store, err = j.openStore(service); err != nil {
		return exit.Unsent(storeError(err, j.Checkpoint))
	}
	defer func() {
		if cerr := j.store.Close(); err == nil {
			err = cerr
		}
	}()
	if err := j.takeIn(ctx, service.Endpoint, content); err != nil || j.DryRun {
		return err
	}
	return j.ask(ctx, service)
}

// ask asks what is pending, writes the answers, and tells how it went.
func (j *job) ask(ctx context.Context, service Service) error {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent(j.Asking.Workers)))
	}
	err := j.put(ctx, service)
	var stop *batch.StopError
	errors.As(err, &stop)
	unwritten := j.write(stop)
	if stop != nil && stop.Kind == batch.StopSpend && j.Asking.MaxSpendTotal > 0 {
		if h, err := batch.ReadHistory(j.store); err == nil { // else a figure is missed, and no more
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
		err = outputError(err, unwritten, stop, j.Checkpoint, j.unwritten())
	}
	j.diary.end(j.outcome, j.sum.Left, err)
	return err
}

// put puts the pending questions to the service.
func (j *job) put(ctx context.Context, service Service) error {
	progress := j.progress()
	j.asking.Store(&j.store)
	noted := j.store
	if j.helps {
		noted = nil
	}
	j.diary = keepDiary(noted, j.Command, progress)
	j.Asking.OnEvent, j.Asking.OnStep = j.watch(progress), j.diary.step
	ctx, end := context.WithCancelCause(ctx)
	steered, over := context.WithCancel(context.Background())
	onUSR1(steered, progress.Tell)
	helm := j.takeHelm(steered, progress, end)
	j.Asking.Steering = helm.steering
	defer j.joinAccount(service)()
	sum, err := batch.Run(ctx, j.store, service.Asker, j.Asking)
	over()
	<-helm.done
	j.maxSpend = helm.maxSpend
	end(nil)
	j.asking.Store(nil)
	progress.End()
	var stop *batch.StopError
	errors.As(err, &stop)
	j.sum, j.outcome = sum, outcome(err, stop)
	service.Idle() // where few files may be open, the output needs theirs
	return err
}

// joinAccount has the runs on this machine that ask with the same key keep one pace,
// until leave is called. Without a folder for that, each finds its own.
func (j *job) joinAccount(service Service) (leave func()) {
	if service.Account == "" || postgres.Is(j.Checkpoint) { // a database knows of all hosts
		return func() {}
	}
	file, err := account.Join(service.Account)
	if err != nil {
		return func() {}
	}
	j.Asking.Pace = file
	return func() { _ = file.Leave() }
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

// gcPercent returns how much garbage may lie around, in percent of the memory in use
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

// progress shows how the run goes on, until its end.
func (j *job) progress() *terminal.Progress {
	total, estimate := j.plan.ToAsk(), j.plan.Estimate
	if limit := j.Asking.Limit; limit > 0 && limit < total {
		total, estimate = limit, estimate*batch.Money(limit)/batch.Money(total)
	}
	return j.Printer.Progress(total, estimate, rateBefore(j.store))
}

// rateBefore returns the rate of the last run that brought answers home, pauses
// left out; 0: there was none.
func rateBefore(store batch.Checkpoint) float64 {
	runs, err := store.Runs()
	if err != nil {
		return 0 // an estimate is missed, and no more
	}
	perMinute := 0.0
	for _, r := range runs {
		var sum batch.Summary
		if json.Unmarshal(r.Summary, &sum) != nil || sum.Answered == 0 {
			continue
		}
		if minutes := sum.Ended.Sub(sum.Started).Minutes() - sum.PausedSeconds/60; minutes > 0 {
			perMinute = float64(sum.Answered+sum.Failed) / minutes
		}
	}
	return perMinute
}
