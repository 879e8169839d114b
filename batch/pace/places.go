package pace

import (
	"math"
	"slices"
	"time"
)

// Places bound the number of requests in flight, where the account limits that and not
// only the rate.
//
// A 429 tells which of the two it was only by what else is refused. If all came beside as
// many others or more, and few requests were let in beside so many, that is hardly an
// accident: those may be all places. Then it is tested: as long as fewer are in flight, the
// next request does not wait for its turn in the pace. If one of these is refused, it was
// the rate. If some are let in, and only those beside as many are refused again, it was the
// number.
//
// From then on the places decide alone. One request at a time goes beyond them to find out
// whether there are more (a trial), and there is a place more for each that gets through.
// Each trial that is refused makes the time to the next longer.
type places struct {
	workers int      // beyond which there is nothing to bound
	unknown []flight // what may be refused yet
	tally   tally    // what was let in and refused
	proven  int      // with so many others in flight a request got through
	since   int      // requests that got through since the last 429

	size     int  // how many may be in flight; 0: as many as there are workers
	testing  bool // the size is tested
	least    int  // as the size was when the test began
	sent     int  // requests since then
	early    int  // of those, how many were let in that were sent long before their turn
	wasEarly bool // the last 429 was to one of those
	failed   int  // tests, since one was passed

	trial   time.Time // when the trial was sent; zero: there is none
	next    time.Time // no trial before, unless fewTrials got through
	soon    time.Time // likewise, however many requests got through
	refused int       // trials, in a row
}

// A flight is a request that was sent beside so many others.
type flight struct {
	at     time.Time
	others int
	early  bool // sent long before its turn in the pace
}

const (
	fewEarly  = 2                // requests to be let in long before their turn, so that a test can be passed
	fewTrials = 80               // requests for each trial, when three were refused
	atLast    = 19 * time.Minute // to the next trial, at most: others may have left
)

// opens is when one more request may be sent beside those in flight, if none
// of them comes back before.
func (p *places) opens(inFlight int) time.Time {
	switch {
	case p.size == 0 || inFlight < p.size:
		return time.Time{}
	case !p.trial.IsZero():
		return p.trial.Add(Moment)
	case p.refused >= 3 && p.since >= fewTrials:
		return p.soon
	}
	return p.next
}

// ahead reports whether the next request, beside so many, is sent ahead of its turn. No more
// of these may be refused yet than were let in, or three, as at the beginning of a run.
func (p *places) ahead(inFlight int) bool {
	return p.testing && inFlight < p.size && len(p.unknown) < max(3, p.sent-len(p.unknown))
}

// started notes a request that is sent beside so many others.
func (p *places) started(f flight) {
	p.settle(f.at.Add(-Moment))
	p.unknown = append(p.unknown, f)
	p.sent++
	if p.size > 0 && !p.testing && f.others >= p.size {
		p.trial = f.at
	}
}

// settle notes that the requests that were sent until then got through.
func (p *places) settle(until time.Time) {
	for len(p.unknown) > 0 && !p.unknown[0].at.After(until) {
		p.letIn(p.unknown[0])
		p.unknown = p.unknown[1:]
	}
}

// take takes out a request whose fate is known now, and returns it.
func (p *places) take(sent time.Time) (f flight, ok bool) {
	i, ok := slices.BinarySearchFunc(p.unknown, sent, func(f flight, t time.Time) int { return f.at.Compare(t) })
	if ok {
		f = p.unknown[i]
		p.unknown = slices.Delete(p.unknown, i, i+1)
	}
	return f, ok
}

// notIn notes that a request was refused. If it is no longer among the unknown, it was taken
// for let in.
func (p *places) notIn(r Reply) {
	f, ok := p.take(r.Sent)
	if p.wasEarly = f.early; !ok {
		p.tally.takeBack(r.Others)
		p.since = max(0, p.since-1)
	}
}

// through notes that a request got through.
func (p *places) through(sent time.Time) {
	if f, ok := p.take(sent); ok {
		p.letIn(f)
	}
}

func (p *places) letIn(f flight) {
	p.proven = max(p.proven, f.others)
	p.since++
	p.tally.letIn(f.others)
	if f.early {
		p.early++
	}
	switch {
	case p.testing:
		if p.tally.refuted() {
			p.fail()
		}
	case p.size > 0 && f.at.Equal(p.trial):
		p.size, p.refused = p.size+1, max(0, p.refused-1)
		p.trial, p.next = time.Time{}, time.Time{}
		if p.size >= p.workers {
			p.size = 0
		}
	}
}

// hear notes the first 429 of an episode, and reports whether it was for the number in flight.
// It was hardly for the rate if it is puzzling; the account may count.
func (p *places) hear(r Reply, puzzling, counts bool) bool {
	p.settle(r.Sent)
	if r.Others == 0 { // it was the rate
		p.tally = tally{}
	} else if p.since > 0 || p.tally.out == nil { // else they are no two accidents
		p.tally.refused(r.Others)
	}
	inARow := p.since == 0
	p.since = 0
	switch {
	case p.size == 0:
		p.consider(r.Others, puzzling, counts)
		return false
	case p.testing && r.Others >= p.size:
		noneBeyond := inARow && puzzling && p.tally.inBeyond() == 0
		if !noneBeyond && !p.passed() {
			return false
		}
		p.testing, p.failed = false, 0
	case p.testing && !p.wasEarly && p.tally.limited(2, p.accident()): // some answers were on their way to it
		p.size, p.least = p.tally.edge(), p.tally.edge()
		return false
	case p.testing || r.Others < p.least || p.tally.refuted():
		p.fail()
		return false
	}
	p.size = min(p.size, r.Others)
	p.trialRefused(r)
	return true
}

// consider begins a test if all 429 may have been for the number.
func (p *places) consider(others int, puzzling, counts bool) {
	bound, edge := p.accident(), p.tally.edge()
	if counts {
		bound *= bound
	}
	switch {
	case edge == 0 || edge+1 >= p.workers:
	case puzzling && others > p.proven && p.tally.inBeyond() == 0 || p.tally.limited(2, bound):
		p.size, p.least, p.testing, p.sent, p.early = edge, edge, true, 0, 0
	case puzzling: // the rate, or a limit that was lowered: the next 429 tells
		p.proven, p.tally = others-1, tally{}
		p.tally.refused(others)
	}
}

// passed reports that hardly an accident explains the test.
func (p *places) passed() bool {
	return p.early >= fewEarly && p.tally.limited(3, p.accident()*p.accident())
}

// accident is how probable an accident may be: after each test that failed, the square of
// that before.
func (p *places) accident() float64 { return math.Pow(accident, math.Exp2(float64(p.failed))) }

func (p *places) fail() {
	p.testing, p.size, p.tally, p.failed = false, 0, tally{}, p.failed+1
	p.trial, p.refused = time.Time{}, 0
}

func (p *places) trialRefused(r Reply) {
	p.trial, p.since = time.Time{}, 0
	p.refused++
	p.next = r.At.Add(min(Moment<<min(4*p.refused-1, 20), atLast))
	p.soon = r.At.Add(worth * r.Wait)
}
