package pace

import (
	"slices"
	"time"
)

// Places bound the number of requests in flight, where the account limits that and not
// only the rate.
//
// A 429 tells which of the two it was only by what follows. So the number that was in
// flight becomes the number of places, unless more than that got through since; then one
// request at a time goes beyond it to find out (a trial), and there is a place more for
// each that gets through. Where only the rate is limited all bounds have gone within
// seconds. Where the number is, each trial that is refused makes the time to the next
// longer. One sign is plainer: 429 that come again and again beside as many others, while
// hardly a request beside as many got through. Where no bucket explains them, a few more or
// less will do, as some of the answers were on their way.
type places struct {
	size    int       // how many may be in flight; 0: as many as there are workers
	workers int       // beyond which there is nothing to bound
	unknown []flight  // what may be refused yet
	proven  int       // with so many others in flight a request got through
	odd     bool      // no bucket explains the last 429
	edge    int       // so many were in flight then
	blur    int       // about: some of them may have been answered
	same    int       // likewise at those before it; what got through between them counts, up to three
	saved   int       // likewise, unless what got through had been saved up
	over    int       // requests that got through beside more, or as many if that is exact, since
	trial   time.Time // when the trial was sent; zero: there is none
	next    time.Time // no trial before, unless fewTrials got through
	early   time.Time // likewise, however many requests got through
	refused int       // trials, in a row
	since   int       // requests that got through since the last 429
}

// A flight is a request that was sent beside so many others.
type flight struct {
	at     time.Time
	others int
}

const (
	noAccident = 27               // same × edge: ten in flight, twice; three, four times
	answered   = 20               // one request in so many gets through beside as many, as answers are on their way
	fewTrials  = 80               // requests for each trial, when three were refused
	atLast     = 19 * time.Minute // to the next trial, at most: others may have left
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
		return p.early
	}
	return p.next
}

// started notes a request that is sent beside so many others.
func (p *places) started(at time.Time, others int) {
	p.settle(at.Add(-Moment))
	p.unknown = append(p.unknown, flight{at, others})
	if p.size > 0 && others >= p.size {
		p.trial = at
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

// through notes that a request got through.
func (p *places) through(sent time.Time) {
	if f, ok := p.take(sent); ok {
		p.letIn(f)
	}
}

func (p *places) letIn(f flight) {
	p.proven = max(p.proven, f.others)
	p.since++
	if f.others >= p.edge+p.blur {
		p.over++
	}
	switch {
	case p.size == 0 || f.others < p.size:
		return
	case p.refused == 0:
		p.size = max(p.size+1, f.others+f.others/2)
	case f.at.Equal(p.trial):
		p.size, p.refused = p.size+1, p.refused-1
	default: // it was sent while there were more
		return
	}
	p.trial, p.next = time.Time{}, time.Time{}
	if p.size >= p.workers {
		p.size = 0
	}
}

// again notes the first 429 of an episode, and reports whether there are places for so
// many others, and no more: enough of the 429 before came beside as many.
func (p *places) again(r Reply) bool {
	p.saved = 0
	others, blur, byChance := r.Others, 0, 0
	if p.odd {
		blur, byChance = p.justSent(r.Sent), p.since/answered
	}
	p.settle(r.Sent)
	switch {
	case max(others-p.edge, p.edge-others) > blur:
		p.edge, p.same, p.over = others, 0, 0
	case p.since < others || p.since >= 2*others:
		p.same += min(p.since, 3)
		p.edge = min(p.edge, others)
	default: // those in flight may be what was saved up
		p.saved = min(p.since, 3)
	}
	if p.over > byChance {
		p.same -= p.over
	}
	p.since, p.over, p.blur = 0, 0, blur
	return p.found(r)
}

// notSaved notes that no bucket explains the last 429, and reports what again does.
func (p *places) notSaved(r Reply) bool {
	p.same += p.saved
	return p.found(r)
}

// found reports whether enough of the 429 came beside as many, and takes that for their places.
func (p *places) found(r Reply) bool {
	if p.same*r.Others < noAccident || r.Others+1 >= p.workers || p.size > 0 && r.Others >= p.size {
		return false
	}
	p.size = p.edge
	p.trialRefused(r)
	return true
}

// justSent is how many requests were sent within the time that one takes to the service and
// back: about as many answers are on their way.
func (p *places) justSent(sent time.Time) (n int) {
	const roundTrip = Moment / 10
	for _, f := range p.unknown {
		if f.at.Before(sent) && sent.Sub(f.at) < roundTrip {
			n++
		}
	}
	return n
}

// suspect notes a 429 beside so many others that may be for their number.
func (p *places) suspect(others int) {
	switch {
	case others == 0: // it was the rate
	case others <= p.proven:
		p.proven = others - 1 // the rate, or a limit that was lowered: the next 429 tells
	case p.size == 0 || others < p.size:
		p.size = others
	}
}

// refute forgets the size if a request was refused beside fewer others.
func (p *places) refute(others int) {
	if others < p.size {
		*p = places{workers: p.workers, unknown: p.unknown}
	}
}

func (p *places) trialRefused(r Reply) {
	p.trial = time.Time{}
	p.refused++
	p.next = r.At.Add(min(Moment<<min(4*p.refused-1, 20), atLast))
	p.early = r.At.Add(worth * r.Wait)
}
