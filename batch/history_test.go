package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/checkpoint"
)

// TestHistoryTellsOfEveryRun has two rows that ask the same, one that is
// refused and one that is skipped.
func TestHistoryTellsOfEveryRun(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "tax.csv.sandbox.bizbatch"), checkpoint.Options{Endpoint: "https://api.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rows := []batch.Question{{ID: "1", Text: "a"}, {ID: "2", Text: "a"}, {ID: "3", Text: "bad"}, {ID: "4", Skip: "no question"}}
	for i := range rows {
		rows[i].Fields = json.RawMessage("[]")
	}
	questions := func(yield func(batch.Question, error) bool) {
		for _, q := range rows {
			if !yield(q, nil) {
				return
			}
		}
	}
	if _, err := batch.Import(store, questions, batch.ImportOptions{Settings: batch.Settings{AskModes: bizora.AskModes, AskMode: "web"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := batch.Run(context.Background(), store, historyAsker{}, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	h, err := batch.ReadHistory(store)
	if err != nil {
		t.Fatal(err)
	}
	if h.Name != "tax.csv" || h.Endpoint != "https://api.example" || h.Settings.AskMode != "web" || h.Settings.Model != "bizora-1.0" {
		t.Errorf("made with %+v", h)
	}
	if h.Rows != 4 || h.Skipped != 1 || h.Answered != 1 || h.Failed != 1 || h.Pending != 0 || len(h.Reasons) != 1 {
		t.Errorf("counts %+v", h)
	}
	if h.Spent != 30*batch.Cent || h.SpentByMode["web"] != h.Spent {
		t.Errorf("spent %v, %v", h.Spent, h.SpentByMode)
	}
	if len(h.Runs) != 1 || h.Runs[0].Outcome != "finished" || h.Runs[0].Summary.Answered != 1 || h.Runs[0].Ended.IsZero() {
		t.Errorf("runs %+v", h.Runs)
	}
	states := map[checkpoint.State]int{}
	for o, err := range h.Outcomes {
		if err != nil {
			t.Fatal(err)
		}
		states[o.State]++
		if (o.Reason != "") != (o.State == checkpoint.Failed) || (o.Cost > 0) != (o.State == checkpoint.Answered) || o.Finished.Before(o.Started) {
			t.Errorf("outcome %+v", o)
		}
	}
	if states[checkpoint.Answered] != 1 || states[checkpoint.Failed] != 1 || len(states) != 2 {
		t.Errorf("outcomes %v", states)
	}
}

type historyAsker struct{}

func (historyAsker) Ask(_ context.Context, req batch.Request) (batch.Answer, error) {
	if bytes.Contains(req.Payload, []byte("bad")) {
		return batch.Answer{}, &batch.Error{Status: 400, Type: "invalid_request_error", Message: "too vague"}
	}
	return batch.Answer{Text: "yes", FinishReason: "stop"}, nil
}
