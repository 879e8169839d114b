package batch

import (
	"fmt"
	"strings"
	"time"
)

// An Error is a request that failed, with what the service said about it.
// Askers return it; [Classify] reads it.
type Error struct {
	// Status is the HTTP status, or 0 where there was none: no response, or an
	// error inside a stream that began with 200.
	Status int
	// Type is the service's name for the error, such as insufficient_balance.
	Type string
	// Param is the member of the request that the service says is wrong, by its
	// name or path, such as model or messages.0.role (OpenAI's error.param, the
	// loc of FastAPI's detail); empty where it does not say.
	Param string
	// Code is its finer name for it, where it has one, such as
	// billing_hard_limit_reached.
	Code string
	// Message is what the service said, or a description of what went wrong;
	// at most a few hundred characters, without control characters.
	Message string
	// RetryAfter is how long the service asks to wait; 0 where it does not say.
	RetryAfter time.Duration
	// ResetAt is when a used-up limit clears (details.reset_at, or an
	// x-ratelimit-reset header); zero where the service does not say.
	ResetAt time.Time
	// Balance is what the account held (details.balance_before_cents of a 402).
	// Known only where HasBalance is set.
	Balance    Money
	HasBalance bool
	// Cost is what this request would have cost (details.cost_cents); 0 where
	// the service does not say.
	Cost Money
	// RequestID is the service's name for the request, where it arrived.
	RequestID string
	// Partial is the text that had arrived before the failure, the first 64 KB
	// of it.
	Partial string
	// Unreached says that no server was reached: a refused connection, a name
	// that does not resolve, a network that is down.
	Unreached bool
	// MaybeCharged says that the request may have been charged: it reached the
	// service and its outcome is not known (a stream cut short, a time-out, a
	// gateway's too), or it failed after the first chunk of its answer had
	// arrived, whatever the error. An error that the service reports in an
	// answer's place is not charged.
	MaybeCharged bool
	// Unfinished says that the service took the request, and its answer did not
	// come to an end: it was silent for longer than this side waits, or its stream
	// ended without a finish reason. Where no answer ever does, Run stops; Hint
	// says what to change.
	Unfinished bool
	// Fatal says that no request can succeed until the user changes something
	// on this side (a certificate that does not match, a redirect); Hint says
	// what.
	Fatal bool
	Hint  string
	// Err is the cause, where there is one.
	Err error

	echo bool // the message repeats a part of the question: see echoes
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	if e.Type != "" {
		fmt.Fprintf(&b, "%s: ", e.Type)
	}
	b.WriteString(e.Message)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
