package batch

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"bizbatch/checkpoint"
)

// A commonPace is the Pacer of hosts that share an account. They know one bracket
// together, which the checkpoint keeps: each takes the moment of its next request from
// it, and tells it what the service said. So the requests of all hosts are as far apart
// as the pace says, and as Options.RPM says of those that have it.
//
// As long as nothing was refused there is no pace to keep, and each begins gently by
// itself. If the checkpoint cannot be reached, neither can anything be sent: the run
// hears of that when it is about to.
type commonPace struct {
	known  known // its times are those of the checkpoint's clock
	shared checkpoint.Shared
	ahead  time.Duration // that clock is, of this host's
	slot   time.Time     // of the next request, by this host's clock; zero: none was taken
	rpm    *float64      // Options.RPM
}

// known is what the checkpoint keeps for all hosts, as JSON.
type known struct {
	bracket
	RPM time.Time // nothing is sent before, by Options.RPM
}

// idle is how long nobody used the pace if it is taken up as that of a run before.
const idle = time.Minute

// newCommonPace takes up what other hosts know.
func newCommonPace(shared checkpoint.Shared, b bracket, rpm *float64) (*commonPace, error) {
	p := &commonPace{known: known{bracket: b}, shared: shared, rpm: rpm}
	err := shared.Pace(func(kept []byte, now time.Time) []byte {
		p.ahead = time.Until(now)
		p.takeUp(kept, now)
		return nil
	})
	return p, err
}

// takeUp takes up what other hosts know.
func (p *commonPace) takeUp(kept []byte, now time.Time) {
	var k known
	if json.Unmarshal(kept, &k) != nil {
		return
	}
	p.known.RPM = k.RPM
	if k.Pace == 0 {
		return
	}
	b := bracket{maxPause: p.known.maxPause, window: p.known.window}
	if last := later(k.Due, k.Until); now.Sub(last) > idle {
		b.resume(learned{k.Lo, k.Hi, k.Saves, last}, now)
	} else {
		k.maxPause, k.window = b.maxPause, b.window
		b = k.bracket
	}
	p.known.bracket = b
}

// change has all hosts know what f changes.
func (p *commonPace) change(f func()) {
	_ = p.shared.Pace(func(kept []byte, now time.Time) []byte {
		p.takeUp(kept, now)
		f()
		kept, _ = json.Marshal(p.known) // numbers and times: cannot fail
		return kept
	})
}

// Next implements Pacer.
func (p *commonPace) Next(inFlight int) (at time.Time, apart time.Duration) {
	now := time.Now()
	at, apart = p.next(inFlight)
	switch {
	case p.known.Pace == 0 && *p.rpm == 0:
		return at, apart
	case !p.slot.IsZero() && !p.slot.Before(now.Add(-apart-lead)):
		return p.slot, apart
	case !at.After(now.Add(lead)):
		p.slot = time.Time{} // it could not be used
		p.take(now, inFlight)
		at, apart = p.next(inFlight)
	}
	if !p.slot.IsZero() {
		return p.slot, apart
	}
	return at.Add(rand.N(lead)), apart // the fastest host is not to win each time
}

// next is the earliest moment that may be nobody's, as far as this host knows.
func (p *commonPace) next(inFlight int) (at time.Time, apart time.Duration) {
	at, apart = p.known.Next(inFlight)
	return later(at, p.known.RPM).Add(-p.ahead), apart
}

// take takes the next moment, if it is near and nobody's.
func (p *commonPace) take(now time.Time, inFlight int) {
	p.change(func() {
		at, _ := p.next(inFlight)
		if at.After(now.Add(lead)) {
			return
		}
		p.slot = later(now, at)
		at = p.slot.Add(p.ahead)
		p.known.Sent(at, inFlight)
		if *p.rpm > 0 {
			p.known.RPM = at.Add(every(*p.rpm))
		}
	})
}

// Sent implements Pacer.
func (p *commonPace) Sent(at time.Time, others int) {
	if p.slot.IsZero() {
		p.known.Sent(at.Add(p.ahead), others)
	}
	p.slot = time.Time{}
}

// Heard implements Pacer. That a request was let in, the others need not hear, unless
// the service says its limits.
func (p *commonPace) Heard(r Reply) (until time.Time) {
	r.At, r.Sent = r.At.Add(p.ahead), r.Sent.Add(p.ahead)
	if i, exact := slices.BinarySearchFunc(p.known.Unknown, r.Sent, time.Time.Compare); !exact && i > 0 {
		r.Sent = p.known.Unknown[i-1] // it was sent late
	}
	if !r.Refused && (r.Limits == Limits{} || len(p.known.Marks) > 1) {
		return p.known.Heard(r)
	}
	p.change(func() { until = p.known.Heard(r) })
	if r.Refused {
		p.slot = time.Time{}
		until = until.Add(-p.ahead)
	}
	return until
}
