package sandbox

import (
	"maps"
	"time"
)

// maxSent is how many of the last requests' times are kept at least.
const maxSent = 100_000

// A Ledger is what a [Server] has seen since it was made.
type Ledger struct {
	// Requests is how many chat requests arrived, whatever became of them.
	Requests int `json:"requests"`
	// Answered is how many answers were sent whole, up to a finish reason.
	Answered int `json:"answered"`
	// Charged is how many requests were charged, ChargedCents what for all.
	Charged      int   `json:"charged"`
	ChargedCents int64 `json:"charged_cents"`
	// BalanceCents is what is left; nil where the balance is unlimited.
	BalanceCents *int64 `json:"balance_cents"`
	// RateLimited is how many requests the server's own limits refused with
	// 429; scripted ones are only in ByStatus.
	RateLimited int `json:"rate_limited"`
	// InFlight is how many requests are being handled, MaxInFlight the most
	// that ever were at the same time.
	InFlight    int `json:"in_flight"`
	MaxInFlight int `json:"max_in_flight"`
	// ByStatus counts the responses by HTTP status; 0 = connections that were
	// reset before a response.
	ByStatus map[int]int `json:"by_status"`
	// Questions is what was asked, in order of first arrival. Requests that
	// were refused before they were read (401, 429, 400) are not in it.
	Questions []Question `json:"questions"`
	// Sent is when the last requests arrived, in order: all of the last
	// 100,000.
	Sent []time.Time `json:"sent"`
}

// A Question is the part of a [Ledger] about one question in one ask mode.
type Question struct {
	// Question is the text of the last message.
	Question string `json:"question"`
	// AskMode is the ask mode as it was sent; empty = none was.
	AskMode      string    `json:"ask_mode"`
	Requests     int       `json:"requests"`
	Charged      int       `json:"charged"`
	ChargedCents int64     `json:"charged_cents"`
	Answered     int       `json:"answered"`
	FirstAt      time.Time `json:"first_at"`
	LastAt       time.Time `json:"last_at"`
}

// snapshot returns a copy of the ledger.
func (a *account) snapshot() Ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.ledger
	if l.BalanceCents != nil {
		l.BalanceCents = new(*l.BalanceCents)
	}
	l.ByStatus = maps.Clone(l.ByStatus)
	l.Questions = append([]Question{}, l.Questions...) // never null in JSON
	l.Sent = append([]time.Time{}, l.Sent[max(0, len(l.Sent)-maxSent):]...)
	return l
}
