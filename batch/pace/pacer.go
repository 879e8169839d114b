// Package pace decides when the next request is sent: as fast as the account lets
// requests in, and no faster.
//
// What an account does is nearly always what a bucket would do, which gives so many
// requests a second and saves up a few. Which buckets explain what was let in and refused
// so far (bucket.go) tells between which paces the account's is (bracket.go), and paces
// between the two are tried until they are near (search.go), and now and then more than that
// (more.go). Where no bucket explains it, the account may count in windows (window.go), limit
// how many are in flight (places.go), others use it, too (yield.go), or requests are refused by
// chance (chance.go).
package pace

import "time"

// A Pacer says when the next request may be sent. It learns what the account
// allows from what the service says, and is called from one goroutine.
type Pacer interface {
	// Next returns the earliest moment for another request beside those in
	// flight, and how far apart from the one before it must be written; 0: no
	// matter.
	Next(inFlight int) (at time.Time, apart time.Duration)
	// Sent notes that a request is sent at the given time, beside so many others.
	Sent(at time.Time, others int)
	// Heard notes what the service said to a request: the first time that it says
	// anything, and when it is refused. After a refusal it returns until when nothing is
	// sent.
	Heard(r Reply) (until time.Time)
}

// A Reply is what a [Pacer] is told of a request: it was let in (whatever
// becomes of it), or refused with 429.
type Reply struct {
	Sent, At time.Time // when the request was sent, and when this was heard
	Others   int       // in flight when it was sent
	Refused  bool
	Void     bool          // it says nothing of the account: it was not sent after all, or is refused whatever it allows
	Wait     time.Duration // that a refusal asks for, at most the longest pause; 0: it does not say
	Limits   Limits
}

// Limits are what a service says of its limit on requests beside an answer, as
// OpenAI's x-ratelimit headers do. The zero value: nothing.
type Limits struct {
	Limit, Remaining float64
	// Reset is the time until all of Limit is there again: the next window
	// begins, or a bucket is full.
	Reset time.Duration
}

// Lead is how long before it is sent a request is marked as sent in the checkpoint, so
// that the time for this does not disturb the pace.
const Lead = 20 * time.Millisecond

// Apart returns the distance between requests of which so many are sent a second, at
// most 1,000 hours. It is 0 where the rate is: then there is none to keep.
func Apart(rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/rate, float64(1000*time.Hour)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
