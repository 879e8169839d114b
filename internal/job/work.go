package job

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
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

// stint is about how long a host helps with a batch before it looks whether another
// one needs it more.
var stint = 10 * time.Minute

// errElsewhere ends the help with a batch that is paused, or where others need it more.
var errElsewhere = errors.New("this host looks for another batch")

// A helper is a host that helps with the batches that are open in a database.
type helper struct {
	*job
	service Service
	watch   *postgres.Watch
	left    map[string]int64 // batches that it is done with, until other runs begin on them
	helped  int              // questions that were answered
}

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
	watch, err := postgres.NewWatch(o.Checkpoint)
	if err != nil {
		return databaseError(err, o.Checkpoint)
	}
	defer watch.Close()
	away := false // it was told
	h := &helper{job: j, service: service, watch: watch, left: map[string]int64{}}
	for {
		next, open, err := h.look()
		switch {
		case err != nil && o.Stay && errors.Is(err, postgres.ErrAway): // it comes back
			if !away {
				j.Printer.Notice("away", fmt.Sprintf("%v; waiting for it", err))
			}
		case err != nil:
			return databaseError(err, o.Checkpoint)
		case next != nil:
			if err := h.help(ctx, *next); err != nil {
				return err
			}
			continue
		case !open && !o.Stay:
			j.Printer.Say("no batch is open · answered %s", prose.Count(h.helped, "question"))
			return nil
		}
		if away = err != nil; !pass(ctx, lookAgain) { // what a host has in hand it may leave
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

// look returns the batch that needs this host most, or nil, and whether any is open.
func (h *helper) look() (next *postgres.OpenBatch, open bool, err error) {
	list, err := h.watch.Open(h.service.Endpoint, h.service.Account)
	for _, b := range list {
		if joined, left := h.left[b.Address]; left && joined == b.Joined {
			continue
		}
		open = true
		if b.Free == 0 || b.Closed && b.Hosts > 0 { // these find out when the account is open again
			continue
		}
		orders, err := h.watch.Orders(b)
		if err != nil {
			return nil, true, err
		}
		if paused(orders) == nil {
			return &b, true, nil
		}
	}
	return nil, open, err
}

// stays returns a batch as it is now, and reports whether it stays open without this
// host. Where it began the first of the runs that are on, it does not: those before
// were killed.
func (h *helper) stays(from postgres.OpenBatch) (now postgres.OpenBatch, open bool) {
	list, _ := h.watch.Open(h.service.Endpoint, h.service.Account) // else it is not known
	for _, b := range list {
		if b.Address == from.Address {
			return b, b.Joined == from.Joined
		}
	}
	return now, false
}

// moveOn ends the help with a batch once another one has so many hosts fewer that it is
// better off with this one. It looks at different moments on each host, so that not all
// of them leave.
func (h *helper) moveOn(ctx context.Context, from postgres.OpenBatch, leave context.CancelCauseFunc) {
	for pass(ctx, stint/2+rand.N(stint)) {
		now, open := h.stays(from)
		if next, _, _ := h.look(); open && next != nil && next.Hosts+1 < now.Hosts {
			leave(errElsewhere)
			return
		}
	}
}

// help asks what is free in a batch. A reason to stop is an error, unless the host stays
// and there may be other batches.
func (h *helper) help(ctx context.Context, b postgres.OpenBatch) error {
	inside, leave := context.WithCancelCause(ctx)
	var looking sync.WaitGroup
	looking.Go(func() { h.moveOn(inside, b, leave) })
	answered, stop, err := h.ask(inside, b)
	leave(nil)
	looking.Wait()
	h.helped += answered
	if err == nil && stop == "" {
		return nil
	}
	away := stop == batch.StopSave || errors.Is(err, postgres.ErrAway)                // it tries again, with another lease
	if now, _ := h.stays(b); !away && (stop != batch.StopBalance || now.Hosts == 0) { // else it helps when the others do
		h.left[b.Address] = max(b.Joined, now.Joined)
	}
	if err == nil || !h.Stay || ctx.Err() != nil || stop == "" && !away || stop == batch.StopKey || stop == batch.StopEndpoint {
		return err
	}
	h.Printer.Notice("left", fmt.Sprintf("%s: %v; waiting for other runs", postgres.Batch(b.Address), err))
	return nil
}

// ask asks what is free in a batch. It reports how many questions were answered, and
// why the run stopped. That is also an error, but for the limit on spending.
func (h *helper) ask(ctx context.Context, b postgres.OpenBatch) (answered int, why batch.StopKind, err error) {
	j := &job{Options: h.Options, helps: true}
	j.moves = func() bool { _, open := h.stays(b); return open }
	j.Checkpoint = b.Address
	store, err := postgres.Open(b.Address, postgres.Options{Endpoint: h.service.Endpoint, Account: h.service.Account})
	if err != nil {
		return 0, "", databaseError(err, b.Address)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	j.store = store
	defer h.asking.Store(nil)
	h.asking.Store(&j.store) // for a second Ctrl-C
	if err := j.takeSettings(); err != nil {
		return 0, "", err
	}
	err = j.put(ctx, h.service)
	var stop *batch.StopError
	if errors.As(err, &stop); stop != nil && errors.Is(stop, errElsewhere) {
		err, stop = nil, nil
	}
	if stop != nil {
		why = stop.Kind
		if err = nil; why != batch.StopSpend {
			err = j.verdict(nil, stop)
		}
	}
	j.diary.end(j.outcome, j.sum.Left, err)
	if s := j.sum; s.Answered+s.Failed > 0 {
		j.Printer.Say("%s: answered %d, %d failed · spent %s in %s", store.Name(), s.Answered, s.Failed, s.Spent, s.Ended.Sub(s.Started).Round(time.Second))
	}
	return j.sum.Answered, why, err
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
