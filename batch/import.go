package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// ImportOptions are the options of [Import].
type ImportOptions struct {
	Settings
	// Input returns the description of the file. Import calls it after the last
	// question. It may be nil.
	Input func() Input
	// Digest identifies the content of the file and the way in which it is read. If
	// it and the settings are those of the last import, Import does not read the
	// questions. Default: they are read.
	Digest string
	// RetryFailed makes all failed questions pending. By default, only those that
	// failed for a passing fault become pending.
	RetryFailed bool
	// AskAgain agrees to pay again for questions that are answered under other
	// settings. The checkpoint remembers the agreement for these questions.
	AskAgain bool
	// Reask is how often an answer that does not fit is asked for again; see
	// Options.Reask.
	Reask int
	// Refresh chooses answers to ask for again in the next run of this store.
	Refresh Refresh
	// Reuse and Neighbours name other checkpoints whose answers are taken over, at
	// no cost; see [checkpoint.ImportOptions].
	Reuse, Neighbours []string
	// DryRun returns the plan and does not change the checkpoint.
	DryRun bool
	// Price is the price of an answer. Default: the known price of its ask mode.
	Price *Money
}

// A Plan is the result of an import: the state of the questions, and what asking the
// pending ones costs.
type Plan struct {
	checkpoint.Plan
	Estimate Money `json:"estimate"` // what asking all pending questions costs
	Reask    int   `json:"-"`        // that of the import
	// Refresh are the pending questions that have an answer, which is to be refreshed,
	// by the reason for that. RefreshSince is when a run that did not refresh all of it
	// made the same choice: what was refreshed since is not among them. Zero: none did.
	Refresh      []RefreshPart `json:"refresh,omitempty"`
	RefreshSince time.Time     `json:"refresh_since,omitzero"`
	// Most is the estimate if each of them is asked again as often as Reask allows.
	Most     Money `json:"most,omitempty"`
	Unpriced bool  `json:"-"` // no price is known, and Estimate is 0
	// InterruptedCost is what the interrupted requests cost if they were
	// charged.
	InterruptedCost Money `json:"interrupted_cost"`

	prices priceList // by which the estimate was made
}

// AtMost returns the most that asking n of the pending questions can cost, each as
// often as Reask allows.
func (p Plan) AtMost(n int) Money {
	return min(Money(1+p.Reask)*p.prices.atMost(n, p.Pending), max(p.Most, p.Estimate))
}

// A SettingsError is the error of an import that would pay again for questions that
// are answered under other settings. ImportOptions.AskAgain allows it.
type SettingsError struct {
	Changes []string // such as "ask mode fast → deep"
	Answers int      // the number of questions that would be asked again
	Cost    Money    // what asking them again costs
}

func (e *SettingsError) Error() string {
	return fmt.Sprintf("the settings changed (%s): %d answered questions would be asked again, for about %s",
		strings.Join(e.Changes, ", "), e.Answers, e.Cost)
}

// errDryRun ends an import that must not be kept.
var errDryRun = errors.New("dry run")

// requestFormat is changed when the same question would produce another request. It
// is part of the digest and of the settings of every import. If a newer version of
// the program reads a question in another way, the question is not paid for again
// without an agreement.
const requestFormat = "2"

// Import reads all questions into the checkpoint in one transaction. If there is an
// error, including one that questions yields, the checkpoint does not change. The
// error is a [*SettingsError] if settings changed so that answered questions would
// be paid for again.
//
// Import reads the questions ahead in another goroutine, which ends before Import
// returns.
func Import(store Checkpoint, questions iter.Seq2[Question, error], o ImportOptions) (Plan, error) {
	o.Settings = o.Settings.withDefaults()
	prices, err := readPrices(store, o.Price)
	if err != nil {
		return Plan{}, err
	}
	prices.listed = o.AskModes
	settings, err := json.Marshal(struct {
		Settings
		RequestFormat string `json:"request_format"`
	}{o.Settings, requestFormat})
	if err != nil {
		return Plan{}, fmt.Errorf("settings: %w", err)
	}
	now := time.Now()
	since, err := o.Refresh.begun(store, now)
	if err != nil {
		return Plan{}, err
	}
	opts := checkpoint.ImportOptions{
		Refresh:     o.Refresh.rules(now, since),
		Settings:    settings,
		RetryFailed: o.RetryFailed,
		Agree:       o.AskAgain,
		AskUnfit:    o.Reask,
		Reuse:       o.Reuse,
		Neighbours:  o.Neighbours,
		Confirm:     func(p checkpoint.Plan) error { return o.confirm(p, prices) },
	}
	if o.Digest != "" {
		opts.Digest = fmt.Sprintf("%x", sha256.Sum256([]byte(o.Digest+"\n"+string(settings))))
	}
	if o.Input != nil {
		opts.Input = func() []byte {
			input, _ := json.Marshal(o.Input()) // strings and a bool: cannot fail
			return input
		}
	}
	p, err := store.Import(readAhead(o.rows(questions)), opts)
	switch {
	case errors.Is(err, errDryRun):
		err = nil
	case err == nil:
		err = noteModes(store, o.AskModes)
	}
	estimate := prices.estimate(p.Pending)
	parts, refresh := refreshParts(p, prices)
	if err == nil && !o.DryRun {
		err = o.Refresh.note(store, parts, since, now)
	}
	plan := Plan{
		Plan: p, Refresh: parts, RefreshSince: since, Estimate: estimate, Unpriced: estimate == 0 && prices.fixed == nil,
		InterruptedCost: Money(p.InterruptedCost), prices: prices,
	}
	if plan.Reask = o.Reask; o.Reask > 0 {
		plan.Most = estimate + prices.estimate(p.Again) + Money(o.Reask)*refresh
	}
	return plan, err
}

// rows converts questions to the rows of the checkpoint.
func (o ImportOptions) rows(questions iter.Seq2[Question, error]) iter.Seq2[checkpoint.Row, error] {
	return func(yield func(checkpoint.Row, error) bool) {
		for q, err := range questions {
			row := checkpoint.Row{ID: q.ID, Line: q.Line, Fields: q.Fields, Skip: q.Skip, Subject: q.subject(), Originals: originals(q.Originals).json()}
			if err == nil && q.Skip == "" {
				var req Request
				var mode AskMode
				if req, mode, err = o.Request(q); err != nil && q.Line > 0 {
					err = fmt.Errorf("line %d: %w", q.Line, err)
				} else if err != nil {
					err = fmt.Errorf("question %s: %w", q.ID, err)
				}
				row.Payload, row.Mode = req.Payload, string(mode)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// subject returns the question's subject, or by default what is asked.
func (q Question) subject() string {
	if q.Subject != "" || q.Messages == nil {
		return cmp.Or(q.Subject, q.Text)
	}
	conversation, _ := json.Marshal(q.Messages) // strings: cannot fail
	return string(conversation)
}

func (o ImportOptions) confirm(p checkpoint.Plan, prices priceList) error {
	if c := p.Conflicts; c != nil && !o.AskAgain {
		var old Settings
		if err := json.Unmarshal(c.Settings, &old); err != nil {
			return fmt.Errorf("read the settings of the answers there are: %w", err)
		}
		e := &SettingsError{Changes: o.diff(old), Cost: prices.estimate(c.Modes)}
		if e.Changes == nil {
			e.Changes = []string{"what rows have for themselves, such as a model or an ask mode"}
		}
		for _, n := range c.Modes {
			e.Answers += n
		}
		return e
	}
	if o.DryRun {
		return errDryRun
	}
	return nil
}
