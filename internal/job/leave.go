package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// leaveAtOnce tells the end of a process that does not wait for its answers.
func (j *job) leaveAtOnce(sig interrupt.Error) {
	var left checkpoint.Flights
	var err error
	if store := j.asking.Load(); store != nil {
		left, err = soon(func() (checkpoint.Flights, error) {
			(*store).RescueWaiting()
			return (*store).Flights()
		})
	}
	j.Printer.Leave(atOnce(sig, left, err))
}

// soon returns what read returns, or an error after a second: the disk may be
// stuck, and the user wants to leave.
func soon[T any](read func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return interrupt.Await(ctx, read)
}

// atOnce returns the error that ends a process that leaves behind what is in
// flight, or what could not be read.
func atOnce(sig interrupt.Error, left checkpoint.Flights, unread error) *exit.Error {
	e := &exit.Error{Code: sig.ExitCode(), Hint: "bizbatch status names what was in flight; the same command asks it again"}
	if n := len(left.Rescued); n > 0 {
		e.Detail = []string{fmt.Sprintf("%s could not be saved and went to a rescue file; the next run picks them up from there", prose.Count(n, "answer"))}
	}
	var cost batch.Money
	list := left.InFlight
	for _, f := range list {
		cost += batch.Money(f.Cost)
	}
	switch {
	case unread != nil:
		e.Err = errors.New("stopped at once; what was in flight may have been charged, what was answered is safe")
	case len(list) == 0:
		e.Err = errors.New("stopped at once; nothing was in flight, what was answered is safe")
		e.Hint = "the same command continues"
	case len(list) == 1:
		e.Err = fmt.Errorf("stopped at once: 1 question was in flight (%s) and may have been charged, %s; what was answered is safe", terminal.RowIDs(list), cost)
	default:
		e.Err = fmt.Errorf("stopped at once: %d questions were in flight (%s) and may have been charged, %s; what was answered is safe", len(list), terminal.RowIDs(list), cost)
	}
	return e
}
