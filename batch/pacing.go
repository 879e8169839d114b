package batch

import (
	"fmt"
	"time"

	"bizbatch/batch/pace"
)

// paceNote is the name of the note that holds what a run learned.
const paceNote = "pace"

// takeUpPace begins at the pace that the last run on the checkpoint learned.
func (r *runner) takeUpPace() error {
	if r.pace != nil {
		return nil
	}
	note, err := r.store.Note(paceNote)
	if err != nil {
		return fmt.Errorf("read the pace: %w", err)
	}
	b := pace.New(r.o.Workers, r.o.MaxPause, note, r.sum.Started)
	r.pace, r.learns, r.kept = b, b, r.sum.Started
	keeper, spacing := r.o.Pace, func() time.Duration { return 0 }
	if r.shared != nil {
		keeper, spacing = r.shared, func() time.Duration { return pace.Apart(r.o.RPM / 60) }
	}
	if keeper != nil {
		p := pace.Share(keeper, b, spacing)
		r.pace, r.learns = p, p.Known()
	}
	return nil
}

// keepPace writes down what was learned, once a minute.
func (r *runner) keepPace(now time.Time) {
	if r.learns == nil || r.shared != nil || now.Sub(r.kept) < time.Minute {
		return
	}
	r.kept = now
	if note := r.learns.Note(now); note != nil {
		_ = r.store.SetNote(paceNote, note) // without it, the next run searches again
	}
}
