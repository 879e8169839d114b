package checkpoint

import (
	"errors"
	"time"
)

// A Run is one run on a store. Only a Run returns requests to ask and changes their
// state. [Store.Begin] returns it. Its methods are safe for concurrent use. Package
// storetest checks these rules for every engine:
//
//   - Begin records the requests that a killed run had in flight as possibly
//     charged, and makes them pending. A store has one run at a time.
//   - A request is returned once in a run, and to one run at a time.
//   - Only a pending request that the run claimed can be started. Send it only after
//     Start has returned: after a crash the next run knows what was in flight and
//     what it cost.
//   - When Start, Complete, Fail or Release returns without an error, the change is
//     on disk.
//   - An answer is final. If a request has an answer, a later Complete, Fail or
//     Release has no effect and returns no error.
//   - A request that is refreshed stays answered: until Complete has saved another
//     answer, its old one is its answer, and is that again after Fail, Release, a crash
//     or the end of the run.
//   - No answer is lost. If Complete cannot save an answer, the answer is in a file
//     when it returns, and End tries again to save it.
//   - After End, every method returns ErrEnded.
type Run interface {
	// Claim returns up to n pending requests of the last input, in input order, and
	// after those the requests to refresh, the oldest answer first. It returns none if
	// there are no more.
	Claim(n int) ([]Request, error)
	// ClaimAny returns a pending request from any position after those that Claim returned,
	// or nil if it found none.
	ClaimAny() (*Request, error)
	// Start marks a request as running and records the cost of its answer.
	Start(id int64, now time.Time, cost int64) error
	// Complete saves an answer, which must not be empty. If the answer could not be
	// saved, the error is an [*UnsavedError].
	Complete(id int64, c Completion) error
	// Fail marks a request as failed.
	Fail(id int64, f Fault) error
	// Release makes a request pending again. The run keeps it: the request can be
	// started again, and no Claim returns it.
	Release(id int64, f Fault) error
	// End ends the run and records its outcome and a summary in JSON. If answers of
	// the run are still not saved, the error is an [*UnsavedError].
	End(now time.Time, outcome string, summary []byte) error
}

// Begun describes the store at the beginning of a run.
type Begun struct {
	Counts
	// Uncertain is the cost of all attempts without an answer that may have been
	// charged.
	Uncertain int64
	// Refresh are the requests to refresh, by mode. Counts has them as answered.
	Refresh map[string]int
	// LastSent is when any run last sent a request; zero if none did.
	LastSent time.Time
	// LastOutcome is the outcome of the run that began before this one. It is empty if
	// there is none or that run is on.
	LastOutcome string
}

// An UnsavedError reports answers that arrived but are not in the checkpoint.
type UnsavedError struct {
	// File is the rescue file with the answers that were not printed. The next
	// Import reads it. It is empty if all were printed.
	File    string
	Answers int   // the number of unsaved answers of this run
	Printed int   // the number that were written to Options.LastResort, because no folder had room
	Err     error // the reason
}

func (e *UnsavedError) Error() string { return e.Err.Error() }

func (e *UnsavedError) Unwrap() error { return e.Err }

// Errors of Begin and of a [Run]. Test for them with errors.Is.
var (
	// ErrBegun: the store's run has not ended.
	ErrBegun = errors.New("a run has begun on the checkpoint and has not ended")
	// ErrEnded: the run has ended.
	ErrEnded = errors.New("the run has ended")
	// ErrCopy: the store is a copy that OpenCopy made.
	ErrCopy = errors.New("the checkpoint is a copy to plan with")
)
