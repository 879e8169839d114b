package batch

import (
	"fmt"
	"strings"
	"time"
)

// An Error describes a request that failed. Askers return it, and [Classify]
// interprets it.
type Error struct {
	// Status is the HTTP status. It is 0 if there was no response, or if the error
	// arrived in a stream that began with 200.
	Status int
	// Type is the service's type of the error, such as insufficient_balance.
	Type string
	// Param is the member of the request that the service rejects, by name or path,
	// such as model or messages.0.role (OpenAI's error.param, FastAPI's loc). It is
	// empty if the service does not name one.
	Param string
	// Code is the service's error code, such as billing_hard_limit_reached, if any.
	Code string
	// Message is the service's error message, or a description of the failure. It
	// has at most a few hundred characters and no control characters.
	Message string
	// RetryAfter is how long the service asks to wait, or 0 if it does not say.
	RetryAfter time.Duration
	// ResetAt is when a limit resets (details.reset_at or an x-ratelimit-reset
	// header). It is zero if the service does not say.
	ResetAt time.Time
	// Balance is the account's balance (details.balance_before_cents of a 402). It
	// is valid only if HasBalance is set.
	Balance    Money
	HasBalance bool
	// Cost is what the request would have cost (details.cost_cents), or 0 if the
	// service does not say.
	Cost Money
	// RequestID is the service's ID of the request, if it arrived.
	RequestID string
	// Partial is the text that had arrived before the failure, up to 64 KB.
	Partial string
	// Unreached reports that no server was reached: the connection was refused, the
	// name did not resolve, or the network was down.
	Unreached bool
	// MaybeCharged reports that the request may have been charged: it reached the
	// service and its outcome is unknown (a stream was cut, a time-out), or it
	// failed after the first chunk of the answer had arrived. It is not set for an
	// error that the service reports in place of an answer.
	MaybeCharged bool
	// Unfinished reports that the service accepted the request but the answer did
	// not end: the service was silent for too long, or the stream ended without a
	// finish reason. If this happens to every answer, Run stops. Hint says what to
	// change.
	Unfinished bool
	// Broken reports that the connection broke after the answer had begun. If this happens
	// to every answer, Run stops, as for Unfinished; answers that were in flight together
	// count as one, because one accident may have cut them.
	Broken bool
	// Fatal reports that no request can succeed until the user changes something,
	// such as an address or a certificate. Hint says what.
	Fatal bool
	Hint  string // what the user can do, if anything
	// Err is the cause, or nil.
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
