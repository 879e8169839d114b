package pace

import (
	"encoding/json"
	"time"
)

// A learned is what a run leaves to the next one on the same checkpoint.
type learned struct {
	Lo    float64   `json:"lo"` // requests a second
	Hi    float64   `json:"hi,omitempty"`
	Saved float64   `json:"saved,omitempty"`
	At    time.Time `json:"at"`
}

// fresh is how long what was learned is taken to hold. Limits change by the
// day, and who else uses the account by the hour.
const fresh = time.Hour

// read reads a note; the zero value: nothing is known.
func read(note []byte) (l learned) {
	_ = json.Unmarshal(note, &l)
	return l
}

// Restore forgets everything that was learned after Note returned the note, as if no
// request had been refused since; unless refusals by chance taught nothing anyway.
func (b *Bracket) Restore(note []byte, now time.Time) {
	if b.Chance.Share > 0 {
		return
	}
	b.forgetPace()
	b.Due, b.Unknown, b.Best, b.Empty, b.places = time.Time{}, nil, 0, 0, places{workers: b.places.workers}
	b.resume(read(note), now)
}

// resume begins with what a run before learned, if anything. What is old is
// tried at half the pace first, which is soon found to be too little.
func (b *Bracket) resume(l learned, now time.Time) {
	if l.Lo <= 0 {
		return
	}
	b.Lo, b.Hi, b.Proven, b.Lift = l.Lo, max(l.Hi, l.Lo), true, near-1
	b.Trace.Size, b.Trace.Cut = max(1, l.Saved), true
	if age := now.Sub(l.At); age < 0 || age > fresh {
		b.Lo, b.Proven = l.Lo/2, false
	}
	b.choose()
}

// Note returns what was learned, for [New]; nil: nothing, or only what others leave of
// the account.
func (b *Bracket) Note(now time.Time) []byte {
	if b.Pace == 0 || b.contested() {
		return nil
	}
	note, _ := json.Marshal(b.learned(now)) // numbers: cannot fail
	return note
}

func (b *Bracket) learned(at time.Time) learned {
	lo := b.Lo
	if b.Window.waits() {
		lo = max(lo, b.Pace)
	}
	return learned{lo, b.Hi, b.Trace.Size, at}
}
