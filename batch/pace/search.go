package pace

import (
	"math"
	"time"
)

const (
	// near is how far apart lo and hi are where searching on would cost more
	// than it brings: on average half of it is lost, of the 5 % that may be.
	near = 1.04
	// dear is how many requests a pause must cost so that the next step goes no further
	// than this one.
	dear = 3
	// below is how much less than the lowest pace that was refused is sent, for no two
	// requests take equally long to the service.
	below = 1.02
	// proof is how many requests must be sent at a pace before it is taken to hold.
	proof = 4
)

// raise raises the pace, once it held for long enough.
func (b *Bracket) raise() {
	held := b.Held - len(b.Unknown) // the others may be refused yet
	switch {
	case b.Chance.Share > 0:
		b.raiseByChance(held, b.Trace.lastSent())
		return
	case b.contested():
		b.regain(held)
		return
	}
	between := b.Pace > b.Lo && b.Pace < b.Hi
	switch {
	case between && timely(held) && b.higher():
	case between && held < settled && !b.slow():
		return
	case b.Pace > max(b.Lo, b.Hi):
		if !b.further(held) {
			return
		}
	case !b.Proven:
		if held < proof {
			return
		}
		b.Proven = true
	case b.due(held):
		b.try()
	default:
		return
	}
	b.choose()
}

// timely reports whether it is time to look at what so many requests tell: ever more
// seldom.
func timely(held int) bool {
	if held%3 == 0 {
		held /= 3
	}
	return held >= proof/2 && held&(held-1) == 0
}

// higher raises lo to what the requests at this pace tell, if that is half of the way
// to it.
func (b *Bracket) higher() bool {
	t := b.Trace.clone()
	t.settle(b.Unknown[0].Add(-1)) // each request before the first of these was let in
	lo, _, _ := t.explain()
	if lo > b.Pace/near {
		lo = b.Pace
	}
	if lo < math.Sqrt(b.Lo*b.Pace) {
		return false
	}
	if b.Hi < 2*b.Lo || b.lost() < dear {
		b.Raised++
	}
	b.Lo, b.Proven = min(lo, b.Hi/below), true
	return true
}

// given is how many requests the account gave in the last pause, and lost how many of
// them it cannot have saved up.
func (b *Bracket) given() float64 { return b.Paused.Seconds() * b.Lo }
func (b *Bracket) lost() float64  { return max(0, b.given()-1) }

// found reports that lo and hi are so near that searching on would cost more than it
// brings.
func (b *Bracket) found() bool { return b.Hi < near*b.Lo }

// choose chooses the pace.
func (b *Bracket) choose() {
	b.Held = 0
	switch {
	case b.Hi == 0:
		b.Pace = b.Lo * (1 + b.Lift)
	case !b.found() && b.Proven:
		b.Pace = b.Lo * math.Pow(b.Hi/b.Lo, b.part())
	default:
		b.Pace = b.Lo
	}
}

// part is how far from lo to hi the next pace is: half of the way, less where lo is
// what the service said in whole seconds (most limits are a request in so many
// seconds); and half of the rest each time that it was let in since.
func (b *Bracket) part() float64 {
	part := 0.5
	if b.Whole && b.given() > 0.95 && b.given() < 2 {
		part = 0.125
	}
	return 1 - (1-part)/math.Pow(2, float64(b.Raised))
}

// bound bounds the pace by a refusal, with so many requests let in since the one
// before.
func (b *Bracket) bound(r Reply, in int) {
	mark := r.At.Add(r.Wait)
	took := mark.Sub(b.Mark)
	b.Mark = mark
	if b.Pace == 0 {
		b.first(r, in, took)
		return
	}
	b.Hi = b.Pace
	if b.Window.Counts {
		b.boundInWindow(r.At)
		return
	}
	through := max(0, float64(in)/took.Seconds()) // a clock may have been set back
	before := b.contested()
	lo, hi, saved := b.explain(r)
	if b.contested() {
		b.yield(in, before)
		return
	}
	if saved < sizes[len(sizes)-1] {
		b.Trace.Size = saved // when the requests that tell so are forgotten
	}
	switch {
	case lo > 0 && through < hi*near:
		b.Lo, b.Hi = lo, min(b.Hi, hi)
		if lo < 2*slowest {
			b.Lo = min(through, hi)
		}
		b.Proven = b.Pace > b.Lo
	case b.Pace > b.Lo: // no bucket
		b.Lo = max(through, b.Lo)
	case b.Proven: // more than half of it at once is somebody else's doing
		b.Lo, b.Proven = max(through, b.Lo/2), false
	default:
		b.Lo = through
	}
	b.Lo, b.Lift = min(b.Lo, b.Hi/below), near-1
	b.choose()
}

// first begins the search, with so many requests let in.
func (b *Bracket) first(r Reply, in int, took time.Duration) {
	if r.Wait == 0 {
		took += firstBackoff // it is not known how long it takes to the next
	}
	b.Lo, b.Lift = float64(max(in, 1))/max(took, time.Millisecond).Seconds(), 1
	_, hi, saved := b.Trace.explain()
	b.Trace.Size = max(1, min(saved, float64(in+1))) // all of it was there at the beginning
	if hi < 100*b.Lo && hi > b.Lo {
		b.Hi = hi
	}
	b.choose()
}
