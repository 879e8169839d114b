package pace

import (
	"slices"
	"time"
)

// A trace is what an account did with the last requests. Most limits are buckets:
// they give so many requests a second, and save up so many that are not used. Which
// buckets would have done just that tells between which paces the account's is.
type trace struct {
	Spans []span
	Cut   bool        // what was before the first span is not known
	Size  float64     // a bucket saves up no more, as far as is known; 0: nothing is
	Last  time.Time   // the last request in the spans was sent
	Sent  []time.Time // when those were sent that are in no span yet
}

// A span is a time in which requests were let in at even distances.
type span struct {
	In      int     `json:"n,omitempty"`
	Took    float64 `json:"t,omitempty"` // seconds, from the request before them to their last
	Refused float64 `json:"r,omitempty"` // seconds from that to a request that was refused; 0: none was
	Wait    float64 `json:"w,omitempty"` // seconds that the refusal asked for; 0: it did not say
}

const (
	// spansKept and refusalsKept bound the trace. With more, a limit that was
	// lowered is noticed late.
	spansKept    = 48
	refusalsKept = 6
)

// settle adds the requests that were sent until then. They were let in.
func (t *trace) settle(until time.Time) {
	for len(t.Sent) > 0 && !t.Sent[0].After(until) {
		t.in(t.Sent[0])
		t.Sent = t.Sent[1:]
	}
}

func (t *trace) in(at time.Time) {
	took := t.since(at)
	if n := len(t.Spans); n > 0 && t.Spans[n-1].holds(took) {
		t.Spans[n-1].In++
		t.Spans[n-1].Took += took
		return
	}
	t.Spans = append(t.Spans, span{In: 1, Took: took})
	t.forget()
}

// since is how long before at the last request was sent, and notes that one was sent
// then.
func (t *trace) since(at time.Time) float64 {
	before := t.Last
	if t.Last = later(before, at); before.IsZero() {
		return 0
	}
	return at.Sub(before).Seconds()
}

// lastSent is when the last request was sent.
func (t *trace) lastSent() time.Time {
	if n := len(t.Sent); n > 0 {
		return t.Sent[n-1]
	}
	return t.Last
}

// holds reports whether a request at this distance is one more of the span. One that
// was sent at once with a request that was refused, and not after its wait, reached the
// service before it.
func (s span) holds(gap float64) bool {
	if s.Refused > 0 {
		return gap < atOnce && (s.Wait == 0 || gap < s.Wait)
	}
	mean := s.Took / float64(s.In)
	return gap > 0.97*mean-late/10 && gap < 1.03*mean+late/10
}

// drop forgets a request that may still be refused, and reports whether it was one.
func (t *trace) drop(sent time.Time) (ok bool) {
	t.Sent, ok = without(t.Sent, sent)
	return ok
}

// refusedToo notes a request that was refused beside another. If it was sent before
// that one, it was taken for let in.
func (t *trace) refusedToo(sent time.Time) {
	if n := len(t.Spans); !t.drop(sent) && n > 0 && t.Spans[n-1].Refused > 0 {
		t.takeBack()
	}
}

// takeBack takes back that the last request was let in.
func (t *trace) takeBack() {
	if n := len(t.Spans); n > 0 && t.Spans[n-1].In > 0 {
		s := &t.Spans[n-1]
		gap := s.Took / float64(s.In)
		s.In, s.Took = s.In-1, s.Took-gap
		if s.Refused > 0 {
			s.Refused += gap
		}
	}
}

// refused notes the first refusal of an episode.
func (t *trace) refused(sent time.Time, wait time.Duration) {
	if !t.drop(sent) {
		t.takeBack()
	}
	t.settle(sent)
	if n := len(t.Spans); n == 0 || t.Spans[n-1].Refused > 0 {
		t.Spans = append(t.Spans, span{})
	}
	s := &t.Spans[len(t.Spans)-1]
	s.Refused = max(t.since(sent), 1e-6)
	s.Wait = wait.Seconds()
	t.forget()
}

// forget forgets the oldest spans.
func (t *trace) forget() {
	refused := 0
	for _, s := range t.Spans {
		if s.Refused > 0 {
			refused++
		}
	}
	for len(t.Spans) > spansKept || refused > refusalsKept {
		if t.Spans[0].Refused > 0 {
			refused--
		}
		t.Spans, t.Cut = t.Spans[1:], true
	}
	if t.Cut && t.Spans[0].Refused > 0 {
		t.beginWithRefusal()
	}
}

// forgetOldest forgets what was before the first refusal; if that is all that the first
// span tells of, before the next.
func (t *trace) forgetOldest() {
	if t.Spans[0].In == 0 {
		t.Spans = t.Spans[1:]
	}
	for len(t.Spans) > 0 && t.Spans[0].Refused == 0 {
		t.Spans = t.Spans[1:]
	}
	if len(t.Spans) > 0 {
		t.beginWithRefusal()
	}
}

func (t *trace) beginWithRefusal() { t.Spans[0].In, t.Spans[0].Took, t.Cut = 0, 0, false }

func (t trace) clone() trace {
	t.Spans, t.Sent = slices.Clone(t.Spans), slices.Clone(t.Sent)
	return t
}
