package report

import (
	"slices"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// figures are what the plots show.
type figures struct {
	finished []int64   // when answers came in, in milliseconds since 1970, ascending
	seconds  []float32 // how long they took, ascending
	byDay    map[string]batch.Money
	busy     time.Duration // some request was in flight
	paused   time.Duration // none was, after a 429
	idle     time.Duration // none was, for any other reason: backoff, credits, taking in the file
}

// figuresOf reads what became of the questions. It keeps twelve bytes for each.
func figuresOf(h *batch.History) (*figures, error) {
	f := &figures{byDay: map[string]batch.Money{}}
	var until time.Time // what began earlier was over by then
	for o, err := range h.Outcomes {
		if err != nil {
			return nil, err
		}
		if o.Finished.After(until) {
			from := o.Started
			if until.After(from) {
				from = until
			}
			f.busy += o.Finished.Sub(from)
			until = o.Finished
		}
		if o.State != checkpoint.Answered {
			continue
		}
		f.finished = append(f.finished, o.Finished.UnixMilli())
		f.seconds = append(f.seconds, float32(o.Finished.Sub(o.Started).Seconds()))
		f.byDay[o.Finished.Local().Format(time.DateOnly)] += batch.Money(o.Cost)
	}
	slices.Sort(f.finished)
	slices.Sort(f.seconds)
	var all, throttled time.Duration
	for _, r := range h.Runs {
		if r.Ended.After(r.Started) {
			all += r.Ended.Sub(r.Started)
			throttled += time.Duration(r.Summary.PausedSeconds * float64(time.Second))
		}
	}
	rest := max(0, all-f.busy)
	f.paused = min(throttled, rest)
	f.idle = rest - f.paused
	return f, nil
}

// quantile returns the value that the share q of all is not above.
func (f *figures) quantile(q float64) float64 {
	if len(f.seconds) == 0 {
		return 0
	}
	return float64(f.seconds[min(len(f.seconds)-1, int(q*float64(len(f.seconds))))])
}

// histogram counts the answers by how long they took, in n steps of equal width
// that end at the 99th percentile; what took longer is in the last.
func (f *figures) histogram(n int) (counts []int, width float64) {
	counts = make([]int, n)
	width = max(niceStep(f.quantile(0.99)/float64(n)), 0.001)
	for _, s := range f.seconds {
		counts[min(n-1, int(float64(s)/width))]++
	}
	return counts, width
}

// spread returns how many bars of the histogram hold answers.
func (f *figures) spread() (bars int) {
	counts, _ := f.histogram(latencyBars)
	for _, n := range counts {
		bars += min(n, 1)
	}
	return bars
}

// niceStep returns the least of 1, 2, 2.5 and 5 times a power of ten that is not
// below x.
func niceStep(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	unit := 1.0
	for unit*10 <= x {
		unit *= 10
	}
	for unit > x {
		unit /= 10
	}
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*unit >= x {
			return m * unit
		}
	}
	return 10 * unit
}

// answeredBy returns how many answers had come in at each of n+1 moments, evenly
// from the first request on.
func (f *figures) answeredBy(n int, from, to int64) []int {
	counts := make([]int, n+1)
	for i := range counts {
		at := from + (to-from)*int64(i)/int64(n)
		counts[i], _ = slices.BinarySearch(f.finished, at+1)
	}
	return counts
}
