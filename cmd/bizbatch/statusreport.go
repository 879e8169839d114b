package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// A status is what the status command tells. Money is in dollars.
type status struct {
	Checkpoint    string                        `json:"checkpoint"`
	name          string                        // in a list
	Endpoint      string                        `json:"endpoint"`
	Active        bool                          `json:"active"`   // a run is on
	LastRun       *job.State                    `json:"last_run"` // null: nothing is known of it
	Rows          int                           `json:"rows"`
	Skipped       int                           `json:"skipped"`
	Questions     int                           `json:"questions"` // distinct ones
	Answered      int                           `json:"answered"`
	LookAt        int                           `json:"answers_to_look_at"` // among the answered
	ToLookAt      map[string]int                `json:"to_look_at"`         // the same by what to look at: truncated, quotation and so on
	Unchecked     int                           `json:"unchecked"`          // among the answered: saved by a bizbatch that did not check
	Pending       int                           `json:"pending"`            // those in flight included
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
	Uncertain     []uncertain                   `json:"uncertain"`       // without an answer, perhaps charged
	Earlier       int                           `json:"earlier_answers"` // that were replaced
	EarlierBytes  int64                         `json:"earlier_bytes"`   // what they take on disk
	Runs          []runStatus                   `json:"runs"`
	Orders        []batch.OrderHistory          `json:"orders"` // of bizbatch ctl

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

// readStatus writes the checkpoint's history as the command tells it.
func readStatus(store batch.Checkpoint) (*status, error) {
	h, err := batch.ReadHistory(store)
	if err != nil {
		return nil, err
	}
	s := &status{
		Checkpoint: h.Path, Endpoint: h.Endpoint, Active: h.Active,
		Rows: h.Rows, Skipped: h.Skipped, Questions: h.Answered + h.Failed + h.Pending,
		Answered: h.Answered, LookAt: h.AnswersToLookAt, ToLookAt: h.ToLookAt, Unchecked: h.Unchecked, Pending: h.Pending, Failed: h.Failed, FailedReasons: h.Reasons,
		InFlight: len(h.InFlight), Interrupted: len(h.Interrupted), Rescued: len(h.Rescued),
		Earlier: h.Earlier.Answers, EarlierBytes: h.Earlier.Bytes,
		Spent: h.Spent, SpentTotal: h.SpentTotal, SpentByMode: h.SpentByMode, LeftCost: h.LeftCost, UncertainCost: h.UncertainCost,
		// Lists are never null in JSON.
		Failures: append([]checkpoint.FailureGroup{}, h.Failures...), Reused: append([]checkpoint.Reused{}, h.Reused...),
		InFlightQuestions: append([]checkpoint.Flight{}, h.InFlight...), InterruptedQuestions: append([]checkpoint.Flight{}, h.Interrupted...),
		RescuedQuestions: append([]checkpoint.Flight{}, h.Rescued...), Uncertain: []uncertain{}, Runs: []runStatus{},
	}
	if s.name = filepath.Base(h.Path); postgres.Is(h.Path) {
		s.name = h.Name
	}
	state, ok, err := job.ReadState(store)
	if err != nil {
		return nil, err
	}
	if ok {
		s.LastRun = &state
	}
	if s.Orders, err = job.Orders(store); err != nil {
		return nil, err
	}
	for _, u := range h.Uncertain {
		s.Uncertain = append(s.Uncertain, uncertain{u, batch.Money(u.Cost)})
	}
	for _, r := range h.Runs {
		run := runStatus{Run: r.Run, Started: r.Started, Ended: r.Ended, Outcome: r.Outcome}
		if r.Outcome == "finished" && r.Summary.Left > 0 {
			run.Outcome = job.LimitReached
		}
		if !r.Ended.IsZero() {
			run.Summary = &r.Summary
		}
		s.Runs = append(s.Runs, run)
	}
	return s, nil
}

// print prints the status; checked says that the checkpoint was verified.
func (s *status) print(w io.Writer, checked bool) {
	line := func(format string, args ...any) { fmt.Fprintln(w, prose.Clean(fmt.Sprintf(format, args...))) }
	state := "no run is on"
	if s.Active {
		state = "a run is on"
	}
	line("%s: %s, answers from %s", s.Checkpoint, state, s.Endpoint)
	for _, text := range s.lastRun(time.Now()) {
		line("%s", text)
	}
	line("%d rows, %d different questions, %d skipped", s.Rows, s.Questions, s.Skipped)
	s.printQuestions(line)
	line("spent        %s in all runs", s.SpentTotal)
	if s.Earlier > 0 {
		line("earlier      %s, %s on disk: bizbatch prune removes them", prose.Count(s.Earlier, "older answer"), humanize.Bytes(uint64(s.EarlierBytes)))
	}
	for _, r := range s.Runs {
		line("run %-3d      %s  %s", r.Run, r.Started.Local().Format(time.DateTime), r.describe())
	}
	for _, o := range s.Orders {
		line("ctl          %s  %s", o.Given.Local().Format(time.DateTime), o)
	}
	if checked && len(s.Problems) == 0 {
		line("check        sound")
	}
}

// printQuestions prints how many questions have which outcome.
func (s *status) printQuestions(line func(format string, args ...any)) {
	line("answered     %d, for %s", s.Answered, terminal.Spent(s.Spent, s.SpentByMode))
	for _, r := range s.Reused {
		line("             %s", terminal.Reused(r))
	}
	for _, status := range []batch.Status{batch.Empty, batch.Refused, batch.Truncated, batch.EndedUnclear} {
		if n := s.ToLookAt[string(status)]; n > 0 {
			line("             %s", terminal.Ending(status, n))
		}
	}
	if s.LookAt > 0 {
		line("             %s", terminal.ToLookAt(s.LookAt, s.Answered, s.ToLookAt))
	}
	if s.Unchecked > 0 {
		line("             %s saved by an older bizbatch and not counted here: an export checks them", prose.Count(s.Unchecked, "answer"))
	}
	line("pending      %d, about %s", s.Pending, s.LeftCost)
	line("failed       %d", s.Failed)
	for _, r := range terminal.Reasons(s.Failures) {
		line("             %s", r)
	}
	if s.InFlight > 0 {
		line("in flight    %d: %s", s.InFlight, terminal.RowIDs(s.InFlightQuestions))
	}
	if s.Interrupted > 0 {
		line("interrupted  %d: %s", s.Interrupted, terminal.RowIDs(s.InterruptedQuestions))
	}
	if s.Rescued > 0 {
		line("rescued      %d, in a file for the next run to take in: %s", s.Rescued, terminal.RowIDs(s.RescuedQuestions))
	}
	if len(s.Uncertain) > 0 {
		line("uncertain    %s without an answer may have been charged, %s", prose.Count(len(s.Uncertain), "request"), s.UncertainCost)
		for _, u := range s.Uncertain {
			line("             %s", u.describe())
		}
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

// statusAt reads the status of a checkpoint.
func statusAt(path string) (*status, error) {
	store, err := job.ViewAt(path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return readStatus(store)
}
