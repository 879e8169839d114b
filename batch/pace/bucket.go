package pace

import "math"

const (
	slowest = 1.0 / 512 // requests a second that a limit gives
	step    = 1.01      // between the rates that are told apart
	atOnce  = 0.01      // seconds between requests that may reach the service in another order
	late    = 0.005     // seconds by which a request may reach the service later than others
)

// larger is how many times as many as it seemed an account may save up: others may have used
// it before. A slow one that saved up yet more would explain nearly all that others do.
const larger = 4

// fastest is so many steps from slowest that halving them ends at one.
var fastest = slowest * math.Pow(step, 1<<11)

// sizes are what a bucket may save up. A larger one is taken for the largest.
var sizes = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 25, 28, 32, 36, 40, 50, 60, 70, 80}

// explain returns between which paces, in requests a second, those buckets are that
// explain the trace, and the most that one of them saves up. What none explains is
// forgotten, the oldest first. All are 0 if nothing is left.
func (t *trace) explain() (lo, hi, size float64) {
	for len(t.Spans) > 0 {
		lo, hi, size = t.explained(0, t.Size)
		if lo == 0 && t.Size > 0 {
			if lo, hi, size = t.explained(t.Size, larger*t.Size); lo > 0 {
				t.Size = size
			}
		}
		if lo > 0 {
			return lo, hi, size
		}
		t.forgetOldest()
	}
	return 0, 0, 0
}

// explained is explain with all of the trace, by buckets that save up more than the one
// number and at most the other; 0: any.
func (t *trace) explained(above, most float64) (lo, hi, size float64) {
	for _, n := range sizes {
		if n <= above || most > 0 && n > most {
			continue
		}
		if from, to := (buckets{slowest, fastest, n}).narrow(t); from > 0 {
			if lo == 0 {
				lo = from
			}
			lo, hi, size = min(lo, from), max(hi, to), n
		}
	}
	return lo, hi, size
}

// buckets are those that give between low and high requests a second, and save up
// size.
type buckets struct{ low, high, size float64 }

// narrow returns between which paces those of them are that explain the trace; 0: none
// does.
func (b buckets) narrow(t *trace) (from, to float64) {
	if !b.explain(t) {
		return 0, 0
	}
	if b.high < b.low*step*1.001 {
		return b.low, b.high
	}
	middle := math.Sqrt(b.low * b.high)
	from, to = buckets{b.low, middle, b.size}.narrow(t)
	above, most := buckets{middle, b.high, b.size}.narrow(t)
	if from == 0 {
		from = above
	}
	return from, max(to, most)
}

// A filling is between which numbers of requests there may be in a bucket.
type filling struct{ least, most float64 }

// explain reports whether one of them may have done what the trace says, where requests take
// up to late seconds longer to the service than others.
func (b buckets) explain(t *trace) bool {
	f := filling{b.size, b.size} // most accounts were not in use before
	slack := min(0.5, late*b.high)
	switch {
	case t.Spans[0].In == 0:
		f = filling{-b.size, 1}
	case t.Cut:
		f.least = 0
	}
	for _, s := range t.Spans {
		if s.In > 0 && !b.letIn(&f, s, slack) || s.Refused > 0 && !b.refuse(&f, s, slack) {
			return false
		}
	}
	return true
}

func (b buckets) fill(f filling, seconds float64) filling {
	return filling{min(b.size, f.least+seconds*b.low), min(b.size, f.most+seconds*b.high)}
}

// letIn takes the span's requests out of the bucket, and reports whether it may have
// had them.
func (b buckets) letIn(f *filling, s span, slack float64) bool {
	gap := s.Took / float64(s.In)
	*f = b.fill(*f, gap)
	f.least, f.most = f.least-1, f.most-1 // the first
	first := f.most
	others := float64(s.In - 1)
	f.least = min(b.size-1, f.least+others*(gap*b.low-1))
	f.most = min(b.size-1, f.most+others*(gap*b.high-1))
	if min(first, f.most) < -slack {
		return false
	}
	f.least, f.most = max(0, f.least), max(0, f.most)
	return true
}

// refuse reports whether the bucket may have been empty at the span's end, and as
// full as the refusal says.
func (b buckets) refuse(f *filling, s span, slack float64) bool {
	if b.fill(*f, max(0, s.Refused-late)).least >= 1 {
		return false
	}
	*f = b.fill(*f, s.Refused)
	least, most := 0.0, 1.0
	if s.Wait > 0 {
		shortest := s.Wait
		if whole(s.Wait) {
			shortest-- // it may be rounded up
		}
		least, most = max(0, 1-s.Wait*b.high), 1-shortest*b.low
	}
	if most < -slack || f.least > most+slack || f.most < least-slack {
		return false
	}
	most = max(most, 0)
	f.least, f.most = min(max(f.least, least), most), max(min(f.most, most), least)
	return true
}

// whole reports whether a wait is one in whole seconds.
func whole(wait float64) bool { return wait > 0 && wait == math.Trunc(wait) }
