package batch

import (
	"errors"
	"fmt"

	"bizbatch/checkpoint"
)

// A StopKind is the reason why a run stopped.
type StopKind string

// The reasons to stop. Only StopUnfinished marks questions as failed.
const (
	StopInterrupted StopKind = "interrupted"      // the context was cancelled
	StopBalance     StopKind = "balance"          // 402: the balance is empty
	StopSpend       StopKind = "spend limit"      // Options.MaxSpend or MaxSpendTotal is reached
	StopKey         StopKind = "key refused"      // 401 or 403
	StopThrottled   StopKind = "throttled"        // a 429 that does not clear within Options.MaxPause
	StopDown        StopKind = "service down"     // no attempt succeeds any more
	StopUnfinished  StopKind = "no whole answer"  // no answer ends: the questions that were asked have failed
	StopEndpoint    StopKind = "wrong endpoint"   // 404, a redirect or a certificate: no request can succeed
	StopSettings    StopKind = "settings refused" // the service rejects StopError.Setting
	StopClock       StopKind = "time is up"       // Options.Until has passed
	StopSave        StopKind = "cannot save"      // the checkpoint cannot be written
)

// ErrUnmetered is the cause of a StopSpend if answers do not say what they cost, so
// that a spending limit cannot be kept.
var ErrUnmetered = errors.New("the answers come without token counts")

// enoughUnmetered is the number of answers without a cost that stop a run.
const enoughUnmetered = 3

// A StopError is the error of a run that ended before every question had an outcome.
// The remaining questions stay pending.
type StopError struct {
	Kind StopKind
	// Setting is the rejected setting of a StopSettings: "model", "role" or the name
	// of a parameter.
	Setting string
	// Err is the cause: the service's [*Error], an error of the checkpoint, or
	// ErrUnmetered. It is nil for a StopClock and for a spending limit that is
	// reached, and for a StopUnfinished that is left from an earlier run, in which
	// case nothing was sent.
	Err error
	// Unsaved says where the answers are that could not be saved in the checkpoint.
	// It is nil if all were saved.
	Unsaved *checkpoint.UnsavedError
}

func (e *StopError) Error() string {
	if e.Err == nil {
		return "stopped: " + string(e.Kind)
	}
	return fmt.Sprintf("stopped: %s: %v", e.Kind, e.Err)
}

func (e *StopError) Unwrap() error { return e.Err }

// stopKind returns the kind of stop for an error whose action is Stop.
func (e *Error) stopKind() StopKind {
	switch e.status() {
	case 401, 403:
		return StopKey
	case 402:
		return StopBalance
	case 429:
		return StopThrottled
	}
	return StopEndpoint
}
