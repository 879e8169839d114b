package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

type statusCmd struct {
	Checkpoint string `arg:"" optional:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch (default: a line for each checkpoint in this folder)."`
	JSON       bool   `name:"json" help:"Print everything as JSON, for programs."`
	Check      bool   `help:"Check that the checkpoint is not damaged."`
}

func (*statusCmd) examples() string {
	return `bizbatch status                                 # a line for each checkpoint in this folder
bizbatch status questions.csv                   # one of them in full
bizbatch status --json questions.csv            # for programs
bizbatch status --check questions.csv           # is the checkpoint damaged?`
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
	ToLookAt      map[batch.Status]int          `json:"to_look_at"` // among the answered: truncated, refused, empty, unclear
	Pending       int                           `json:"pending"`    // those in flight included
	Failed        int                           `json:"failed"`
	FailedReasons map[string]int                `json:"failed_by_reason"`
	Failures      []checkpoint.FailureGroup     `json:"failures"` // the same, each with an example
	InFlight      int                           `json:"in_flight"`
	Interrupted   int                           `json:"interrupted"` // sent, and their run ended without a word
	Rescued       int                           `json:"rescued"`     // answers in a rescue file, for the next run to take in
	Reused        []checkpoint.Reused           `json:"reused"`      // among the answered: taken over from other checkpoints
	Spent         batch.Money                   `json:"spent"`       // for the answers of the input
	SpentTotal    batch.Money                   `json:"spent_total"` // for all answers in the checkpoint
	SpentByMode   map[batch.AskMode]batch.Money `json:"spent_by_mode"`
	LeftCost      batch.Money                   `json:"left_cost"` // about what the pending questions cost
	UncertainCost batch.Money                   `json:"uncertain_cost"`
	Uncertain     []uncertain                   `json:"uncertain"` // without an answer, perhaps charged
	Runs          []runStatus                   `json:"runs"`

	InFlightQuestions    []checkpoint.Flight `json:"in_flight_questions"`
	InterruptedQuestions []checkpoint.Flight `json:"interrupted_questions"`
	RescuedQuestions     []checkpoint.Flight `json:"rescued_questions"`
	Problems             []string            `json:"problems,omitempty"`
}

type uncertain struct {
	checkpoint.Flight
	Cost batch.Money `json:"cost"`
}

type runStatus struct {
	Run     int64          `json:"run"`
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended,omitzero"`
	Outcome string         `json:"outcome"`           // running, finished, the kind of stop, or interrupted
	Summary *batch.Summary `json:"summary,omitempty"` // of a run that has ended
}

// Run reads the checkpoint beside whatever run is on.
func (c *statusCmd) Run(e env) error {
	if c.Checkpoint == "" {
		return c.list(e)
	}
	store, err := viewCheckpoint(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := readStatus(store)
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

// readStatus writes the checkpoint's history as the command tells it.
func readStatus(store *checkpoint.Store) (*status, error) {
	h, err := batch.ReadHistory(store)
	if err != nil {
		return nil, err
	}
	s := &status{
		Checkpoint: h.Path, Endpoint: h.Endpoint, Active: h.Active,
		Rows: h.Rows, Skipped: h.Skipped, Questions: h.Answered + h.Failed + h.Pending,
		Answered: h.Answered, ToLookAt: h.ToLookAt, Pending: h.Pending, Failed: h.Failed, FailedReasons: h.Reasons,
		InFlight: len(h.InFlight), Interrupted: len(h.Interrupted), Rescued: len(h.Rescued),
		Spent: h.Spent, SpentTotal: h.SpentTotal, SpentByMode: h.SpentByMode, LeftCost: h.LeftCost, UncertainCost: h.UncertainCost,
		// Lists are never null in JSON.
		Failures: append([]checkpoint.FailureGroup{}, h.Failures...), Reused: append([]checkpoint.Reused{}, h.Reused...),
		InFlightQuestions: append([]checkpoint.Flight{}, h.InFlight...), InterruptedQuestions: append([]checkpoint.Flight{}, h.Interrupted...),
		RescuedQuestions: append([]checkpoint.Flight{}, h.Rescued...), Uncertain: []uncertain{}, Runs: []runStatus{},
	}
	for _, u := range h.Uncertain {
		s.Uncertain = append(s.Uncertain, uncertain{u, batch.Money(u.Cost)})
	}
	for _, r := range h.Runs {
		run := runStatus{Run: r.Run, Started: r.Started, Ended: r.Ended, Outcome: r.Outcome}
		if !r.Ended.IsZero() {
			run.Summary = &r.Summary
		}
		s.Runs = append(s.Runs, run)
	}
	return s, nil
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
	for _, r := range s.Reused {
		line("             %s", reusedLine(r))
	}
	for _, status := range slices.Sorted(maps.Keys(s.ToLookAt)) {
		line("             %s", endingLine(status, s.ToLookAt[status]))
	}
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
	if s.Rescued > 0 {
		line("rescued      %d, in a file for the next run to take in: %s", s.Rescued, rowIDs(s.RescuedQuestions))
	}
	if len(s.Uncertain) > 0 {
		line("uncertain    %s without an answer may have been charged, %s", count(len(s.Uncertain), "request"), s.UncertainCost)
		for _, u := range s.Uncertain {
			line("             %s", u.describe())
		}
	}
	line("spent        %s in all runs", s.SpentTotal)
	for _, r := range s.Runs {
		line("run %-3d      %s  %s", r.Run, r.Started.Local().Format(time.DateTime), r.describe())
	}
	if checked && len(s.Problems) == 0 {
		line("check        sound")
	}
}

// describe tells a run in a few words.
func (r runStatus) describe() string {
	if r.Summary == nil {
		return r.Outcome
	}
	return fmt.Sprintf("%s: %d answered, %d failed, %s in %s", r.Outcome, r.Summary.Answered, r.Summary.Failed, r.Summary.Spent,
		r.Ended.Sub(r.Started).Round(time.Second))
}

// endingLine says of how many answers that they did not end as they should.
func endingLine(status batch.Status, n int) string {
	switch {
	case status == batch.Truncated:
		return count(n, "answer") + " cut at the model's length limit (status truncated)"
	case status == batch.Refused:
		return count(n, "answer") + " refused by the service's content filter (status refused)"
	case status == batch.EndedUnclear:
		return count(n, "answer") + " ended with a finish reason that is not known (status unclear)"
	case n == 1:
		return "1 answer is empty (status empty)"
	}
	return fmt.Sprintf("%d answers are empty (status empty)", n)
}

// reusedLine says where answers were taken over from.
func reusedLine(r checkpoint.Reused) string {
	return fmt.Sprintf("%s taken over from %s", count(r.Answers, "answer"), r.Checkpoint)
}

// describe tells an attempt in a line.
func (u uncertain) describe() string {
	text := fmt.Sprintf("question %s, %s, %s, %s", u.RowID, u.Started.Local().Format(time.DateTime), u.Reason, u.Cost)
	if u.RequestID != "" {
		text += ", request " + u.RequestID
	}
	if partial := []rune(u.Partial); len(partial) > 0 {
		text += fmt.Sprintf(", %q", string(partial[:min(40, len(partial))]))
	}
	return text
}

func rowIDs(list []checkpoint.Flight) string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.RowID)
	}
	return enumerate(ids)
}
