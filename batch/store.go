package batch

import (
	"time"

	"bizbatch/checkpoint"
)

// A Store is what [Run] needs of the place where requests and answers are kept,
// such as a [checkpoint.Store].
type Store interface {
	// Begin begins a run. Everything that changes what became of a question goes
	// through the run that it returns, whose rules [checkpoint.Run] states.
	Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error)
	// Note returns the value that SetNote kept under a name, or nil if there is none.
	Note(name string) ([]byte, error)
	SetNote(name string, value []byte) error
}

var _ Store = (*checkpoint.Store)(nil)
