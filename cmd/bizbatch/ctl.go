package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
)

type ctlCmd struct {
	Checkpoint string   `arg:"" help:"The question file of the run, or its checkpoint."`
	Order      string   `arg:"" enum:"pause,resume,workers,rpm,max-spend,until,skip,stop" help:"pause, resume, workers N, rpm N, max-spend DOLLARS, until HH:MM, skip ID…, or stop."`
	Values     []string `arg:"" optional:"" help:"What the order needs."`
	Reason     string   `placeholder:"TEXT" help:"Why, for the log and the history."`
	Now        bool     `help:"With stop: do not wait for what is in flight, which may be charged without an answer."`
}

func (*ctlCmd) examples() string {
	return `bizbatch ctl questions.csv pause --reason "the model was changed"   # what is in flight comes home
bizbatch ctl questions.csv resume
bizbatch ctl questions.csv workers 16                               # from now on
bizbatch ctl questions.csv max-spend 40                             # of this run
bizbatch ctl questions.csv until 07:30
bizbatch ctl questions.csv skip TQ-007 TQ-031                       # given up, without being sent
bizbatch ctl questions.csv stop                                     # as SIGTERM does`
}

// Run leaves the order in the checkpoint and waits a moment for the run to take it
// up.
func (c *ctlCmd) Run(e env) error {
	order, err := job.ParseOrder(c.Order, c.Values, untilTime)
	if err != nil {
		return exit.Usage(err, "see bizbatch ctl --help")
	}
	if c.Now && c.Order != "stop" {
		return exit.Usage(errors.New("--now goes with stop"), "see bizbatch ctl --help")
	}
	order.Now = c.Now
	store, err := job.View(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	if !order.Holds() && !store.Active() {
		return exit.Usage(fmt.Errorf("no run is on for %s", c.Checkpoint), onlyPauses)
	}
	for _, id := range order.IDs {
		if err := known(store, c.Checkpoint, id); err != nil {
			return err
		}
	}
	id, err := job.Give(store, checkpoint.Order{Given: time.Now(), By: whoami(), What: order.Encode(), Reason: strings.TrimSpace(c.Reason)})
	if err != nil {
		return exit.As(err)
	}
	return tellTaken(e, store, id, order)
}

// known refuses the id of a question that is not there, or that an earlier row asks.
func known(store batch.Checkpoint, path, id string) error {
	for row, err := range store.ResultsByID(id) {
		if err != nil || row.Skip != "" {
			return err
		}
		return firstToAsk(store, row)
	}
	return unknown(store, path, id)
}

// firstToAsk refuses a row that is not the first with its question.
func firstToAsk(store batch.Checkpoint, row checkpoint.Result) error {
	for first, err := range store.Results() {
		switch {
		case err != nil || first.Position == row.Position:
			return err
		case bytes.Equal(first.Payload, row.Payload):
			return exit.Usage(fmt.Errorf("question %s asks the same as %s, and both get its answer", row.ID, first.ID), "to give both up, skip "+first.ID)
		}
	}
	return nil
}

// onlyPauses is the hint of an order that no run takes up.
const onlyPauses = "only pause and resume hold for the next run"

// tellTaken says whether the run took the order up, for which it waits a little. A run
// that ends may just have taken it up, so that the orders are read after that.
func tellTaken(e env, store batch.Checkpoint, id int64, order job.Order) error {
	said, on := prose.Clean(order.String()), true
	for looks := 0; on && looks < 30; looks++ {
		on = store.Active()
		time.Sleep(100 * time.Millisecond)
		orders, err := store.Orders(id - 1)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(orders, func(o checkpoint.Order) bool { return o.ID == id && o.Run > 0 }) {
			fmt.Fprintf(e.stdout, "%s: the run took it up\n", said)
			return nil
		}
	}
	switch {
	case on:
		fmt.Fprintf(e.stdout, "%s: noted; the run has not taken it up yet, see bizbatch status\n", said)
	case order.Holds():
		fmt.Fprintf(e.stdout, "%s: no run is on; it holds for the next one\n", said)
	default:
		return exit.Usage(fmt.Errorf("%s: the run ended before it took this up, and it does not hold for the next one", said), onlyPauses)
	}
	return nil
}

// untilTime returns the next moment at a time of day.
func untilTime(clock string) (time.Time, error) {
	if err := checkZone(os.Getenv("TZ"), time.Local); err != nil {
		return time.Time{}, err
	}
	return parseUntil(clock, time.Now())
}

// whoami names the user and the machine.
func whoami() string {
	name := cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "somebody")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
