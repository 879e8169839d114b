package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/schema"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/prose"
)

// lookAgain is how often a host looks for batches that it can help with.
const lookAgain = time.Second

// Work helps with the batches that are open in a database, until none is. It reads no
// file and writes none.
func Work(o Options) error {
	j := &job{Options: o}
	ctx, stop := interrupt.Notify(j.leaveAtOnce)
	defer stop()
	service, err := j.Connect(ctx)
	if err != nil {
		return j.unread(err)
	}
	defer service.Close()
	helped, done := 0, map[string]bool{} // batches whose limit is reached
	for {
		open, err := postgres.OpenBatches(o.Checkpoint, service.Endpoint)
		if err != nil {
			return databaseError(err, o.Checkpoint)
		}
		found, claimed := false, false
		for _, b := range open {
			if done[b.Address] || b.Free == 0 {
				claimed = claimed || b.Claimed > 0 && !done[b.Address]
				continue
			}
			found = true
			answered, spent, err := j.help(ctx, service, b.Address)
			helped += answered
			if done[b.Address] = spent; err != nil {
				return err
			}
		}
		switch {
		case found:
		case !claimed:
			j.Printer.Say("no batch is open · answered %s", prose.Count(helped, "question"))
			return nil
		case !pass(ctx, lookAgain): // what a host has in hand it may leave
			return j.verdict(nil, &batch.StopError{Kind: batch.StopInterrupted, Err: context.Cause(ctx)})
		}
	}
}

// pass waits, and reports whether ctx is not done before.
func pass(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// help asks what is free in a batch. It reports how many questions were answered, and
// whether the limit on spending is reached. Another reason to stop is an error.
func (j *job) help(ctx context.Context, service Service, address string) (answered int, spent bool, err error) {
	h := &job{Options: j.Options, helps: true}
	h.Checkpoint = address
	store, err := postgres.Open(address, postgres.Options{Endpoint: service.Endpoint, Account: service.Account})
	if err != nil {
		return 0, false, databaseError(err, address)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	h.store = store
	defer j.asking.Store(nil)
	j.asking.Store(&h.store) // for a second Ctrl-C
	if err := h.takeSettings(); err != nil {
		return 0, false, err
	}
	err = h.put(ctx, service)
	var stop *batch.StopError
	if errors.As(err, &stop) && stop.Kind == batch.StopSpend {
		spent, err, stop = true, nil, nil
	}
	if stop != nil {
		err = h.verdict(err, stop)
	}
	h.diary.end(h.outcome, h.sum.Left, err)
	if s := h.sum; s.Answered+s.Failed > 0 {
		h.Printer.Say("%s: answered %d, %d failed · spent %s in %s", store.Name(), s.Answered, s.Failed, s.Spent, s.Ended.Sub(s.Started).Round(time.Second))
	}
	return h.sum.Answered, spent, err
}

// takeSettings has a helper ask as the batch was imported.
func (j *job) takeSettings() error {
	settings, err := batch.ReadSettings(j.store)
	if err != nil {
		return err
	}
	j.Asking.Settings, j.Asking.Leave = settings, true
	s, err := schema.Read(j.store)
	if err != nil {
		return err
	}
	if s != nil {
		j.Asking.Fits, j.Asking.Check = s.Why, s.Check
	}
	counts, err := j.store.Counts()
	if err != nil {
		return exit.Unsent(fmt.Errorf("%s: %w", j.Checkpoint, err))
	}
	j.plan.Plan = checkpoint.Plan{Answered: counts.States[checkpoint.Answered], Failed: counts.States[checkpoint.Failed], Pending: counts.PendingByMode}
	return nil
}
