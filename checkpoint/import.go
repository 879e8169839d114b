package checkpoint

import (
	"iter"
	"maps"
)

// ImportOptions say how rows are taken in.
type ImportOptions struct {
	// Settings describe what the run sets for all its requests, as JSON. They
	// take part in Plan.Conflicts; the keys alone decide what is asked.
	Settings []byte
	// Input is called after the last row; what it returns is kept, for Input.
	Input func() []byte
	// Digest identifies the whole input and everything that makes requests of
	// it. Where the last import had the same, its rows are kept and none are
	// read. Empty: unknown.
	Digest string
	// RetryFailed makes every failed request of the input pending again, not
	// only those that failed for a passing fault.
	RetryFailed bool
	// AskUnfit is how often an answer that does not fit is asked for again, over all
	// runs.
	AskUnfit int
	// Agree agrees to ask the requests of Plan.Conflicts, now and later.
	Agree bool
	// Reuse names other checkpoints of the same endpoint. Their answers to requests
	// that have none are taken over, at no cost. One that cannot be read ends the
	// import.
	Reuse []string
	// Neighbours names more of them, of which any may belong to another endpoint.
	// Plan.Unread tells which could not be read.
	Neighbours []string
	// Confirm sees the plan before anything is kept. Its error ends the import
	// and leaves the checkpoint as it was.
	Confirm func(Plan) error
}

// A Plan is what an import found.
type Plan struct {
	Rows       int `json:"rows"`
	Skipped    int `json:"skipped"`    // rows that are not asked
	Duplicates int `json:"duplicates"` // rows that share the request of an earlier row
	Edited     int `json:"edited"`     // rows known by id, whose request is new for more than its settings
	Answered   int `json:"answered"`   // requests of this input that are answered
	Failed     int `json:"failed"`     // requests of this input that failed and stay so
	Rescued    int `json:"rescued"`    // answers taken in from a rescue file
	// Reused are answers that this import took over from other checkpoints.
	Reused []Reused `json:"reused,omitempty"`
	// Asking are the other checkpoints whose run is on and asks requests of this
	// input too: both would pay for the answers. Answers counts those.
	Asking []Reused `json:"asking,omitempty"`
	// Unread are the neighbours that could not be read.
	Unread []Unread `json:"unread,omitempty"`
	// Interrupted are the requests that were in flight when a run ended without
	// a word. They are to be asked again, and may have been charged all the same,
	// InterruptedCost then.
	Interrupted     int            `json:"interrupted"`
	InterruptedCost int64          `json:"-"`
	Kept            int            `json:"kept,omitempty"` // of these, not asked again: they have an answer
	Pending         map[string]int `json:"pending"`        // requests to ask, by mode
	Conflicts       *Conflicts     `json:"conflicts,omitempty"`
	// Unfit are those of them that have an answer which does not fit, and Again are
	// the requests that AskUnfit may have sent besides, by mode.
	Unfit int            `json:"unfit,omitempty"`
	Again map[string]int `json:"again,omitempty"`
}

// ToAsk is the number of requests to ask, over all modes.
func (p Plan) ToAsk() int {
	n := 0
	for c := range maps.Values(p.Pending) {
		n += c
	}
	return n
}

// A Reused counts answers that come from another checkpoint, which paid for them.
type Reused struct {
	Checkpoint string `json:"checkpoint"` // its path as seen from this one's folder
	Answers    int    `json:"answers"`
}

// An Unread is another checkpoint that could not be read, and why.
type Unread struct {
	Checkpoint string `json:"checkpoint"` // its path as seen from this one's folder
	Reason     string `json:"reason"`
}

// Conflicts are requests to ask whose subject is answered already under other
// settings, without an earlier agreement: asking them pays again.
type Conflicts struct {
	Settings []byte         // the latest settings of the answers there are
	Modes    map[string]int // requests by mode
}

// Import replaces the rows of the checkpoint by those of an input, and adds the
// requests that are new. It takes in what a run could only rescue, mends requests
// that were damaged, and counts damaged answers as failed. In a large checkpoint it
// looks at what is answered only with RetryFailed. It all happens in one
// transaction: an error, also one that rows yields, leaves the checkpoint as it
// was.
//
// The slices of a Row must not change before Import returns. It holds about 30
// bytes of memory for each request that the checkpoint knows.
func (s *Store) Import(rows iter.Seq2[Row, error], opts ImportOptions) (plan Plan, err error) {
	im := importer{s: s, opts: opts}
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
	return plan, remove(im.rescueFiles...)
}
