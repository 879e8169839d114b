package pace

import "time"

// A told is what the service's limits say of the pace: of a bucket, what was taken in the
// time that it needs to be full again; of a window, what remains of it until its end. The two
// are told apart by that time, which is longer the more was taken only for a bucket. A window
// that slides gives as many in any time as long as it.
type told struct {
	Last   Limits
	At     time.Time     // they were heard
	Whole  bool          // each reset was in whole seconds, and may be rounded
	Slow   Limits        // those that said the slowest bucket
	Window time.Duration // the longest that was said; 0: it may be a bucket
	Slides bool

	Refused int // requests, in spite of what remained
}

func (l Limits) taken() float64 { return l.Limit - l.Remaining }

// bucket is the pace in requests a second of a bucket that says this.
func (l Limits) bucket() float64 { return l.taken() / l.Reset.Seconds() }

// pace returns the pace in requests a second that the limits beside a reply say, 0
// where they do not, and the moment before which nothing remains. Limits that last longer
// than a run pauses say nothing of its pace: they are used up, and then it stops.
func (t *told) pace(r Reply, longest time.Duration) (pace float64, until time.Time) {
	const (
		brief = 5 * time.Second // in whole seconds, a shorter reset hardly tells the pace
		many  = 20              // while so many remain, the search goes on: few are on their way
	)
	l := r.Limits
	if l.Limit <= 0 || l.Reset <= 0 || l.Remaining < 0 || l.Remaining >= l.Limit {
		return 0, time.Time{}
	}
	t.hear(r)
	switch {
	case l.Remaining > many || l.Reset > longest:
		return 0, time.Time{}
	case t.Slides:
		return l.Limit / t.Window.Seconds() / below, time.Time{}
	case t.Window > 0 && l.Remaining == 0:
		return l.Limit / t.Window.Seconds(), r.At.Add(l.Reset)
	case t.Window > 0:
		return (l.Remaining + 1) / l.Reset.Seconds(), time.Time{}
	case t.Whole && l.Reset < brief:
		return 0, time.Time{}
	case l.Remaining > l.Limit/2: // saved up, to be used sooner
		return 2 * t.Slow.bucket(), time.Time{}
	}
	return t.Slow.bucket(), time.Time{}
}

// hear looks of which kind the limit is.
func (t *told) hear(r Reply) {
	l, before, at := r.Limits, t.Last, t.At
	t.Last, t.At = l, r.At
	t.Whole = whole(l.Reset.Seconds()) && (t.Whole || at.IsZero())
	if l.Limit != before.Limit || l.taken() == 1 && l.Reset < t.Window/2 {
		t.Slow, t.Window, t.Slides = l, 0, false
	}
	switch {
	case t.Window > 0:
		t.Slides = t.Slides || slides(before, at, r)
		t.Window = max(t.Window, l.Reset)
	case t.noBucket(l):
		t.Window = max(t.Slow.Reset, l.Reset)
	case l.taken() == 1 || l.bucket() < t.Slow.bucket(): // what remains is rounded down, unless just one is taken
		t.Slow = l
	}
}

// noBucket reports that no bucket says both these limits and those that said the slowest.
func (t *told) noBucket(l Limits) bool {
	const raised = 1.9 // times: a limit may have been doubled meanwhile
	rounding := 0.0    // seconds
	if t.Whole {
		rounding = 1
	}
	least := (l.taken() - 1) / (l.Reset.Seconds() + rounding) // what remains is rounded down
	return least*(t.Slow.Reset.Seconds()-rounding) > raised*t.Slow.taken()
}

// slides reports whether the limits beside a reply say that a window slides, after others
// that were heard then: its end moves on before it is reached, or some of it remains again
// before the end, or little at the beginning of the next.
func slides(before Limits, at time.Time, r Reply) bool {
	const rounding = 2 * time.Second // of two resets to whole seconds
	end := at.Add(before.Reset)
	early, moved := r.At.Before(end.Add(-rounding)), r.At.Add(r.Limits.Reset).Sub(end) > rounding
	again := r.Sent.After(at) && r.Limits.Remaining >= before.Remaining
	return early && (moved || again) || moved && r.Limits.Remaining < r.Limits.Limit/2
}

// refused notes that the service refused a request, whatever it says.
func (t *told) refused() {
	if t.Last.Limit > 0 {
		t.Refused++
	}
}

// refuted reports that the service refused what it says three times: another limit is
// lower.
func (t *told) refuted() bool { return t.Refused >= 3 }
