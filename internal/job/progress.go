package job

import (
	"encoding/json"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/terminal"
)

// progress shows how the run goes on, until its end.
func (j *job) progress() *terminal.Progress {
	total, estimate := j.plan.ToAsk(), j.plan.Estimate
	if limit := j.Asking.Limit; limit > 0 && limit < total {
		total, estimate = limit, estimate*batch.Money(limit)/batch.Money(total)
	}
	return j.Printer.Progress(total, estimate, rateBefore(j.store))
}

// rateBefore is the rate of the last run that brought answers home, pauses
// left out; 0: there was none.
func rateBefore(store *checkpoint.Store) float64 {
	runs, err := store.Runs()
	if err != nil {
		return 0 // an estimate is missed, and no more
	}
	perMinute := 0.0
	for _, r := range runs {
		var sum batch.Summary
		if json.Unmarshal(r.Summary, &sum) != nil || sum.Answered == 0 {
			continue
		}
		if minutes := sum.Ended.Sub(sum.Started).Minutes() - sum.PausedSeconds/60; minutes > 0 {
			perMinute = float64(sum.Answered+sum.Failed) / minutes
		}
	}
	return perMinute
}
