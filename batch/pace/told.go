package pace

import "time"

// A told is what the service's limits say of the pace: a window gives what
// remains of it until its end, a bucket what was taken in the time that it
// needs to be full. The two are told apart by the moment at which all is there
// again, which moves on only for a bucket.
type told struct {
	Last   Limits
	Full   time.Time // by the last one
	Window bool
	Low    float64 // the least that a bucket said: what remains is rounded down, unless just one is taken

	Refused int // requests, in spite of what remained
}

// pace returns the pace in requests a second that the limits beside a reply say, 0
// where they do not, and the moment before which nothing remains.
func (t *told) pace(r Reply) (pace float64, until time.Time) {
	l := r.Limits
	if l.Limit <= 0 || l.Reset <= 0 || l.Remaining < 0 || l.Remaining > l.Limit {
		return 0, time.Time{}
	}
	full := r.At.Add(l.Reset)
	if fewer := t.Last.Remaining - l.Remaining; l.Limit == t.Last.Limit && fewer > 0 {
		// A bucket would be full so much later. Less may be the rounding of Reset.
		if by := time.Duration(fewer / (l.Limit - l.Remaining) * float64(l.Reset)); by >= 2*time.Second {
			t.Window = full.Sub(t.Full) < by/2
		}
	}
	t.Last, t.Full = l, full
	switch {
	case t.Window && l.Remaining == 0:
		return l.Limit / l.Reset.Seconds(), full
	case t.Window:
		return (l.Remaining + 1) / l.Reset.Seconds(), time.Time{}
	}
	if taken := l.Limit - l.Remaining; taken > 0 {
		if pace = taken / l.Reset.Seconds(); taken == 1 || t.Low == 0 || pace < t.Low {
			t.Low = pace
		}
	}
	if l.Remaining > l.Limit/2 { // saved up, to be used sooner
		return 2 * t.Low, time.Time{}
	}
	return t.Low, time.Time{}
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
