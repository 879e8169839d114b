package pace

import (
	"slices"
	"time"
)

// A window bounds the number of requests in flight, where the account limits
// that and not only the rate.
//
// A 429 tells which of the two it was only by what follows. So the number that
// was in flight becomes the window, unless more than that got through since;
// then one request at a time goes beyond it to find out (a trial), and the
// window grows with each that gets through. Where only the rate is limited it
// has gone within seconds. Where the number is, each trial that is refused
// makes the time to the next longer. One sign is plainer: 429 that come again and
// again beside as many others, while hardly a request beside as many got through.
type window struct {
	size    int       // how many may be in flight; 0: as many as there are workers
	workers int       // beyond which there is nothing to bound
	unknown []flight  // what may be refused yet
	proven  int       // with so many others in flight a request got through
	edge    int       // so many were in flight at the last 429
	same    int       // and at those before it; what got through between them counts, up to three
	over    int       // requests that got through beside as many, or more, since
	trial   time.Time // when the trial was sent; zero: there is none
	next    time.Time // no trial before
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
	fewTrials  = 80               // requests for each trial, when three were refused
	atLast     = 19 * time.Minute // to the next trial, at most: others may have left
)

// opens is when one more request may be sent beside those in flight, if none
// of them comes back before.
func (w *window) opens(inFlight int) time.Time {
	switch {
	case w.size == 0 || inFlight < w.size:
		return time.Time{}
	case !w.trial.IsZero():
		return w.trial.Add(moment)
	case w.refused >= 3 && w.since >= fewTrials:
		return time.Time{}
	}
	return w.next
}

// started notes a request that is sent beside so many others.
func (w *window) started(at time.Time, others int) {
	w.settle(at.Add(-moment))
	w.unknown = append(w.unknown, flight{at, others})
	if w.size > 0 && others >= w.size {
		w.trial = at
	}
}

// settle notes that the requests that were sent until then got through.
func (w *window) settle(until time.Time) {
	for len(w.unknown) > 0 && !w.unknown[0].at.After(until) {
		w.letIn(w.unknown[0].others)
		w.unknown = w.unknown[1:]
	}
}

// take takes out a request whose fate is known now, and returns beside how many it
// was sent.
func (w *window) take(sent time.Time) (others int, ok bool) {
	i, ok := slices.BinarySearchFunc(w.unknown, sent, func(f flight, t time.Time) int { return f.at.Compare(t) })
	if ok {
		others = w.unknown[i].others
		w.unknown = slices.Delete(w.unknown, i, i+1)
	}
	return others, ok
}

// through notes that a request got through.
func (w *window) through(sent time.Time) {
	if others, ok := w.take(sent); ok {
		w.letIn(others)
	}
}

func (w *window) letIn(others int) {
	w.proven = max(w.proven, others)
	w.since++
	if others >= w.edge {
		w.over++
	}
	if w.size == 0 || others < w.size {
		return
	}
	if w.size++; w.refused == 0 {
		w.size = max(w.size, others+others/2)
	}
	w.refused, w.trial, w.next = max(0, w.refused-1), time.Time{}, time.Time{}
	if w.size >= w.workers {
		w.size = 0
	}
}

// again notes the first 429 of an episode, and reports whether it makes this number of
// others the window: enough of those before came beside as many.
func (w *window) again(now, sent time.Time, others int) bool {
	w.settle(sent)
	switch {
	case others != w.edge:
		w.edge, w.same, w.over = others, 0, 0
	case w.since < others || w.since >= 2*others: // else those in flight may be what was saved up
		w.same += min(w.since, 3)
	}
	w.since = 0
	if (w.same-w.over)*others < noAccident || others+1 >= w.workers || w.size > 0 && others >= w.size {
		return false
	}
	w.size = others
	w.trialRefused(now)
	return true
}

// suspect notes a 429 beside so many others that may be for their number.
func (w *window) suspect(others int) {
	switch {
	case others == 0: // it was the rate
	case others <= w.proven:
		w.proven = others - 1 // the rate, or a limit that was lowered: the next 429 tells
	case w.size == 0 || others < w.size:
		w.size = others
	}
}

// refute forgets the size if a request was refused beside fewer others.
func (w *window) refute(others int) {
	if others < w.size {
		*w = window{workers: w.workers, unknown: w.unknown}
	}
}

func (w *window) trialRefused(now time.Time) {
	w.trial = time.Time{}
	w.refused++
	w.next = now.Add(min(moment<<min(4*w.refused-1, 20), atLast))
}
