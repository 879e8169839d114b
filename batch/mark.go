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
	from := r.Sent.Add(r.Wait - early(r.Wait))
	return mark{From: from, At: r.At.Add(r.Wait), In: last.In + before, Under: under, Loose: loose}
}

// early is how much sooner than the service says there may be a request again: it
// may have rounded up.
func early(wait time.Duration) time.Duration {
	if wait > 0 && wait%time.Second == 0 {
		return time.Second
	}
	return 0
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
	since := b.sincePause(r.Sent, float64(m.In-b.Marks[len(b.Marks)-1].In))
	through, most := b.between(r, m)
	through = max(through, since)
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

// sincePause returns what got through since the last pause, at least, beside what
// was saved up until then. It also bounds that: the account had all of it when the
// pause ended, if that was long enough, and has nothing left now.
func (b *bracket) sincePause(now time.Time, in float64) (least float64) {
	last := b.Marks[len(b.Marks)-1]
	took := now.Sub(last.From.Add(last.Lost)).Seconds()
	if last.Lost.Seconds()*b.Lo >= b.Saved-1 {
		b.Saved = max(1, min(b.Saved, in+1-b.Lo/near*took))
	}
	if in <= b.Saved || took <= 0 {
		return 0
	}
	return (in - b.Saved) / took
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
	b.Saved = max(1, float64(m.In))
	b.Marks = []mark{m}
	b.choose()
}

// between returns what got through between the marks, at least and at most;
// most 0: that is not known.
func (b *bracket) between(r Reply, m mark) (least, most float64) {
	var under, lost float64
	tight := !b.Loose
	late := early(r.Wait).Seconds()
	for _, k := range slices.Backward(b.Marks) {
		n, d := float64(m.In-k.In), m.At.Sub(k.At).Seconds()
		least = max(least, n/d)
		under += float64(k.Under)
		if b.Saved >= 2 {
			lost += max(0, (k.Lost - b.interval()).Seconds())
		} else {
			lost += k.Lost.Seconds()
		}
		part := 0.0 // of a request, that may be left
		if r.Wait <= 0 {
			part = max(0, 1-n/d*k.Gap.Seconds())
		}
		if at := (n + under + part) / (d - late - lost) * near; tight && d > late+lost && (most == 0 || at < most) {
			most = at
		}
		tight = tight && !k.Loose
	}
	return least, most
}
