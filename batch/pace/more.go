package pace

import "time"

// Once the pace was found, more is tried now and then: a limit may have been raised, or
// others who used the account may have left. An attempt is twice the pace (thrice, for the
// first of a slow run, and little more where the account counts), and goes on ever faster
// until a request is refused; then the pace is what was let in. It costs a refusal and its
// pause, so the time to the next attempt depends on that, and on what an attempt may bring.
const (
	// settled is how many requests are sent between two attempts at more: where each
	// is refused, that is 2.5 % of the requests.
	settled = 40
	// boldest is the most that the pace is raised by at once: what an account saved
	// up holds for a moment at any pace.
	boldest = 2.0
	// worth is how many times as long as its pause it must be to the next: 1 % of
	// the time is lost.
	worth = 100
)

// due reports whether it is time for an attempt, after so many requests at the pace.
func (b *Bracket) due(held int) bool {
	return b.slow() || b.Rest == 0 && float64(held) >= max(proof, worth*b.lost()*float64(b.rest())/settled)
}

// slow reports that it is time to try more once, however few requests were sent: a pace
// this slow is found by then, and may be what another run left that has ended since.
func (b *Bracket) slow() bool {
	const (
		pace  = 0.15 // requests a second
		after = 100  // seconds since the run began
		wide  = 3    // times lo: where hi is as high, the search goes on
	)
	return b.Lo < pace && b.Hi < wide*b.Lo && !b.Began.IsZero() && b.Trace.lastSent().Sub(b.Began).Seconds() > after
}

// try begins an attempt.
func (b *Bracket) try() {
	b.Lift = 1
	if b.slow() {
		b.Began, b.Lift = time.Time{}, boldest
	}
	if b.Window.Counts {
		b.Lift = b.liftInWindow()
	}
	b.Hi, b.Trying = 0, true
}

// further raises lo to a pace beyond all that is known, and the next one further, once the
// pace held for so many requests that they were not just saved up.
func (b *Bracket) further(n int) bool {
	more := float64(n) * (1 - b.Lo/b.Pace) // than at lo
	enough := min(b.Trace.Size, 10*min(1, b.Lift*b.Lift))
	if b.Pace <= b.Best { // it gave so many once
		enough = 1
	}
	if b.Window.Counts && b.interval()*time.Duration(n) < b.Window.Length {
		return false
	}
	if float64(n) < max(min(proof, 2/b.Lift), 1/b.Lift) || more < enough {
		return false
	}
	// What was refused at much less was for others, if no window was used up.
	if b.Lift == boldest && b.Pace <= b.Best && (b.Window.Pace == 0 || b.Window.In >= few) {
		b.Trace.Spans, b.Trace.Cut = nil, true
	}
	b.Lo, b.Hi, b.Proven = b.Pace, 0, false
	b.Lift = min(boldest, 2*b.Lift)
	return true
}

// attemptRefused notes that an attempt at more was refused, if this was one.
func (b *Bracket) attemptRefused(r Reply) {
	if b.Trying = b.Trying && (b.Pace > b.Lo || !r.Sent.After(b.Cut)); b.Trying {
		b.Rest += b.rest()
		b.Best *= 0.8 // it may stay as it is
	}
}

// lowered reports that the account gave much more once.
func (b *Bracket) lowered() bool { return b.Best > 1.2*b.Lo }

// rest is how many requests to send until the next attempt at more. The more the
// account gave once, the more an attempt may bring: 20 where its limit was halved.
func (b *Bracket) rest() int {
	if !b.lowered() {
		return settled
	}
	return int(settled * b.Lo / b.Best)
}
