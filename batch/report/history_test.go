package report_test

import (
	"encoding/json"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// history is that of two runs on three questions.
func history() *batch.History {
	day := time.Date(2026, 9, 1, 9, 0, 0, 0, time.Local)
	outcomes := []checkpoint.Outcome{
		{State: checkpoint.Answered, Mode: "fast", Cost: int64(24 * batch.Cent), Started: day.Add(time.Second), Finished: day.Add(31 * time.Second)},
		{State: checkpoint.Failed, Mode: "fast", Reason: "400 invalid_request", Started: day.Add(time.Second), Finished: day.Add(2 * time.Second)},
		{State: checkpoint.Answered, Mode: "deep", Cost: int64(150 * batch.Cent), Started: day.Add(24*time.Hour + time.Second), Finished: day.Add(24*time.Hour + 100*time.Second)},
	}
	return &batch.History{
		Path: "tax & <more>.csv.bizbatch", Name: "tax & <more>.csv", Endpoint: "https://api.example", Rows: 6, Skipped: 1, Answered: 2, Failed: 1, Pending: 1,
		Settings:    batch.Settings{Model: "bizora-1.0", Params: map[string]json.RawMessage{"temperature": json.RawMessage("0.2")}},
		Reasons:     map[string]int{"400 invalid_request": 1},
		Spent:       174 * batch.Cent,
		SpentByMode: map[batch.AskMode]batch.Money{"fast": 24 * batch.Cent, "deep": 150 * batch.Cent},
		Flights:     checkpoint.Flights{Uncertain: []checkpoint.Flight{{}}}, UncertainCost: 24 * batch.Cent,
		Runs: []batch.RunHistory{
			{Started: day, Ended: day.Add(41 * time.Second), Outcome: "balance", Summary: batch.Summary{Progress: batch.Progress{Answered: 1, Failed: 1, Spent: 24 * batch.Cent}, PausedSeconds: 5}},
			{Started: day.Add(24 * time.Hour), Ended: day.Add(24*time.Hour + 100*time.Second), Outcome: "finished", Summary: batch.Summary{Progress: batch.Progress{Answered: 1, Spent: 150 * batch.Cent}}},
		},
		Orders: []batch.OrderHistory{{Given: day.Add(20 * time.Second), By: "ann@office", Order: "pause", Reason: "lunch & <b>", Run: 1}},
		Outcomes: func(yield func(checkpoint.Outcome, error) bool) {
			for _, o := range outcomes {
				if !yield(o, nil) {
					return
				}
			}
		},
	}
}
