package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

type statusCmd struct {
	Checkpoint string `arg:"" optional:"" help:"The checkpoint of a run, such as questions.csv.bizbatch (default: a line for each in this folder)."`
	JSON       bool   `name:"json" help:"Print everything as JSON, for programs."`
	Check      bool   `help:"Verify the file and what must hold of its content."`
}

func (*statusCmd) examples() string {
	return `bizbatch status                                 # a line for each checkpoint in this folder
bizbatch status questions.csv.bizbatch          # one of them in full
bizbatch status --json questions.csv.bizbatch   # for programs
bizbatch status --check questions.csv.bizbatch  # is the file sound?`
}

// A status is what the status command tells. Money is in dollars.
type status struct {
	Checkpoint    string                        `json:"checkpoint"`
	Endpoint      string                        `json:"endpoint"`
	Active        bool                          `json:"active"` // a run is on
	Rows          int                           `json:"rows"`
	Skipped       int                           `json:"skipped"`
	Questions     int                           `json:"questions"` // distinct ones
	Answered      int                           `json:"answered"`
	Pending       int                           `json:"pending"` // those in flight included
	Failed        int                           `json:"failed"`
	FailedReasons map[string]int                `json:"failed_by_reason"`
	Failures      []checkpoint.FailureGroup     `json:"failures"` // the same, each with an example
	InFlight      int                           `json:"in_flight"`
	Interrupted   int                           `json:"interrupted"` // sent, and their run ended without a word
	Spent         batch.Money                   `json:"spent"`       // for the answers of the input
	SpentTotal    batch.Money                   `json:"spent_total"` // for all answers in the checkpoint
	SpentByMode   map[batch.AskMode]batch.Money `json:"spent_by_mode"`
	LeftCost      batch.Money                   `json:"left_cost"` // about what the pending questions cost
	UncertainCost batch.Money                   `json:"uncertain_cost"`
	Uncertain     []uncertain                   `json:"uncertain"` // without an answer, perhaps charged
	Runs          []runStatus                   `json:"runs"`

	InFlightQuestions    []checkpoint.InFlight `json:"in_flight_questions"`
	InterruptedQuestions []checkpoint.InFlight `json:"interrupted_questions"`
	Problems             []string              `json:"problems,omitempty"`
}

type uncertain struct {
	checkpoint.Uncertain
	Cost batch.Money `json:"cost"`
}

type runStatus struct {
	Run     int64           `json:"run"`
	Started time.Time       `json:"started"`
	Ended   time.Time       `json:"ended,omitzero"`
	Outcome string          `json:"outcome"` // running, finished, the kind of stop, or interrupted
	Summary json.RawMessage `json:"summary,omitempty"`
}

// Run reads the checkpoint beside whatever run is on.
func (c *statusCmd) Run(e env) error {
	if c.Checkpoint == "" {
		return c.list(e)
	}
	store, err := checkpoint.View(c.Checkpoint)
	if err != nil {
		return storeError(err, c.Checkpoint)
	}
	defer store.Close()
	s, err := readStatus(store, checkpoint.InUse(store.Path()))
	if err != nil {
		return err
	}
	if c.Check {
		if s.Problems, err = store.Check(); err != nil {
			return err
		}
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(s); err != nil {
			return err
		}
	} else {
		s.print(e.stdout, c.Check)
	}
	if len(s.Problems) > 0 {
		return &cmdError{code: exitUnexpected, err: fmt.Errorf("%s is damaged", c.Checkpoint), detail: s.Problems,
			hint: "restore the file from a backup"}
	}
	return nil
}

func readStatus(store *checkpoint.Store, active bool) (*status, error) {
	s := &status{
		Checkpoint: store.Path(), Active: active, SpentByMode: map[batch.AskMode]batch.Money{},
		InFlightQuestions: []checkpoint.InFlight{}, InterruptedQuestions: []checkpoint.InFlight{}, Failures: []checkpoint.FailureGroup{}, Uncertain: []uncertain{}, Runs: []runStatus{}, // never null in JSON
	}
	counts, err := store.Counts()
	if err != nil {
		return nil, err
	}
	s.Rows, s.Skipped, s.FailedReasons = counts.Rows, counts.Skipped, counts.Reasons
	s.Answered, s.Failed = counts.States[checkpoint.Answered], counts.States[checkpoint.Failed]
	s.Pending = counts.States[checkpoint.Pending] + counts.States[checkpoint.Running]
	s.Questions = s.Answered + s.Failed + s.Pending
	s.Spent, s.SpentTotal = batch.Money(counts.Spent), batch.Money(counts.SpentTotal)
	for mode, cost := range counts.SpentByMode {
		s.SpentByMode[batch.AskMode(mode)] = batch.Money(cost)
	}
	prices, err := batch.PricesOf(store, nil)
	if err != nil {
		return nil, err
	}
	for mode, n := range counts.PendingByMode {
		s.LeftCost += batch.Money(n) * paid(counts, mode, prices)
	}
	failures, err := store.Failures()
	if err != nil {
		return nil, err
	}
	s.Failures = append(s.Failures, failures...)
	if s.Endpoint, err = store.Endpoint(); err != nil {
		return nil, err
	}
	return s, s.readHistory(store)
}

// paid is what an answer in the mode cost so far, on average, else its price.
func paid(c checkpoint.Counts, mode string, prices batch.PriceList) batch.Money {
	if n := c.AnsweredByMode[mode]; n > 0 {
		return batch.Money(c.SpentByMode[mode]) / batch.Money(n)
	}
	return prices.Of(batch.AskMode(mode))
}

// readHistory adds what was in flight, what may have been charged, and the
// runs. What is running while no run is on was interrupted.
func (s *status) readHistory(store *checkpoint.Store) error {
	list, err := store.InFlight()
	if err != nil {
		return err
	}
	open, err := store.Uncertain()
	if err != nil {
		return err
	}
	for _, f := range list {
		switch {
		case f.Interrupted:
			s.InterruptedQuestions = append(s.InterruptedQuestions, f)
		case s.Active:
			s.InFlightQuestions = append(s.InFlightQuestions, f)
		default: // the next run notes it
			f.Interrupted = true
			s.InterruptedQuestions = append(s.InterruptedQuestions, f)
			open = append(open, checkpoint.Uncertain{
				RowID: f.RowID, Run: f.Run, Started: f.Started, Mode: f.Mode, Cost: f.Cost, Reason: "interrupted",
			})
		}
	}
	s.InFlight, s.Interrupted = len(s.InFlightQuestions), len(s.InterruptedQuestions)
	for _, u := range open {
		s.Uncertain = append(s.Uncertain, uncertain{u, batch.Money(u.Cost)})
		s.UncertainCost += batch.Money(u.Cost)
	}
	runs, err := store.Runs()
	for i, r := range runs {
		outcome := r.Outcome
		switch {
		case r.Ended.IsZero() && s.Active && i == len(runs)-1:
			outcome = "running"
		case r.Ended.IsZero():
			outcome = "interrupted"
		}
		s.Runs = append(s.Runs, runStatus{r.Run, r.Started, r.Ended, outcome, json.RawMessage(r.Summary)})
	}
	return err
}

func (s *status) print(w io.Writer, checked bool) {
	line := func(format string, args ...any) { fmt.Fprintln(w, clean(fmt.Sprintf(format, args...))) }
	state := "no run is on"
	if s.Active {
		state = "a run is on"
	}
	line("%s: %s, answers from %s", s.Checkpoint, state, s.Endpoint)
	line("%d rows, %d different questions, %d skipped", s.Rows, s.Questions, s.Skipped)
	line("answered     %d, for %s", s.Answered, spent(s.Spent, s.SpentByMode))
	line("pending      %d, about %s", s.Pending, s.LeftCost)
	line("failed       %d", s.Failed)
	for _, r := range reasons(s.Failures) {
		line("             %s", r)
	}
	if s.InFlight > 0 {
		line("in flight    %d: %s", s.InFlight, rowIDs(s.InFlightQuestions))
	}
	if s.Interrupted > 0 {
		line("interrupted  %d: %s", s.Interrupted, rowIDs(s.InterruptedQuestions))
	}
	if len(s.Uncertain) > 0 {
		line("uncertain    %s without an answer may have been charged, %s (all: --json)", count(len(s.Uncertain), "request"), s.UncertainCost)
		for _, u := range s.Uncertain[max(0, len(s.Uncertain)-5):] {
			line("             %s", u.describe())
		}
	}
	line("spent        %s in all runs", s.SpentTotal)
	for _, r := range s.Runs {
		line("run %-3d      %s  %s", r.Run, r.Started.Local().Format("2006-01-02 15:04:05"), r.describe())
	}
	if checked && len(s.Problems) == 0 {
		line("check        sound")
	}
}

// describe tells a run in a few words.
func (r runStatus) describe() string {
	if r.Ended.IsZero() {
		return r.Outcome
	}
	var sum batch.Summary
	if err := json.Unmarshal(r.Summary, &sum); err != nil {
		return r.Outcome
	}
	return fmt.Sprintf("%s: %d answered, %d failed, %s in %s", r.Outcome, sum.Answered, sum.Failed, sum.Spent,
		r.Ended.Sub(r.Started).Round(time.Second))
}

// describe tells an attempt in a line.
func (u uncertain) describe() string {
	text := fmt.Sprintf("question %s, %s, %s", u.RowID, u.Reason, u.Cost)
	if u.RequestID != "" {
		text += ", request " + u.RequestID
	}
	if partial := []rune(u.Partial); len(partial) > 0 {
		text += fmt.Sprintf(", %q", string(partial[:min(40, len(partial))]))
	}
	return text
}

func rowIDs(list []checkpoint.InFlight) string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.RowID)
	}
	return enumerate(ids)
}
