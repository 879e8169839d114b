package batch

import (
	"time"

	"bizbatch/checkpoint"
)

// A Store keeps requests and answers for [Run]. A [checkpoint.Store] is one.
type Store interface {
	// Begin begins a run. Only the returned [checkpoint.Run] can change the outcome
	// of a question.
	Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error)
	// Note returns the value that SetNote kept under a name, or nil if there is none.
	Note(name string) ([]byte, error)
	SetNote(name string, value []byte) error
}

var _ Store = (*checkpoint.Store)(nil)
