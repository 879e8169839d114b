package pace

import "time"

// Waits where the service does not say how long.
const (
	firstBackoff = time.Second     // after a 429, where nothing is known
	maxBackoff   = 2 * time.Minute // likewise, after several in a row
	growth       = 2               // how many times as long each such wait is: with more, the last is too long for most
)

// slower takes in that for so long the account gave not one more request.
func (b *Bracket) slower(d time.Duration) {
	d = min(max(d, time.Millisecond), min(maxBackoff, b.maxPause)/growth)
	most := 1 / d.Seconds()
	if most > below*b.Lo {
		return
	}
	if b.Proven {
		b.Best = max(b.Best, b.Lo)
	}
	b.Lo, b.Hi, b.Lift, b.Proven, b.Odd = most/growth, 0, 0.5, false, 0
	if b.lowered() { // others may have taken everything, and left
		b.Lift = boldest
	}
	b.choose()
	b.awaitWindow(d)
}

// backoff is how long to wait after a refusal that does not say: until lo gives
// one more than was let in.
func (b *Bracket) backoff(now time.Time) time.Duration {
	wait := firstBackoff
	if b.Lo > 0 {
		next := min(near/b.Lo, maxBackoff.Seconds())
		wait = b.LastIn.Add(time.Duration(next * float64(time.Second))).Sub(now)
	}
	return min(max(2*Lead, wait), b.maxPause) // a shorter one teaches nothing: see Bracket.Cut
}
