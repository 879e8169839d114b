package batch

import (
	"iter"
	"time"

	"bizbatch/checkpoint"
)

// A Store keeps requests and answers for [Run].
type Store interface {
	// Begin begins a run. Only the returned [checkpoint.Run] can change the outcome
	// of a question.
	Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error)
	// Note returns the value that SetNote kept under a name, or nil if there is none.
	Note(name string) ([]byte, error)
	SetNote(name string, value []byte) error
}

// A Checkpoint is everything that a program needs of a checkpoint, whatever engine
// keeps it. The methods are described at [checkpoint.Store], which is one.
type Checkpoint interface {
	Store
	Import(rows iter.Seq2[checkpoint.Row, error], o checkpoint.ImportOptions) (checkpoint.Plan, error)
	Close() error

	// Path is where the checkpoint is: a file, or the address of a database. Name is
	// what its questions are called.
	Path() string
	Name() string
	Endpoint() (string, error)
	Active() bool
	Check() (problems []string, err error)
	Saves() (saves, syncs int64)
	RescueWaiting()

	Input() ([]byte, error)
	Settings() ([]byte, error)
	Rows() iter.Seq2[checkpoint.Result, error]
	Results() iter.Seq2[checkpoint.Result, error]
	ResultsByID(id string) iter.Seq2[checkpoint.Result, error]
	ResultsAt(positions []int64) iter.Seq2[checkpoint.Result, error]
	Outcomes() iter.Seq2[checkpoint.Outcome, error]
	Counts() (checkpoint.Counts, error)
	Failures() ([]checkpoint.FailureGroup, error)
	Flights() (checkpoint.Flights, error)
	Reused() ([]checkpoint.Reused, error)
	Runs() ([]checkpoint.RunRecord, error)
	Versions() iter.Seq2[checkpoint.Version, error]
	Earlier() (checkpoint.Earlier, error)
	VersionsAt(position int64) iter.Seq2[checkpoint.Version, error]
	Slowest(n int) ([]checkpoint.Outcome, error)

	AddReviews(reviews []checkpoint.Review, origin string, now time.Time) error
	Reviews(position int64) (values [][]byte, last int64, err error)
	LastReview() (int64, error)
	Orders(after int64) ([]checkpoint.Order, error)
	TakeOrder(id int64) error

	Output(path string) (digest string, ours bool, err error)
	SetOutput(path, digest string) error
	Current(path string) ([]byte, error)
	SetCurrent(path string, value []byte) error
}

var _ Checkpoint = (*checkpoint.Store)(nil)
