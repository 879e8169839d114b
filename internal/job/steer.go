package job

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// orderInterval is how often a run looks for orders.
const orderInterval = time.Second

// A steered is the cause of a run that somebody ended with bizbatch ctl.
type steered struct{ order checkpoint.Order }

func (e steered) Error() string { return "stopped by " + signed(e.order) }

// signed returns who gave an order, and why.
func signed(o checkpoint.Order) string {
	if o.Reason == "" {
		return o.By
	}
	return o.By + ": " + o.Reason
}

// A helm steers a run by the orders in its checkpoint.
type helm struct {
	store    batch.Checkpoint
	progress *terminal.Progress
	diary    *diary
	moves    func() bool // see job
	steering chan batch.Steering
	end      context.CancelCauseFunc // stops the run as a signal does
	leave    func(interrupt.Error)   // says what is left behind
	last     int64                   // order that was seen
	maxSpend *batch.Money            // as somebody set it
	done     chan struct{}
}

// takeHelm steers a run until ctx is done. Of the orders from before the run only a
// pause holds, until somebody resumes.
func (j *job) takeHelm(ctx context.Context, progress *terminal.Progress, end context.CancelCauseFunc) *helm {
	h := &helm{
		store: j.store, progress: progress, diary: j.diary, moves: j.moves, steering: make(chan batch.Steering, 1),
		end: end, leave: j.leaveAtOnce, done: make(chan struct{}),
	}
	before, _ := h.store.Orders(0) // else no pause is known
	if len(before) > 0 {
		h.last = before[len(before)-1].ID
	}
	if o := paused(before); o != nil {
		h.follow(ctx, *o)
	}
	go h.steer(ctx)
	return h
}

// paused returns the order by which runs are paused, or nil if they are not.
func paused(orders []checkpoint.Order) (by *checkpoint.Order) {
	for _, o := range orders {
		switch order, err := DecodeOrder(o.What); {
		case err != nil:
		case order.Verb == "pause":
			by = &o
		case order.Verb == "resume":
			by = nil
		}
	}
	return by
}

func (h *helm) steer(ctx context.Context) {
	defer close(h.done)
	ticker := time.NewTicker(orderInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		orders, _ := h.store.Orders(h.last) // else the next time
		for _, o := range orders {
			h.last = o.ID
			h.follow(ctx, o)
		}
	}
}

// follow carries an order out.
func (h *helm) follow(ctx context.Context, o checkpoint.Order) {
	order, err := DecodeOrder(o.What)
	if err != nil {
		return // of a newer program
	}
	h.progress.Note("steered", fmt.Sprintf("%s, by %s", order, signed(o)), "order", order.String(), "by", o.By, "reason", o.Reason)
	taken := func() { _ = h.store.TakeOrder(o.ID) } // what is missed is a line in the history
	switch {
	case order.Verb == "stop" && order.Now:
		taken()
		h.leave(interrupt.Error{Signal: syscall.SIGTERM})
		os.Exit(int(exit.Terminated))
	case order.Verb == "stop":
		taken()
		h.end(steered{o})
	case order.Verb == "pause" && h.moves != nil && h.moves():
		taken()
		h.end(errElsewhere)
	default:
		h.diary.steered(order, o)
		if order.Verb == "max-spend" {
			h.maxSpend = &order.MaxSpend
		}
		select {
		case h.steering <- order.steering(", by " + signed(o)):
			taken()
		case <-ctx.Done():
		}
	}
}
