package checkpoint

import (
	"fmt"
	"time"
)

// A Shared is a [Run] on a store that several hosts use at once. Other hosts ask
// requests of the same input, and what a service says of the account holds for all.
//
// Start returns a [*HeldError] while nothing may be sent. The request then stays
// pending, and the run keeps it, unless it is lost.
//
// A host that was away for so long that others went on joins again by itself. What it
// had in flight comes home, and what nobody else has claimed meanwhile stays its own.
type Shared interface {
	Run
	// Open returns what is left to do for all hosts together.
	Open() (Left, error)
	// Limit sets what holds for all runs on the input.
	Limit(l Limits) error
	// Hold keeps every host from sending requests for the account.
	Hold(h Hold) error
	// Pace calls change with what is known of the account's pace, nil at first, and the
	// time of the checkpoint's clock. What it returns is known from then on, unless that
	// is nil. If another host changes it meanwhile, change is called again. Pace is called from
	// one goroutine.
	Pace(change func(known []byte, now time.Time) []byte) error
	// Rejoined reports whether the host joined again since Rejoined was last called.
	Rejoined() bool
}

// Left are the requests that no host has brought an outcome for.
type Left struct {
	Open    map[string]int // those of the input that have none, by mode
	Refresh map[string]int // those that the run was to refresh and has not given up, by mode; each has its old answer
	Free    int            // those of both that nobody has claimed
}

// Limits are what a run sets for all that are on at the same time.
type Limits struct {
	// Spend is the most that these may spend, with what is in flight, and Total the
	// most that all may spend that there ever were. 0 is no limit, and changes none
	// that another run has set.
	Spend, Total int64
	// Anew says that somebody changed Spend while the run was on. 0 lifts it then.
	Anew bool
	// Alone says that the run asks only some requests, and nobody is to help with the
	// others by himself.
	Alone bool
}

// A Hold is why and how long no request is sent for an account.
type Hold struct {
	// Wait is how long. 0 is until the host that holds the account, or the next one if
	// it is gone, had a request answered, or until another run begins after that.
	Wait time.Duration
	Said []byte // by the service, as the caller writes it
}

// A HeldError reports that Start sent nothing.
type HeldError struct {
	Hold
	Spent bool // it is the spending limit that holds the request back
	Lost  bool // another host has claimed the request while this one was away; the run has it no more
}

func (e *HeldError) Error() string {
	switch {
	case e.Lost:
		return "another host goes on with the question"
	case e.Spent:
		return "the spending limit of all runs is reached"
	case e.Wait > 0:
		return fmt.Sprintf("nothing is to be sent for another %s", e.Wait.Round(time.Second))
	}
	return "another host was told that the account takes no requests"
}
