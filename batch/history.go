package batch

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// A History describes all runs on a checkpoint, for reports. Its numbers are those
// of the last input; equal questions count once.
type History struct {
	Path     string // of the checkpoint
	Name     string // the file name without folder and extension
	Endpoint string // the service that answered
	Active   bool   // a run is in progress
	Settings Settings
	Rows     int // of the input
	Skipped  int // rows without a question
	Answered int
	Failed   int
	Pending  int            // including those in flight
	Reasons  map[string]int // failures by reason
	Failures []checkpoint.FailureGroup
	// AnswersToLookAt and ToLookAt are among the answered, as in [Summary]. Unchecked
	// are those that were saved without being checked.
	AnswersToLookAt, Unchecked int
	ToLookAt                   map[string]int
	Reused                     []checkpoint.Reused // among the answered: what other checkpoints paid for

	Spent       Money // for the answers of the last input
	SpentTotal  Money // for all answers in the checkpoint
	SpentByMode map[AskMode]Money
	LeftCost    Money // approximate cost of the pending questions

	// Flights are the requests without an answer. UncertainCost is the cost of those
	// that may have been charged.
	checkpoint.Flights
	UncertainCost Money

	Earlier checkpoint.Earlier // answers that were replaced

	Runs []RunHistory // oldest first
	// Orders are what people wanted of the runs while they were on, in the order in
	// which they were given. They are the caller's to fill in.
	Orders []OrderHistory

	// Outcomes yields the answered and failed questions in the order in which their
	// last attempts began. It reads from the store.
	Outcomes iter.Seq2[checkpoint.Outcome, error]
}

// A RunHistory describes one run.
type RunHistory struct {
	Run     int64 // the number of the run, from 1
	Started time.Time
	Ended   time.Time // zero if the run is in progress or was killed
	Outcome string    // finished, the StopKind, running or interrupted
	Summary Summary
}

// An OrderHistory describes what somebody wanted of a run.
type OrderHistory struct {
	Given  time.Time `json:"given"`
	By     string    `json:"by"`
	Order  string    `json:"order"` // as it was typed
	Reason string    `json:"reason"`
	Run    int64     `json:"run"` // that took it up; 0: none has
}

// String returns the order with who gave it and why.
func (o OrderHistory) String() string {
	text := o.Order + ", by " + o.By
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	if o.Run == 0 {
		text += " (no run has taken it up)"
	}
	return text
}

// ReadHistory reads the history of a checkpoint.
func ReadHistory(store Checkpoint) (*History, error) {
	h := &History{
		Path: store.Path(), Name: store.Name(), Active: store.Active(),
		SpentByMode: map[AskMode]Money{}, ToLookAt: map[string]int{}, Outcomes: store.Outcomes(),
	}
	for _, read := range []func(Checkpoint) error{h.readCounts, h.readSettings, h.readRuns} {
		if err := read(store); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *History) readCounts(store Checkpoint) error {
	counts, err := store.Counts()
	if err != nil {
		return err
	}
	h.Rows, h.Skipped, h.Reasons = counts.Rows, counts.Skipped, counts.Reasons
	h.Spent, h.SpentTotal = Money(counts.Spent), Money(counts.SpentTotal)
	h.Answered, h.Failed = counts.States[checkpoint.Answered], counts.States[checkpoint.Failed]
	h.Unchecked = h.Answered
	for label, n := range counts.Labels {
		h.readLabel(label, n)
	}
	h.Pending = counts.States[checkpoint.Pending] + counts.States[checkpoint.Running]
	for mode, cost := range counts.SpentByMode {
		h.SpentByMode[AskMode(mode)] = Money(cost)
	}
	prices, err := readPrices(store, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", store.Path(), err)
	}
	for mode, n := range counts.PendingByMode {
		h.LeftCost += Money(n) * paid(counts, mode, prices)
	}
	if h.Failures, err = store.Failures(); err != nil {
		return err
	}
	if h.Reused, err = store.Reused(); err != nil {
		return err
	}
	if h.Earlier, err = store.Earlier(); err != nil {
		return err
	}
	h.Flights, err = store.Flights()
	for _, u := range h.Uncertain {
		h.UncertainCost += Money(u.Cost)
	}
	return err
}

// readLabel counts answers by the label that they were saved with.
func (h *History) readLabel(label string, n int) {
	kinds := strings.Fields(label)
	if len(kinds) > 0 && kinds[0] == checked {
		h.Unchecked -= n
		kinds = kinds[1:]
	}
	if len(kinds) > 0 {
		h.AnswersToLookAt += n
	}
	for _, kind := range kinds {
		h.ToLookAt[kind] += n
	}
}

// paid returns what an answer in the mode cost so far, on average, else its price.
func paid(c checkpoint.Counts, mode string, prices priceList) Money {
	if n := c.PaidByMode[mode]; n > 0 {
		return Money(c.SpentByMode[mode]) / Money(n)
	}
	return prices.of(AskMode(mode))
}

func (h *History) readSettings(store Checkpoint) (err error) {
	if h.Endpoint, err = store.Endpoint(); err != nil {
		return err
	}
	h.Settings, err = ReadSettings(store)
	return err
}

// ReadSettings returns what the questions of the last input were asked with.
func ReadSettings(store Checkpoint) (s Settings, err error) {
	settings, err := store.Settings()
	if err == nil && settings != nil {
		if err = json.Unmarshal(settings, &s); err != nil {
			err = fmt.Errorf("read the settings in %s: %w", store.Path(), err)
		}
	}
	return s, err
}

func (h *History) readRuns(store Checkpoint) error {
	runs, err := store.Runs()
	for _, r := range runs {
		run := RunHistory{Run: r.Run, Started: r.Started, Ended: r.Ended, Outcome: r.Outcome}
		switch {
		case !r.Ended.IsZero():
		case h.Active && r.Outcome == "": // a database may have several
			run.Outcome = "running"
		default:
			run.Outcome = "interrupted"
		}
		if err := json.Unmarshal(r.Summary, &run.Summary); err != nil {
			return fmt.Errorf("read the summary of run %d in %s: %w", r.Run, store.Path(), err)
		}
		h.Runs = append(h.Runs, run)
	}
	return err
}
