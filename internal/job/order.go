package job

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
)

// An Order is what somebody wants of a run, as bizbatch ctl gives it.
type Order struct {
	Verb     string      `json:"verb"` // one of Verbs
	Workers  int         `json:"workers,omitempty"`
	RPM      float64     `json:"rpm,omitempty"`
	MaxSpend batch.Money `json:"max_spend,omitempty"`
	Until    time.Time   `json:"until,omitzero"`
	IDs      []string    `json:"ids,omitempty"`
	Now      bool        `json:"now,omitempty"` // stop without waiting for what is in flight
}

// Verbs are what can be ordered.
var Verbs = []string{"pause", "resume", "workers", "rpm", "max-spend", "until", "skip", "stop"}

// ParseOrder reads an order from its words. until reads a time of day.
func ParseOrder(verb string, args []string, until func(string) (time.Time, error)) (o Order, err error) {
	o.Verb = verb
	want := 1
	switch verb {
	case "pause", "resume", "stop":
		want = 0
	case "skip":
		want = max(1, len(args))
	}
	if len(args) != want {
		return o, fmt.Errorf("ctl %s takes %s, not %d", verb, map[int]string{0: "nothing more", 1: "one value"}[min(want, 1)], len(args))
	}
	switch verb {
	case "workers":
		if o.Workers, err = strconv.Atoi(args[0]); err != nil || o.Workers < 1 {
			err = fmt.Errorf("%q is not a whole number of at least 1", args[0])
		}
	case "rpm":
		if o.RPM, err = strconv.ParseFloat(args[0], 64); err != nil || !(o.RPM > 0) {
			err = fmt.Errorf("%q is not a number above 0", args[0])
		}
	case "max-spend":
		o.MaxSpend, err = batch.ParseMoney(args[0])
	case "until":
		o.Until, err = until(args[0])
	case "skip":
		o.IDs = args
	}
	if err != nil {
		return o, fmt.Errorf("ctl %s: %w", verb, err)
	}
	return o, nil
}

// Holds reports whether the order holds for the next run too, and not only for the one
// that is on.
func (o Order) Holds() bool { return o.Verb == "pause" || o.Verb == "resume" }

// String returns the order as it is typed.
func (o Order) String() string {
	switch o.Verb {
	case "workers":
		return fmt.Sprintf("workers %d", o.Workers)
	case "rpm":
		return fmt.Sprintf("rpm %g", o.RPM)
	case "max-spend":
		return "max-spend " + o.MaxSpend.String()
	case "until":
		return "until " + o.Until.Local().Format("Mon 15:04")
	case "skip":
		return "skip " + strings.Join(o.IDs, " ")
	}
	if o.Now {
		return o.Verb + " --now"
	}
	return o.Verb
}

// steering returns the order for the runner.
func (o Order) steering(reason string) (s batch.Steering) {
	switch o.Verb {
	case "pause", "resume":
		s.Paused = new(o.Verb == "pause")
	case "workers":
		s.Workers = &o.Workers
	case "rpm":
		s.RPM = &o.RPM
	case "max-spend":
		s.MaxSpend = &o.MaxSpend
	case "until":
		s.Until = &o.Until
	case "skip":
		s.Skip, s.Reason = o.IDs, reason
	}
	return s
}

// Encode returns the order as the checkpoint keeps it.
func (o Order) Encode() []byte {
	b, _ := json.Marshal(o) // cannot fail
	return b
}

// DecodeOrder reads what Encode returned.
func DecodeOrder(kept []byte) (o Order, err error) { return o, json.Unmarshal(kept, &o) }

// Orders returns what was ordered of the runs on a checkpoint, but for what a newer
// program ordered. The list is never nil.
func Orders(store batch.Checkpoint) ([]batch.OrderHistory, error) {
	orders, err := store.Orders(0)
	list := []batch.OrderHistory{}
	for _, o := range orders {
		if order, err := DecodeOrder(o.What); err == nil {
			list = append(list, batch.OrderHistory{Given: o.Given, By: o.By, Order: order.String(), Reason: o.Reason, Run: o.Run})
		}
	}
	return list, err
}
