package batch_test

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// A review is of the answer beside which it was written, and of no other.
func TestANewAnswerReopensTheReview(t *testing.T) {
	march := time.Date(2026, 3, 12, 12, 0, 0, 0, time.Local)
	ok := batch.Review{By: "Ana", Verdict: "ok", Note: "as in 2024", Columns: map[string]string{"hours": "1.5"}, Answered: march}
	for _, tt := range []struct {
		name     string
		review   batch.Review
		answered time.Time // zero: there is no answer
		want     batch.Review
	}{
		{"its own answer, to the second", ok, march.Add(400 * time.Millisecond), ok},
		{"a new answer", ok, march.AddDate(0, 1, 0), batch.Review{Note: "the answer of 12 Mar was reviewed, this one was not (ok, Ana, as in 2024)", Columns: ok.Columns, Answered: march}},
		{"one of another year", ok, march.AddDate(1, 0, 0), batch.Review{Note: "the answer of 12 Mar 2026 was reviewed, this one was not (ok, Ana, as in 2024)", Columns: ok.Columns, Answered: march}},
		{"a new answer of the same second", batch.Review{Verdict: "ok", Answered: march, RequestID: "req-0"}, march, batch.Review{Note: "the answer of 12 Mar was reviewed, this one was not (ok)", Answered: march, RequestID: "req-0"}},
		{"an answer that is gone", ok, time.Time{}, ok},
		{"the first answer", batch.Review{Note: "urgent"}, march, batch.Review{Note: "this was written before there was an answer (urgent)"}},
		{"a new answer beside the people's own columns", batch.Review{Columns: ok.Columns}, march, batch.Review{Columns: ok.Columns}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := batch.Record{Review: &tt.review, Finished: tt.answered}
			if !tt.answered.IsZero() {
				rec.Answer = &batch.Answer{Text: "Yes.", RequestID: "req-1"}
			}
			shown, reopened := rec.Shown()
			if diff := cmp.Diff(tt.want, shown); diff != "" || reopened == cmp.Equal(shown, tt.review) {
				t.Errorf("reopened: %v (-want +got):\n%s", reopened, diff)
			}
		})
	}
}

// Reviews stay beside their questions wherever these move, and none is ever lost.
func TestReviewsMoveWithTheirQuestions(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "q.bizbatch"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	take := func(texts ...string) {
		t.Helper()
		var questions []batch.Question
		for i, text := range texts {
			fields, _ := json.Marshal([]string{text})
			questions = append(questions, batch.Question{ID: strconv.Itoa(i + 1), Line: i + 2, Text: text, Subject: text, Fields: fields})
		}
		yield := func(yield func(batch.Question, error) bool) {
			for _, q := range questions {
				if !yield(q, nil) {
					return
				}
			}
		}
		if _, err := batch.Import(store, yield, batch.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	reviewed := func() (list []string) {
		t.Helper()
		for rec, err := range batch.Records(store) {
			if err != nil {
				t.Fatal(err)
			}
			text := string(rec.Fields)
			if rec.Review != nil {
				text += " " + rec.Review.Verdict
			}
			list = append(list, text)
		}
		return list
	}
	add := func(position int64, verdict string, columns ...string) {
		t.Helper()
		if err := batch.AddReviews(store, map[int64]batch.Review{position: {Verdict: verdict}}, columns, "a.csv", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	take("one", "two", "one")
	add(1, "ok", "hours")
	add(2, "wrong", "hours", "paid")
	add(2, "look again")
	if diff := cmp.Diff([]string{`["one"] ok`, `["two"] look again`, `["one"] ok`}, reviewed()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	take("new", "one", "changed", "two")
	if diff := cmp.Diff([]string{`["new"]`, `["one"] ok`, `["changed"]`, `["two"] look again`}, reviewed()); diff != "" {
		t.Errorf("after the rows moved (-want +got):\n%s", diff)
	}
	all, last, err := batch.Reviews(store, 4)
	if err != nil || last != 3 || len(all) != 2 || all[0].Verdict != "wrong" {
		t.Errorf("all reviews of a row: %+v, %d, %v", all, last, err)
	}
	columns, any, err := batch.ReviewColumns(store)
	if diff := cmp.Diff([]string{"hours", "paid"}, columns); diff != "" || !any || err != nil {
		t.Errorf("%v, columns (-want +got):\n%s", err, diff)
	}
	view, err := checkpoint.View(store.Path()) // as export has it, beside a run
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	if err := batch.AddReviews(view, map[int64]batch.Review{1: {Verdict: "ok"}}, nil, "b.csv", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := reviewed(); got[0] != `["new"] ok` {
		t.Errorf("what was written beside the run: %v", got)
	}
}
