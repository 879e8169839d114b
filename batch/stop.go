package batch

import (
	"errors"
	"fmt"

	"bizbatch/checkpoint"
)

// A StopKind says why a run ended early.
type StopKind string

// The kinds of stops. None but StopUnfinished marks a question as failed for it.
const (
	StopInterrupted StopKind = "interrupted"      // the context was cancelled: a signal
	StopBalance     StopKind = "balance"          // 402: the balance is used up
	StopSpend       StopKind = "spend limit"      // Options.MaxSpend or MaxSpendTotal
	StopKey         StopKind = "key refused"      // 401, 403
	StopThrottled   StopKind = "throttled"        // 429 that does not clear within Options.MaxPause
	StopDown        StopKind = "service down"     // nothing succeeds any more
	StopUnfinished  StopKind = "no whole answer"  // no answer comes to its end: those that were asked have failed
	StopEndpoint    StopKind = "wrong endpoint"   // 404, a redirect, a certificate: no request can succeed
	StopSettings    StopKind = "settings refused" // what every question shares: see StopError.Setting
	StopClock       StopKind = "time is up"       // Options.Until
	StopSave        StopKind = "cannot save"      // the checkpoint takes no more
)

// ErrUnmetered is why a run with a limit on spending stops where no answer says what
// it cost.
var ErrUnmetered = errors.New("the answers come without token counts")

// enoughUnmetered is how many such answers stop a run: the first may have been an
// accident.
const enoughUnmetered = 3

// A StopError is what Run returns when it ends before every question has an
// outcome. What is left stays pending for the next run.
type StopError struct {
	Kind StopKind
	// Setting is what the service refuses, for StopSettings: "model", "role" or
	// the name of a parameter.
	Setting string
	// Err is what made the run stop: the service's *Error, or an error of the
	// checkpoint. ErrUnmetered for a StopSpend whose limit cannot be kept; nil for
	// any other and StopClock, and for a StopUnfinished that an
	// earlier run found out; then nothing was sent.
	Err error
	// Unsaved tells where the answers are which the checkpoint could not take;
	// nil where it has them all.
	Unsaved *checkpoint.UnsavedError
}

func (e *StopError) Error() string {
	if e.Err == nil {
		return "stopped: " + string(e.Kind)
	}
	return fmt.Sprintf("stopped: %s: %v", e.Kind, e.Err)
}

func (e *StopError) Unwrap() error { return e.Err }

// stopKind is the kind of stop that an error with the action Stop makes.
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
