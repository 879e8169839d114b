package pace

import (
	"math"
	"slices"
)

// A tally is how many requests were let in and refused beside so many others each. If all
// that were refused had as many others beside them or more, and few of those let in had,
// that is hardly an accident: those may be all places of the account.
type tally struct {
	in, out []int
}

const (
	// accident is how probable it may be at most that all requests were refused beside as
	// many by accident.
	accident = 0.05
	// likely is from where it may well have been one.
	likely = 0.5
)

func count(n []int, others int) []int {
	if len(n) <= others {
		n = append(n, make([]int, others+1-len(n))...)
	}
	n[others]++
	return n
}

func sum(n []int) (sum int) {
	for _, n := range n {
		sum += n
	}
	return sum
}

func (t *tally) letIn(others int)   { t.in = count(t.in, others) }
func (t *tally) refused(others int) { t.out = count(t.out, others) }

// takeBack takes back that a request was let in.
func (t *tally) takeBack(others int) {
	if others < len(t.in) {
		t.in[others] = max(0, t.in[others]-1)
	}
}

// edge is the least number of others beside which a request was refused; 0: none was.
func (t *tally) edge() int {
	return max(0, slices.IndexFunc(t.out, func(n int) bool { return n > 0 }))
}

// inBeyond is how many were let in beside as many others as the edge, or more.
func (t *tally) inBeyond() int { return sum(t.in[min(t.edge(), len(t.in)):]) }

// chance is how probable it is that all requests were refused beside as many by accident:
// each of them may have been any of all.
func (t *tally) chance() float64 {
	if t.edge() == 0 {
		return 1
	}
	refused := sum(t.out)
	beyond := float64(refused + t.inBeyond())
	return math.Pow(beyond/float64(refused+sum(t.in)), float64(refused))
}

// limited reports that at least so many requests were refused, and that the probability of an
// accident is less than bound.
func (t *tally) limited(refused int, bound float64) bool {
	return sum(t.out) >= refused && t.chance() < bound
}

// refuted reports that some were let in beside as many, and that it may well have been an
// accident.
func (t *tally) refuted() bool { return t.inBeyond() > 0 && t.chance() > likely }

func (t tally) clone() tally { return tally{slices.Clone(t.in), slices.Clone(t.out)} }
