package terminal

import (
	"time"
)

// A rate is how many questions come to an end in a minute, over the last three
// minutes.
type rate struct {
	begun  time.Time
	before float64        // that of the last run, by which the first minutes go; 0: unknown
	counts [rateSlots]int // of those that ended, a ring
	newest int            // slot of the ring, counted from the beginning
}

const (
	rateSlots = 36
	rateSlot  = 5 * time.Second
)

// ended counts a question that is answered or given up.
func (r *rate) ended(now time.Time) {
	r.advance(now)
	r.counts[r.newest%rateSlots]++
}

// advance empties the slots that time has come to.
func (r *rate) advance(now time.Time) {
	slot := int(now.Sub(r.begun) / rateSlot)
	r.newest = max(r.newest, slot-rateSlots) // what is older is emptied anyway
	for r.newest < slot {
		r.newest++
		r.counts[r.newest%rateSlots] = 0
	}
}

// perMinute returns the rate now; 0: not known yet.
func (r *rate) perMinute(now time.Time) float64 {
	r.advance(now)
	n, over := 0.0, now.Sub(r.begun)
	for _, count := range r.counts {
		n += float64(count)
	}
	if oldest := r.newest - rateSlots + 1; oldest > 0 {
		over -= time.Duration(oldest) * rateSlot
	}
	minutes := over.Minutes()
	if r.before > 0 { // it counts like a minute of this run, and less and less
		weight := max(0, 1-minutes/(rateSlots*rateSlot-rateSlot).Minutes())
		n, minutes = n+weight*r.before, minutes+weight
	}
	if n == 0 || minutes <= 0 {
		return 0
	}
	return n / minutes
}

// left returns how long so many questions take at this rate; 0: not known.
func (r *rate) left(now time.Time, questions int) time.Duration {
	perMinute := r.perMinute(now)
	if perMinute == 0 {
		return 0
	}
	return time.Duration(float64(questions) / perMinute * float64(time.Minute))
}
