package checkpoint

import (
	"iter"
	"maps"

	"bizbatch/internal/disk"
)

// ImportOptions are the options of [Store.Import].
type ImportOptions struct {
	// Settings are the settings of the run, as JSON. They are used for
	// Plan.Conflicts. Which requests are asked depends on their keys alone.
	Settings []byte
	// Input returns the value that [Store.Input] will return. Import calls it after
	// the last row. It may be nil.
	Input func() []byte
	// Digest identifies the input and everything else that its requests depend on.
	// If the last import had the same digest, Import keeps its rows and reads none.
	// Default: the rows are read.
	Digest string
	// RetryFailed makes all failed requests of the input pending. By default, only
	// those that failed for a passing fault become pending.
	RetryFailed bool
	// AskUnfit is how often an answer that does not fit is asked for again, over all
	// runs.
	AskUnfit int
	// Refresh chooses answers to ask for again in the next run of this store, the
	// oldest first, after what has no answer. Nothing of it is kept in the checkpoint.
	Refresh []RefreshRule
	// Agree agrees to ask the requests of Plan.Conflicts, now and later.
	Agree bool
	// Reuse lists other checkpoints of the same endpoint. Their answers are copied
	// to requests without an answer, at no cost. If one of them cannot be read,
	// Import fails.
	Reuse []string
	// Neighbours lists more checkpoints to copy answers from. Those of other
	// endpoints are ignored. Plan.Unread lists those that could not be read.
	Neighbours []string
	// Confirm is called with the plan before anything is saved. If it returns an
	// error, Import fails with that error and the checkpoint does not change.
	Confirm func(Plan) error
}

// A Plan is the result of an import.
type Plan struct {
	Rows       int `json:"rows"`
	Skipped    int `json:"skipped"`    // rows that are not asked
	Duplicates int `json:"duplicates"` // rows with the request of an earlier row
	Edited     int `json:"edited"`     // rows with a known ID whose request changed, apart from settings
	Answered   int `json:"answered"`   // requests of this input that are answered and not asked again
	Failed     int `json:"failed"`     // requests of this input that failed and are not asked again
	Rescued    int `json:"rescued"`    // answers that were read from a rescue file
	// Reused counts the answers that this import copied from other checkpoints.
	Reused []Reused `json:"reused,omitempty"`
	// Asking lists other checkpoints with a run in progress that asks requests of
	// this input, and their number in Answers. Both runs would pay for them.
	Asking []Reused `json:"asking,omitempty"`
	// Unread lists the neighbours that could not be read.
	Unread []Unread `json:"unread,omitempty"`
	// Interrupted is the number of requests that were in flight when a run was
	// killed. They are asked again. InterruptedCost is their cost if they were
	// charged.
	Interrupted     int            `json:"interrupted"`
	InterruptedCost int64          `json:"-"`
	Kept            int            `json:"kept,omitempty"` // of these, not asked again: they have an answer
	Pending         map[string]int `json:"pending"`        // requests to ask, by mode
	Conflicts       *Conflicts     `json:"conflicts,omitempty"`
	// Unfit are those of them that have an answer which does not fit, and Again are
	// the requests that AskUnfit may have sent besides, by mode.
	Unfit int            `json:"unfit,omitempty"`
	Again map[string]int `json:"again,omitempty"`
	// Refresh are those that have an answer which is asked for again by a rule of
	// ImportOptions.Refresh, in the order of the rules.
	Refresh []Refresh `json:"refresh,omitempty"`
}

// ToAsk returns the number of requests to ask, in all modes.
func (p Plan) ToAsk() int {
	n := 0
	for c := range maps.Values(p.Pending) {
		n += c
	}
	return n
}

// Reused is the number of answers that another checkpoint paid for.
type Reused struct {
	Checkpoint string `json:"checkpoint"` // its path relative to this one's folder
	Answers    int    `json:"answers"`
}

// Unread describes another checkpoint that could not be read.
type Unread struct {
	Checkpoint string `json:"checkpoint"` // its path relative to this one's folder
	Reason     string `json:"reason"`
}

// Conflicts are requests to ask whose subject is answered under other settings,
// without an earlier agreement. Asking them pays again.
type Conflicts struct {
	Settings []byte         // the latest settings of the answers
	Modes    map[string]int // requests by mode
}

// Import replaces the rows of the checkpoint by those of an input, and adds new
// requests. It also saves answers from rescue files, repairs damaged requests, and
// marks damaged answers as failed; in a large checkpoint it checks answers only with
// RetryFailed. Import is one transaction: if there is an error, including one that
// rows yields, the checkpoint does not change.
//
// The slices of a Row must not change before Import returns. Import uses about 30
// bytes of memory per request in the checkpoint.
func (s *Store) Import(rows iter.Seq2[Row, error], opts ImportOptions) (plan Plan, err error) {
	im := importer{s: s, opts: opts}
	s.refresh = nil
	err = s.write(func() error {
		if err := im.run(rows); err != nil {
			return err
		}
		plan = im.plan
		if opts.Confirm != nil {
			return opts.Confirm(plan)
		}
		return nil
	})
	if err != nil {
		s.refresh = nil
		return plan, err
	}
	if s.created {
		s.created = false
		if err := s.useWAL(); err != nil {
			return plan, err
		}
	}
	if s.original != "" {
		return plan, nil // it was only taken in by the copy
	}
	return plan, disk.Remove(im.rescueFiles...)
}
