package batch

import (
	"slices"
	"time"
)

// A mark is a moment at which the account had just one request to give, as a
// refusal tells: between two marks it gave what was let in, and no more where it
// was asked for more all the time.
type mark struct {
	From, At time.Time     // between the two: the end of the wait that the service asked for, else the refusal itself
	In       int           // requests that were let in before, from the beginning
	Under    int           // requests under way at the time; some may have been let in
	Gap      time.Duration // since the request before: what it gives was there at least
	Lost     time.Duration // of what follows: nothing was asked for
	Loose    bool          // since the mark before, less may have been asked for than was given
}

// remembered is how many marks are kept. Where Retry-After is rounded or absent,
// two alone say little; with too many, a limit that was lowered is noticed late.
const remembered = 6

func newMark(r Reply, last mark, before, under int, loose bool) mark {
	m := mark{From: r.Sent.Add(r.Wait), At: r.At.Add(r.Wait), In: last.In + before, Under: under, Loose: loose}
	if r.Wait > 0 && r.Wait%time.Second == 0 { // it may be rounded up
		m.From = m.From.Add(-time.Second)
	}
	return m
}

// bound bounds the pace by a refusal, and keeps its mark.
func (b *bracket) bound(r Reply, m mark) {
	m.Gap = b.interval()
	if b.Pace == 0 {
		b.first(r, m)
		return
	}
	if b.Hi == 0 || b.Pace < b.Hi || m.In-b.Marks[len(b.Marks)-1].In > growth {
		b.Hi = b.Pace // else it was tried whether the account counts in windows; see slower
	}
	through, most := b.between(r, m)
	if most > 0 {
		b.Hi = min(b.Hi, most)
	}
	switch {
	case b.Pace > b.Lo:
		through = max(through, b.Lo)
	case b.Proven: // more than half of it at once is somebody else's doing
		through = max(through, b.Lo/2)
		b.Proven = false
	}
	b.Lo, b.Lift = min(through, b.Hi/near), near-1
	if b.Marks = append(b.Marks, m); len(b.Marks) > remembered {
		b.Marks = b.Marks[1:]
	}
	b.choose()
}

// first begins the search. What got through until then includes what the account
// had saved up, so it is no mark to measure from.
func (b *bracket) first(r Reply, m mark) {
	begin := b.Marks[0]
	took := m.At.Sub(begin.At)
	if r.Wait <= 0 {
		took += firstBackoff // it is not known how long it takes to the next
	}
	b.Lo, b.Lift = float64(max(m.In, 1))/took.Seconds(), 1
	if r.Wait >= 2*time.Second { // long enough to be most of the time between two
		b.Lift = near - 1
	}
	b.Saves = m.In >= 2
	b.Marks = []mark{m}
	b.choose()
}

// between returns what got through between the marks, at least and at most;
// most 0: that is not known.
func (b *bracket) between(r Reply, m mark) (least, most float64) {
	var under, lost float64
	tight := !b.Loose
	for _, k := range slices.Backward(b.Marks) {
		n, d := float64(m.In-k.In), m.At.Sub(k.At).Seconds()
		least = max(least, n/d)
		under += float64(k.Under)
		if b.Saves {
			lost += max(0, (k.Lost - b.interval()).Seconds())
		} else {
			lost += k.Lost.Seconds()
		}
		part := 0.0 // of a request, that may be left
		if r.Wait <= 0 {
			part = max(0, 1-n/d*k.Gap.Seconds())
		}
		if at := (n + under + part) / (d - lost) * near; tight && d > lost && (most == 0 || at < most) {
			most = at
		}
		tight = tight && !k.Loose
	}
	return least, most
}
