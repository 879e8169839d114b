package batch

import (
	"slices"
	"time"
)

// A mark is a moment at which the account had just one request to give, as a
// refusal tells: between two marks it gave what was let in, and no more where it
// was asked for more all the time.
type mark struct {
	from, at time.Time     // between the two: the end of the wait that the service asked for, else the refusal itself
	in       int           // requests that were let in before, from the beginning
	under    int           // requests under way at the time; some may have been let in
	gap      time.Duration // since the request before: what it gives was there at least
	lost     time.Duration // of what follows: nothing was asked for
	loose    bool          // since the mark before, less may have been asked for than was given
}

// remembered is how many marks are kept. Where Retry-After is rounded or absent,
// two alone say little; with too many, a limit that was lowered is noticed late.
const remembered = 6

func newMark(r Reply, last mark, before, under int, loose bool) mark {
	m := mark{from: r.Sent.Add(r.Wait), at: r.At.Add(r.Wait), in: last.in + before, under: under, loose: loose}
	if r.Wait > 0 && r.Wait%time.Second == 0 { // it may be rounded up
		m.from = m.from.Add(-time.Second)
	}
	return m
}

// bound bounds the pace by a refusal, and keeps its mark.
func (b *bracket) bound(r Reply, m mark) {
	m.gap = b.interval()
	if b.pace == 0 {
		b.first(r, m)
		return
	}
	if b.hi == 0 || b.pace < b.hi || m.in-b.marks[len(b.marks)-1].in > growth {
		b.hi = b.pace // else it was tried whether the account counts in windows; see slower
	}
	through, most := b.between(r, m)
	if most > 0 {
		b.hi = min(b.hi, most)
	}
	switch {
	case b.pace > b.lo:
		through = max(through, b.lo)
	case b.proven: // more than half of it at once is somebody else's doing
		through = max(through, b.lo/2)
		b.proven = false
	}
	b.lo, b.lift = min(through, b.hi/near), near-1
	if b.marks = append(b.marks, m); len(b.marks) > remembered {
		b.marks = b.marks[1:]
	}
	b.choose()
}

// first begins the search. What got through until then includes what the account
// had saved up, so it is no mark to measure from.
func (b *bracket) first(r Reply, m mark) {
	begin := b.marks[0]
	took := m.at.Sub(begin.at)
	if r.Wait <= 0 {
		took += firstBackoff // it is not known how long it takes to the next
	}
	b.lo, b.lift = float64(max(m.in, 1))/took.Seconds(), 1
	if r.Wait >= 2*time.Second { // long enough to be most of the time between two
		b.lift = near - 1
	}
	b.saves = m.in >= 2
	b.marks = []mark{m}
	b.choose()
}

// between returns what got through between the marks, at least and at most;
// most 0: that is not known.
func (b *bracket) between(r Reply, m mark) (least, most float64) {
	var under, lost float64
	tight := !b.loose
	for _, k := range slices.Backward(b.marks) {
		n, d := float64(m.in-k.in), m.at.Sub(k.at).Seconds()
		least = max(least, n/d)
		under += float64(k.under)
		if b.saves {
			lost += max(0, (k.lost - b.interval()).Seconds())
		} else {
			lost += k.lost.Seconds()
		}
		part := 0.0 // of a request, that may be left
		if r.Wait <= 0 {
			part = max(0, 1-n/d*k.gap.Seconds())
		}
		if at := (n + under + part) / (d - lost) * near; tight && d > lost && (most == 0 || at < most) {
			most = at
		}
		tight = tight && !k.loose
	}
	return least, most
}
