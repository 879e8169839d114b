package batch

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// paceNote is the name of the note that holds what a run learned.
const paceNote = "pace"

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

// resume begins with what a run before learned, if anything. What is old is
// tried at half the pace first, which is soon found to be too little.
func (b *bracket) resume(l learned, now time.Time) {
	if !(l.Lo > 0) || math.IsInf(l.Lo, 0) {
		return
	}
	b.Lo, b.Hi, b.Saved, b.Proven, b.Lift = l.Lo, max(l.Hi, l.Lo), max(1, l.Saved), true, near-1
	b.Trace.Size, b.Trace.Cut = b.Saved, true
	if age := now.Sub(l.At); age < 0 || age > fresh {
		b.Lo, b.Proven = l.Lo/2, false
	}
	b.choose()
}

// note is what was learned; nil: nothing, or only what others leave of the account.
func (b *bracket) note(now time.Time) []byte {
	if b.Pace == 0 || b.contested() {
		return nil
	}
	note, _ := json.Marshal(learned{b.Lo, b.Hi, b.Saved, now}) // numbers: cannot fail
	return note
}

// takeUpPace begins at the pace that the last run on the checkpoint learned.
func (r *runner) takeUpPace() error {
	if r.pace != nil {
		return nil
	}
	note, err := r.store.Note(paceNote)
	if err != nil {
		return fmt.Errorf("read the pace: %w", err)
	}
	b := &bracket{maxPause: r.o.MaxPause, window: window{workers: r.o.Workers}}
	var l learned
	_ = json.Unmarshal(note, &l) // else there is nothing
	b.resume(l, r.sum.Started)
	r.pace, r.learns, r.kept = b, b, r.sum.Started
	keeper, rpm := r.o.Pace, (*float64)(nil)
	if r.shared != nil {
		keeper, rpm = r.shared, &r.o.RPM
	}
	if keeper != nil {
		p := newCommonPace(keeper, *b, rpm)
		r.pace, r.learns = p, &p.known.bracket
	}
	return nil
}

// keepPace writes down what was learned, once a minute.
func (r *runner) keepPace(now time.Time) {
	if r.learns == nil || r.shared != nil || now.Sub(r.kept) < time.Minute {
		return
	}
	r.kept = now
	if note := r.learns.note(now); note != nil {
		_ = r.store.SetNote(paceNote, note) // without it, the next run searches again
	}
}
