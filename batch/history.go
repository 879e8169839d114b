package batch

import (
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// A History is what all runs on a checkpoint did so far, for reports about it.
// Of the questions it counts those of the last input, equal ones once.
type History struct {
	Name     string // the checkpoint's file, without folder and extension
	Endpoint string // the service that answered
	Settings Settings
	Rows     int // of the input
	Skipped  int // rows among them without a question
	Answered int
	Failed   int
	Pending  int            // those in flight included
	Reasons  map[string]int // failures by reason

	Spent         Money // for the answers
	SpentByMode   map[AskMode]Money
	Uncertain     int // attempts without an answer that may have been charged
	UncertainCost Money

	Runs []RunHistory // oldest first

	// Outcomes yields the answered and failed questions by the time at which
	// their last attempt began. It reads them from the store.
	Outcomes iter.Seq2[checkpoint.Outcome, error]
}

// A RunHistory is one run.
type RunHistory struct {
	Started time.Time
	Ended   time.Time // zero: it is on, or it ended without a word
	Outcome string    // finished, the kind of stop, running or interrupted
	Summary Summary
}

// HistoryOf reads what is known of the runs on a checkpoint.
func HistoryOf(store *checkpoint.Store) (*History, error) {
	name := strings.TrimSuffix(filepath.Base(store.Path()), ".bizbatch")
	h := &History{Name: strings.TrimSuffix(name, ".sandbox"), SpentByMode: map[AskMode]Money{}, Outcomes: store.Outcomes()}
	counts, err := store.Counts()
	if err != nil {
		return nil, err
	}
	h.Rows, h.Skipped, h.Reasons, h.Spent = counts.Rows, counts.Skipped, counts.Reasons, Money(counts.Spent)
	h.Answered, h.Failed = counts.States[checkpoint.Answered], counts.States[checkpoint.Failed]
	h.Pending = counts.States[checkpoint.Pending] + counts.States[checkpoint.Running]
	for mode, cost := range counts.SpentByMode {
		h.SpentByMode[AskMode(mode)] = Money(cost)
	}
	if h.Endpoint, err = store.Endpoint(); err != nil {
		return nil, err
	}
	settings, err := store.Settings()
	if err != nil {
		return nil, err
	}
	if settings != nil {
		if err := json.Unmarshal(settings, &h.Settings); err != nil {
			return nil, fmt.Errorf("read the settings in %s: %w", store.Path(), err)
		}
	}
	uncertain, err := store.Uncertain()
	if err != nil {
		return nil, err
	}
	for _, u := range uncertain {
		h.Uncertain++
		h.UncertainCost += Money(u.Cost)
	}
	return h, h.readRuns(store)
}

func (h *History) readRuns(store *checkpoint.Store) error {
	runs, err := store.Runs()
	active := checkpoint.InUse(store.Path())
	for i, r := range runs {
		run := RunHistory{Started: r.Started, Ended: r.Ended, Outcome: r.Outcome}
		switch {
		case !r.Ended.IsZero():
		case active && i == len(runs)-1:
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
