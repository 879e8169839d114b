package batch

import "time"

// A window bounds the number of requests in flight, where the account limits
// that and not only the rate.
//
// A 429 tells which of the two it was only by what follows. So the number that
// was in flight becomes the window, unless more than that got through since;
// then one request at a time goes beyond it to find out (a trial), and the
// window grows with each that gets through. Where only the rate is limited it
// has gone within seconds. Where the number is, each trial that is refused
// makes the time to the next longer. One sign is plainer: two 429 that come with
// as many in flight as ever got through, at two paces, are for the number.
type window struct {
	size    int       // how many may be in flight; 0: as many as there are workers
	workers int       // beyond which there is nothing to bound
	proven  int       // with so many others in flight a request got through
	last    int       // so many were in flight at the last 429
	trial   time.Time // when the trial was sent; zero: there is none
	next    time.Time // no trial before
	refused int       // trials, in a row
	since   int       // requests that got through since the last of them
}

const (
	maxBetween = time.Minute     // between trials that are refused
	fewest     = 8               // in flight at which it is no accident that two numbers are the same
	fewTrials  = 80              // requests for each of them, when three were refused
	atLast     = 9 * time.Minute // so long after next, one is sent all the same: others may have left
)

// opens is when one more request may be sent beside those in flight, if none
// of them comes back before.
func (w *window) opens(inFlight int) time.Time {
	switch {
	case w.size == 0 || inFlight < w.size:
		return time.Time{}
	case !w.trial.IsZero():
		return w.trial.Add(moment)
	case w.refused >= 3 && w.since < fewTrials:
		return w.next.Add(atLast)
	}
	return w.next
}

// started notes a request that is sent beside so many others.
func (w *window) started(at time.Time, others int) {
	if !w.trial.IsZero() && !at.Before(w.trial.Add(moment)) {
		w.through(w.size)
	}
	if w.size > 0 && others >= w.size {
		w.trial = at
	}
}

// through notes that a request got through that was sent beside so many others.
func (w *window) through(others int) {
	w.proven = max(w.proven, others)
	w.since++
	if w.size == 0 || others < w.size {
		return
	}
	if w.size++; w.refused == 0 {
		w.size = max(w.size, others+others/2)
	}
	w.refused, w.trial, w.next = 0, time.Time{}, time.Time{}
	if w.size >= w.workers {
		w.size = 0
	}
}

// again notes a 429 beside so many others, and reports whether the one before
// came beside as many, with requests let in between. Then that is the window.
func (w *window) again(others int, between bool) bool {
	same := between && others+1 < w.workers && (w.size == 0 || others < w.size) && others == w.last && others >= max(w.proven, fewest)
	if same {
		w.size, w.refused = others, max(w.refused, 1)
	}
	w.last = others
	return same
}

// throttled notes a 429 that came now, for a request that was sent at sent
// beside so many others, and reports whether that was a trial.
func (w *window) throttled(now, sent time.Time, others int) (trial bool) {
	switch {
	case others == 0: // it was the rate
	case sent.Equal(w.trial):
		w.trial, w.since = time.Time{}, 0
		w.refused++
		w.next = now.Add(min(2*moment<<min(w.refused, 10), maxBetween))
		return true
	case others <= w.proven:
		w.proven = others - 1 // the rate, or a limit that was lowered: the next 429 tells
	case w.size == 0 || others < w.size:
		w.size = others
	}
	return false
}
