// Package checkpoint keeps requests and their answers in one SQLite file, so that a
// run that was stopped can continue.
//
// The normal case: [Open] locks the file, [Store.Import] reads the rows of the input
// into it, [Store.Begin] begins a [Run], which returns the requests without an
// answer and saves their outcomes, and [Store.Results] returns all rows in input
// order. [View] opens a checkpoint for reading, even during a run.
//
// A checkpoint stores each request under a key, the SHA-256 of what is sent. A row
// of the input refers to a key. Rows with equal requests share one answer. If a row
// is edited, moved or added, only new requests are asked. A request is pending,
// running, answered or failed:
//
//	pending → running → answered | failed | pending
//
// Every change that a Run reports as done is on disk. The package does not interpret
// requests and answers: they are bytes.
package checkpoint

import (
	"errors"
	"fmt"
	"time"
)

// A State is the state of a request.
type State string

// The states of a request. A request is running from just before it is sent until
// its outcome is on disk. If it is still running when the next run begins, it was
// interrupted: it becomes pending, and counts as possibly charged.
const (
	Pending  State = "pending"
	Running  State = "running"
	Answered State = "answered"
	Failed   State = "failed"
)

// Errors of the package. Test for them with errors.Is.
var (
	// ErrInUse: another run uses the checkpoint.
	ErrInUse = errors.New("the checkpoint is in use by another run")
	// ErrNotCheckpoint: the file is not a checkpoint, or is damaged.
	ErrNotCheckpoint = errors.New("not a checkpoint, or damaged")
	// ErrLost: answers that were saved are missing.
	ErrLost = errors.New("answers are lost that were saved")
	// ErrMoved: the newest answers may be in a log that is not beside the checkpoint.
	ErrMoved = errors.New("its newest answers may be missing")
	// ErrGone: the file was removed or replaced while the store was open.
	ErrGone = errors.New("the checkpoint was removed or replaced while the run was on")
	// ErrNewer: the file was written by a newer version of this program.
	ErrNewer = errors.New("the checkpoint was written by a newer version")
	// ErrOlder: the file was written by an older version and could not be upgraded.
	ErrOlder = errors.New("the checkpoint was written by an older version")
	// ErrLocked: another program locks the database.
	ErrLocked = errors.New("another program has locked the checkpoint")
	// ErrReadOnly: the store was opened with View.
	ErrReadOnly = errors.New("the checkpoint is open for reading only")
)

// An EndpointError reports that a checkpoint contains the answers of another
// service.
type EndpointError struct {
	Path string
	Have string // the endpoint of the answers in the checkpoint
	Want string // the endpoint passed to Open
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("%s holds answers from %s, not from %s", e.Path, e.Have, e.Want)
}

// A Row is one row of the input, as [Store.Import] reads it.
type Row struct {
	ID      string
	Line    int    // the line in the input, from 1; 0 if there is none
	Fields  []byte // the row as it was read, kept for the output; may be nil
	Skip    string // why the row is not asked; empty if it is
	Payload []byte // what is sent; nil for a skipped row
	Mode    string // a label for counts and prices
	Subject string // the question, independent of settings; see Plan.Conflicts
	// Originals are the texts that the payload masks. They are kept for the row's
	// Result and never sent.
	Originals []byte
}

// A Request is a request that a [Run] has claimed.
type Request struct {
	ID       int64 // the number of the request in the checkpoint
	Position int64 // the position of the first row with this request, from 1
	RowID    string
	Mode     string
	Attempts int    // the attempts of all runs that counted
	Reason   string // why the last attempt brought no answer; empty if it did, or there was none
	Payload  []byte
	// Answered says that it has an answer, which is to be replaced: because of a rule
	// of ImportOptions.Refresh, or else because it does not fit.
	Answered, Refresh bool
	Again             int // how often it was sent because its answer does not fit, as far as that was charged
}

// A Completion is an answer to save.
type Completion struct {
	Answer []byte
	// Label is a label by which Counts counts the answer. Default: none.
	Label    string
	Attempts int   // the attempts of this run that counted, including this one
	Cost     int64 // in the caller's unit of money
	Started  time.Time
	Finished time.Time
	// Unfit says that the answer does not fit what was asked for, and Again that the
	// request is pending again. The answer stays until there is another.
	Unfit, Again bool
}

// A Fault is an attempt without an answer.
type Fault struct {
	Reason  string // a short label, by which failures are counted
	Message string
	// Passing reports that another run may succeed. The next Import makes the failed
	// request pending.
	Passing bool
	// Attempts is the number of attempts of this run that counted and were not
	// reported yet.
	Attempts int
	// MaybeCharged reports that the service may have charged for the attempt. The
	// attempt is then kept with its Cost, RequestID and Partial.
	MaybeCharged bool
	Cost         int64
	RequestID    string
	Partial      string // the text that had arrived
	Started      time.Time
	Finished     time.Time
}

// A Result is a row of the input and its outcome.
type Result struct {
	Position int64 // from 1
	ID       string
	Line     int
	Fields   []byte
	Payload  []byte // what is sent for it; nil for a skipped row
	// Originals is as in Row.
	Originals []byte
	Skip      string
	State     State // empty for a skipped row
	Rescued   bool  // the request is running, and its answer is in a rescue file
	Attempts  int
	Error     string
	// RequestID is the service's ID of the request that Error is about.
	RequestID string
	Answer    []byte
	// Cost is the cost of the answer in the first row that asks for it, and 0 in the
	// others. The sum over all rows is the cost of their answers.
	Cost int64
	// Reused is the path of the checkpoint that the answer was copied from, relative
	// to this one's folder, or empty. Cost is then 0.
	Reused   string
	Review   []byte    // what people wrote beside the row last, see AddReviews; nil: nothing
	Started  time.Time // of the last attempt of an answered or failed request
	Finished time.Time
}
