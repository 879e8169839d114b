package pace

import "time"

// A window is what is known of an account that counts: it gives so many requests in each
// minute, say, and then none until the next. Where it does not say for how long, it is told
// by what a bucket cannot do: to give none for a while, and then several in less than that.
// What it gave from one such time to the next is the pace then, at which no more is used up
// before its end.
type window struct {
	Begin  time.Time     // the first request was let in after the account gave none for a while
	In     int           // requests that were let in since
	None   time.Duration // it gives none again, for so long at least; 0: it does
	Before time.Duration // likewise, before Begin
	Full   int           // requests that were let in from the Begin before to this one
	Pace   float64       // likewise, requests a second
	Length time.Duration // likewise, the shortest so far
	Counts bool          // the account counts
	Odd    int           // refusals in a row that no such window explains
}

const (
	// few is how many requests a window gives at least: fewer may have been let in by accident.
	few = 5
	// oddWindows is how many refusals in a row refute windows: what one of them gave may be known
	// in part only.
	oddWindows = 5
	// muchMore is how many times the pace of its windows an account must once have given, so that
	// it does not count after all: others take the rest.
	muchMore = 8
	// windowLift is by how much more is tried: if that is refused, this part of a window is lost.
	windowLift = 0.5 / settled
)

// liftInWindow is likewise, or much more, if the account may limit the number in flight instead.
func (b *Bracket) liftInWindow() float64 {
	if b.places.tally.edge() >= b.places.proven {
		return 0.5
	}
	return windowLift
}

// isIn notes that a request was let in.
func (b *Bracket) isIn(sent time.Time) {
	b.In++
	w := &b.Window
	w.letIn(sent)
	if w.In == few && w.Before > 0 && !w.Counts {
		w.Counts = sent.Sub(w.Begin) < w.Before && w.Pace > 0 && b.Best < muchMore*w.Pace
		if !w.Counts && b.Pace > b.Hi && b.lowered() { // others may have taken everything, and left
			b.Lift = boldest
		}
	}
	if w.Counts && w.In <= few && b.Lo < w.Pace {
		b.Lo, b.Hi, b.Lift = w.Pace, 0, b.liftInWindow()
		b.choose()
	}
}

func (w *window) letIn(sent time.Time) {
	if w.None > 0 {
		length := sent.Sub(w.Begin)
		if w.In >= few {
			w.Full, w.Pace = w.In, float64(w.In)/length.Seconds()
			if w.Length == 0 || length < w.Length {
				w.Length = length
			}
		}
		w.Begin, w.In, w.None, w.Before = sent, 0, 0, w.None
	}
	if w.Begin.IsZero() {
		w.Begin = sent
	}
	w.In++
}

// usedUp reports that a window is: the account gave as many as in the one before, in less
// than a minute, which is what most windows last.
func (w *window) usedUp(now time.Time) bool {
	return w.Counts && w.In == w.Full && now.Sub(w.Begin) < time.Minute
}

// refuted notes a refusal, and reports whether so many in a row came after many fewer or more
// requests than the window before gave that the account does not count after all.
func (w *window) refuted() bool {
	if w.Odd++; w.In >= w.Full/2 && w.In <= 2*w.Full {
		w.Odd = 0
	}
	return w.Odd == oddWindows
}

// awaitWindow has the next request wait for the next window, if the account has given none for
// so long, and gave more than one before. Then it gives as many again.
func (b *Bracket) awaitWindow(none time.Duration) {
	w := &b.Window
	if w.None = none; w.In < 2 {
		return
	}
	b.Hi, b.Lift = 1/none.Seconds(), near-1
	gave := b.LastIn.Sub(w.Begin)
	for _, left := range []time.Duration{time.Minute - gave, time.Minute} { // a window began at Begin, or later
		if none < left && (growth*none > left || w.usedUp(b.LastIn)) {
			b.Lo, b.Lift = 1/left.Seconds(), windowLift
			break
		}
	}
	b.Pace = float64(w.In) / (gave.Seconds() + 1/b.Lo)
}

// waits reports that lo is only for the time to wait, and no pace: the account gave none for
// a while, and little since.
func (w *window) waits() bool { return w.None > 0 || w.Before > 0 && w.In < few }

// boundInWindow bounds the pace by a refusal of an account that counts.
func (b *Bracket) boundInWindow(at time.Time) {
	if b.Pace <= b.Lo {
		b.Lo = min(b.Lo, float64(b.Window.In)/at.Sub(b.Window.Begin).Seconds())
	}
	if b.Window.refuted() {
		b.Window = window{}
	}
	b.Lift = b.liftInWindow()
	b.choose()
}
