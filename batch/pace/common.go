package pace

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"
)

// A Keeper keeps what runs know together that share an account: as
// [checkpoint.Shared] does for the hosts of a checkpoint.
type Keeper interface {
	// Pace calls change with what is known, nil at first, and the time of the keeper's
	// clock. What it returns is known from then on, unless that is nil. If another run
	// changes it meanwhile, change is called again. After an error, the run goes on with
	// what it knows.
	Pace(change func(known []byte, now time.Time) []byte) error
}

// A Common is the Pacer of runs that share an account. They know one bracket
// together: each takes the moment of its next request from it, and tells it what the
// service said. So the requests of all are as far apart as the pace says.
//
// They begin gently together. Once enough was let in and nothing refused, there is no
// pace to keep.
type Common struct {
	known   known // its times are those of the keeper's clock
	keeper  Keeper
	ahead   time.Duration        // that clock is, of this run's
	slot    time.Time            // of the next request, by this run's clock; zero: none was taken
	spacing func() time.Duration // between the requests of all together, at least; 0: there is none
}

// known is what the keeper keeps, as JSON.
type known struct {
	Bracket
	RPM  time.Time // nothing is sent before, by the spacing
	Used time.Time // it was changed last
}

func (k known) clone() known {
	k.Unknown, k.Trace = slices.Clone(k.Unknown), k.Trace.clone()
	k.places.unknown = slices.Clone(k.places.unknown)
	k.places.tally = k.places.tally.clone()
	return k
}

// Of reads the pace, in requests a second, in what a [Keeper] keeps, and until
// when it was used. It is 0 where nothing is known.
func Of(kept []byte) (pace float64, used time.Time) {
	var k known
	if json.Unmarshal(kept, &k) != nil {
		return 0, used
	}
	return k.Pace, k.Used
}

// enough is how many requests are let in before an account counts as one that has no
// pace.
const enough = 64

// idle is how long nobody used what is known if it is taken for an earlier run's.
const idle = time.Minute

// Share returns the Pacer of a run that knows what b does, and takes up what others
// know. The requests of all together are at least spacing apart, as long as that is not 0.
func Share(keeper Keeper, b *Bracket, spacing func() time.Duration) *Common {
	p := &Common{known: known{Bracket: *b}, keeper: keeper, spacing: spacing}
	_ = keeper.Pace(func(kept []byte, now time.Time) []byte {
		p.ahead = time.Until(now)
		p.takeUp(kept, now)
		return nil
	})
	return p
}

// takeUp takes up what others know.
func (p *Common) takeUp(kept []byte, now time.Time) {
	var k known
	if json.Unmarshal(kept, &k) != nil {
		return
	}
	p.known.RPM = k.RPM
	if now.Sub(k.Used) > idle {
		earlier := k.learned(k.Used)
		k.Bracket = Bracket{}
		k.resume(earlier, now)
	}
	if k.Pace > 0 || p.known.Pace == 0 && k.Since > 0 && k.In >= p.known.In { // else this run knows more
		k.maxPause, k.places = p.known.maxPause, p.known.places
		p.known.Bracket = k.Bracket
	}
}

// Known is what this run knows of what all know.
func (p *Common) Known() *Bracket { return &p.known.Bracket }

// change has all know what f changes, or this run alone if the keeper cannot be reached.
// It calls f again, with what is known then, if another run was faster.
func (p *Common) change(f func()) {
	changed, own := false, p.known.clone()
	_ = p.keeper.Pace(func(kept []byte, now time.Time) []byte {
		p.known = own.clone()
		p.takeUp(kept, now)
		f()
		changed, p.known.Used = true, now
		kept, _ = json.Marshal(p.known) // numbers and times: cannot fail
		return kept
	})
	if !changed {
		f()
	}
}

// Next implements Pacer.
func (p *Common) Next(inFlight int) (at time.Time, apart time.Duration) {
	now := time.Now()
	at, apart = p.next(inFlight)
	if !p.shares() && p.spacing() == 0 {
		return at, apart
	}
	if p.slot.Before(now.Add(-apart-Lead)) && !at.After(now.Add(Lead)) { // there is none, or it could not be used
		p.take(now, inFlight)
		at, apart = p.next(inFlight)
	}
	if !p.slot.IsZero() {
		return p.slot, apart
	}
	return at.Add(rand.N(Lead)), apart // the fastest is not to win each time
}

func (p *Common) shares() bool { return p.known.Pace > 0 || p.known.In < enough }

// next is the earliest moment that may be nobody's, as far as this run knows.
func (p *Common) next(inFlight int) (at time.Time, apart time.Duration) {
	at, apart = p.known.Next(inFlight)
	return later(at, p.known.RPM).Add(-p.ahead), apart
}

// take takes the next moment, if it is near and nobody's.
func (p *Common) take(now time.Time, inFlight int) {
	unused := p.slot
	p.change(func() {
		p.release(unused)
		p.slot = time.Time{} // another run may have been faster
		at, _ := p.next(inFlight)
		if at.After(now.Add(Lead)) {
			return
		}
		p.slot = later(now, at)
		at = p.slot.Add(p.ahead)
		p.known.Sent(at, inFlight)
		if apart := p.spacing(); apart > 0 {
			p.known.RPM = at.Add(apart)
		}
	})
}

// release gives back a moment that was taken and not used.
func (p *Common) release(slot time.Time) {
	if !slot.IsZero() {
		p.known.drop(slot.Add(p.ahead))
		p.known.Held = max(0, p.known.Held-1) // else the pace would be raised for what was not sent
	}
}

// Sent implements Pacer.
func (p *Common) Sent(at time.Time, others int) {
	if p.slot.IsZero() {
		p.known.Sent(at.Add(p.ahead), others)
	}
	p.slot = time.Time{}
}

// Heard implements Pacer.
func (p *Common) Heard(r Reply) (until time.Time) {
	r.At, r.Sent = r.At.Add(p.ahead), r.Sent.Add(p.ahead)
	unused := p.slot
	hear := func() {
		if r.Refused {
			p.release(unused)
		}
		heard := r
		if i, exact := slices.BinarySearchFunc(p.known.Trace.Sent, r.Sent, time.Time.Compare); !exact && i > 0 {
			heard.Sent = p.known.Trace.Sent[i-1] // it was sent late
		}
		until = p.known.Heard(heard)
	}
	if !r.Refused && !p.shares() {
		hear()
		return until
	}
	if p.change(hear); r.Refused {
		p.slot = time.Time{}
		until = until.Add(-p.ahead)
	}
	return until
}
