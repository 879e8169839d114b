package batch

import (
	"cmp"
	"slices"

	"bizbatch/checkpoint"
)

// ReadPartHistory is ReadHistory of the rows at the positions only, under a name
// of their own. Nothing that is known of whole runs is in it.
func ReadPartHistory(store Checkpoint, name string, positions []int64) (*History, error) {
	h := &History{Path: store.Path(), Name: name, Active: store.Active(), Rows: len(positions), SpentByMode: map[AskMode]Money{}, ToLookAt: map[string]int{}, Reasons: map[string]int{}}
	if err := h.readSettings(store); err != nil {
		return nil, err
	}
	var outcomes []checkpoint.Outcome
	for r, err := range store.ResultsAt(positions) {
		switch {
		case err != nil:
			return nil, err
		case r.Skip != "":
			h.Skipped++
			continue
		case r.State == checkpoint.Answered:
			h.Answered++
			h.Spent += Money(r.Cost)
		case r.State == checkpoint.Failed:
			h.Failed++
			h.Reasons[r.Error]++
		default:
			h.Pending++
			continue
		}
		outcomes = append(outcomes, checkpoint.Outcome{RowID: r.ID, State: r.State, Reason: r.Error, Cost: r.Cost, Started: r.Started, Finished: r.Finished})
	}
	h.SpentTotal = h.Spent
	slices.SortFunc(outcomes, func(a, b checkpoint.Outcome) int {
		return cmp.Or(a.Started.Compare(b.Started), a.Finished.Compare(b.Finished))
	})
	h.Outcomes = func(yield func(checkpoint.Outcome, error) bool) {
		for _, o := range outcomes {
			if !yield(o, nil) {
				return
			}
		}
	}
	return h, nil
}
