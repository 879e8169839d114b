package pace

import "math"

// Where others use the account too, what it gives this run changes with what they take,
// and no bucket explains it. Then a run yields at each refusal and regains its pace
// slowly, as TCP does: whoever is faster is refused more often, so that runs come to
// equal shares, and together use what there is.
const (
	yielding   = 0.85 // part of the pace that is kept at a refusal
	regaining  = 30   // requests until the pace is what it was, and is refused again
	regainedIn = 40   // seconds until then, for a run that sends fewer in them
	// oddRefusals is how much a refusal that no bucket explains adds to Odd; each
	// refusal takes one off. So the next refusal that a bucket explains ends it, or the
	// fifth after two in a row that none does.
	oddRefusals = 5
)

// contested reports that others seem to use the account.
func (b *Bracket) contested() bool { return b.Odd >= oddRefusals }

// explain explains the trace with the first refusal of an episode.
func (b *Bracket) explain(r Reply) (lo, hi, saved float64) {
	spans, size := len(b.Trace.Spans), b.Trace.Size
	lo, hi, saved = b.Trace.explain()
	b.Odd = max(0, b.Odd-1)
	if len(b.Trace.Spans) != spans || b.Trace.Size != size {
		b.unexplained(r)
	}
	return lo, hi, saved
}

// unexplained notes that no bucket explains both this refusal and what came before. The
// limit was changed or is of another kind, or others use the account.
func (b *Bracket) unexplained(r Reply) {
	b.Best = max(b.Best, b.Lo) // it may be raised again
	b.Rest, b.Trying = min(b.Rest, b.rest()), false
	inTime := b.given() >= 2 // a window of so many requests has a long pause
	inFlight := r.Others > b.places.proven
	if !inTime && !inFlight {
		b.Odd = min(b.Odd+oddRefusals, 2*oddRefusals-1)
	}
}

// yield lowers the pace at a refusal, more if hardly any request was let in before; or
// to lo, if more was tried before it was known that others use the account.
func (b *Bracket) yield(in int, known bool) {
	b.Hi, b.Proven = b.Pace, false
	if known || b.Pace < b.Lo/yielding {
		b.Lo = b.Pace * yielding
		if in < proof {
			b.Lo *= yielding
		}
	}
	b.Pace = b.Lo
}

// regain raises the pace with so many requests let in since: slowly up to where it was,
// then faster, for the others may have left.
func (b *Bracket) regain(held int) {
	since := b.Trace.lastSent().Sub(b.Mark).Seconds()
	part := max(float64(held)/regaining, since/regainedIn)
	before := max(b.Hi, b.Lo/yielding)
	b.Pace = min(b.Lo*math.Pow(before/b.Lo, part*part), max(before, 2*b.Best))
}
