// Package checkpoint keeps a batch of requests and their answers in one SQLite
// file, so that whatever stops a run, the next one takes up the rest.
//
// The normal case: [Open] locks the file, [Store.Import] reads the input's
// rows into it, [Store.Begin] begins a [Run], which gives out the requests
// without an answer and saves what comes of them, and [Store.Results] gives all
// rows back in input order. [View] opens a checkpoint for reading, also while a
// run is on.
//
// A checkpoint is a ledger of requests by key, the SHA-256 of what is sent; an
// input file is only a list of rows that point to keys. So rows that ask the
// same share one answer, and a row that is edited, moved or added costs what
// is new in it and nothing else. A request is pending, running, answered or
// failed:
//
//	pending → running → answered | failed | pending
//
// Every change that a Run reports as done is on disk: SQLite's log is synced
// first. The package knows nothing of the service: a request and an answer are
// bytes to it.
package checkpoint

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// A requestKey identifies a request: the SHA-256 of its payload.
type requestKey [sha256.Size]byte

// keyOf returns the key of a payload.
func keyOf(payload []byte) requestKey { return sha256.Sum256(payload) }

// A State says where a request stands.
type State string

// The states of a request. A request is running from the moment before it is
// sent until its outcome is on disk. One that is still running when the next
// run opens the checkpoint was interrupted: it is pending again, and counted
// as one that may have been charged.
const (
	Pending  State = "pending"
	Running  State = "running"
	Answered State = "answered"
	Failed   State = "failed"
)

// The errors that callers tell apart, with errors.Is.
var (
	// ErrInUse: another run holds the checkpoint.
	ErrInUse = errors.New("the checkpoint is in use by another run")
	// ErrNotCheckpoint: the file is there, but is no checkpoint or is damaged.
	ErrNotCheckpoint = errors.New("not a checkpoint, or damaged")
	// ErrLost: answers that were saved are not there any more.
	ErrLost = errors.New("answers are lost that were saved")
	// ErrGone: the file was removed or replaced while the store was open.
	ErrGone = errors.New("the checkpoint was removed or replaced while the run was on")
	// ErrNewer: the file was written by a newer version of this program.
	ErrNewer = errors.New("the checkpoint was written by a newer version")
	// ErrOlder: the file was written by an older version of this program.
	ErrOlder = errors.New("the checkpoint was written by an older version")
	// ErrLocked: another program has locked the database.
	ErrLocked = errors.New("another program has locked the checkpoint")
	// ErrReadOnly: the store was opened with View.
	ErrReadOnly = errors.New("the checkpoint is open for reading only")
)

// An EndpointError reports a checkpoint that belongs to another service: a
// sandbox's answer must never pass for a real one.
type EndpointError struct {
	Path string
	Have string // the endpoint whose answers the checkpoint holds
	Want string // the endpoint it was opened for
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("%s holds answers from %s, not from %s", e.Path, e.Have, e.Want)
}

// A Row is one row of the input, as Import takes it.
type Row struct {
	ID      string
	Line    int    // line in the input, from 1
	Fields  []byte // the row as it was read, kept for the output
	Skip    string // why the row is not asked; empty for a row that is
	Payload []byte // what is sent for it; nil for a skipped row
	Mode    string // a label by which requests are counted and priced
	Subject string // what it is about, whatever the settings; see Plan.Conflicts
	// Originals is kept for the row's Result. It is what the payload masks, so
	// it is never sent.
	Originals []byte
}

// A Request is a pending request.
type Request struct {
	ID       int64 // its number in the checkpoint
	Position int64 // position in the input of the first row that asks it, from 1
	RowID    string
	Mode     string
	Attempts int // attempts counted so far, over all runs
	Payload  []byte
	// Answered says that it has an answer, which does not fit and is to be replaced;
	// Again is how often it was sent for that, as far as that was charged.
	Answered bool
	Again    int
}

// A Completion is an answer that arrived.
type Completion struct {
	Answer []byte
	// Label is how the answer ended, for counts; empty: as it should.
	Label    string
	Attempts int   // attempts of this run that counted, this one included
	Cost     int64 // in the caller's unit of money
	Started  time.Time
	Finished time.Time
	// Unfit says that the answer does not fit what was asked for, and Again that the
	// request is pending again. The answer stays until there is another.
	Unfit, Again bool
}

// A Fault is an attempt that brought no answer.
type Fault struct {
	Reason  string // a short label, by which failures are counted
	Message string
	// Passing says that another run may succeed; Import makes such a failed
	// request pending again.
	Passing bool
	// Attempts are the attempts of this run that counted and were not told
	// yet.
	Attempts int
	// MaybeCharged says that the service may have charged for it all the same;
	// then the attempt is kept, with Cost, RequestID and Partial.
	MaybeCharged bool
	Cost         int64
	RequestID    string
	Partial      string // the text that had arrived
	Started      time.Time
	Finished     time.Time
}

// A Result is a row of the input and what became of it.
type Result struct {
	Position int64 // from 1
	ID       string
	Line     int
	Fields   []byte
	Payload  []byte // of its request
	// Originals is as in Row.
	Originals []byte
	Skip      string
	State     State // empty for a skipped row
	Rescued   bool  // running, and its answer is in a rescue file
	Attempts  int
	Error     string
	// RequestID is the service's name for the request that the error is about.
	RequestID string
	Answer    []byte
	// Cost is that of the answer and of those before it, in the first row that asks
	// for it and 0 in the others: the sum over all rows is what their answers cost.
	Cost int64
	// Reused names the checkpoint that the answer was taken over from, as seen from
	// this one's folder; empty: it was not. The cost is 0 then.
	Reused   string
	Review   []byte    // what people wrote beside the row last, see AddReviews; nil: nothing
	Started  time.Time // of the last attempt of an answered or failed request
	Finished time.Time
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
