package checkpoint

import (
	"errors"
	"time"
)

// A Run is the hold of one run on a store: the only thing that gives out
// requests and changes what became of them. Begin returns it. Its methods may be
// called from many goroutines. Package storetest checks every engine for these
// rules:
//
//   - Begin notes what a run that ended without a word had in flight as perhaps
//     charged, and makes it pending. One store has one run at a time.
//   - A request is given out once in a run, and to one run at a time.
//   - Only a pending request that the run was given can be started. Send it only
//     then: after a crash the next run can tell what was in flight, and what that
//     cost.
//   - What Start, Complete, Fail and Release report as done is on disk.
//   - An answer is final, unless Completion.Again or ImportOptions.AskUnfit has the
//     request asked once more. Where a request has one, a later Complete, Fail or
//     Release changes nothing and is no error.
//   - The answer of a request that is asked once more stays until there is another.
//     Fail makes it final. How often it was sent is on disk before it is sent.
//   - An answer is never lost: what Complete cannot save is in a file by the
//     time it returns, and End tries to save it once more.
//   - After End every method fails with ErrEnded.
type Run interface {
	// Claim gives out up to n pending requests of the last input, in input
	// order. None: there are no more.
	Claim(n int) ([]Request, error)
	// ClaimAny gives out one from anywhere beyond those that Claim gave out;
	// nil where it found none.
	ClaimAny() (*Request, error)
	// Start marks a request as running, with what its answer costs.
	Start(id int64, now time.Time, cost int64) error
	// Complete saves an answer, which must not be empty. Its error is an
	// *UnsavedError for an answer that was not saved.
	Complete(id int64, c Completion) error
	// Fail gives a request up.
	Fail(id int64, f Fault) error
	// Release makes a request pending again. The run keeps it: it may be
	// started again, and is not given out once more.
	Release(id int64, f Fault) error
	// End notes how the run ended, with a summary in JSON. Its error is an
	// *UnsavedError where the store still lacks answers of the run.
	End(now time.Time, outcome string, summary []byte) error
}

// Begun is where a run begins.
type Begun struct {
	Counts
	// Uncertain is what the attempts cost that brought no answer and may have
	// been charged.
	Uncertain int64
	// LastSent is when a request was last sent, by any run; zero: none was.
	LastSent time.Time
}

// An UnsavedError reports answers that arrived and are not in the checkpoint.
type UnsavedError struct {
	// File holds them, as far as they were not printed; the next Import takes
	// them in. Empty: all were printed.
	File    string
	Answers int   // how many there are, of this run
	Printed int   // how many of them went to Options.LastResort: no folder had room
	Err     error // why they were not saved
}

func (e *UnsavedError) Error() string { return e.Err.Error() }

func (e *UnsavedError) Unwrap() error { return e.Err }

// The errors of a run and of Begin, for errors.Is.
var (
	// ErrBegun: the store has a run that has not ended.
	ErrBegun = errors.New("a run has begun on the checkpoint and has not ended")
	// ErrEnded: the run has ended.
	ErrEnded = errors.New("the run has ended")
	// ErrCopy: the store is a copy, made to plan with; what it held would be
	// removed with it.
	ErrCopy = errors.New("the checkpoint is a copy to plan with")
)
