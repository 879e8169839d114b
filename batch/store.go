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
	PriceStore
}

// A PriceStore keeps what is known of prices.
type PriceStore interface {
	// Note returns what SetNote kept under a name; nil where there is nothing.
	Note(name string) ([]byte, error)
	SetNote(name string, value []byte) error
}

var _ Store = (*checkpoint.Store)(nil)
