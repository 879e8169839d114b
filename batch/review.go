package batch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// Verdicts are the verdicts that a list in a workbook offers. A review may have others.
var Verdicts = []string{"ok", "look again", "wrong"}

// A Review is what people wrote beside a row.
type Review struct {
	By      string `json:"by,omitempty"`
	Verdict string `json:"verdict,omitempty"`
	Note    string `json:"note,omitempty"`
	// Columns are the texts in the columns that people added to the right of ours,
	// by the names of the columns.
	Columns map[string]string `json:"columns,omitempty"`
	// Answered is when the answer arrived that the review is about, to the second. It
	// is zero if the review was written before there was an answer.
	Answered time.Time `json:"answered,omitzero"`
	// RequestID is the service's id of the request for that answer, if it gave one. It
	// tells answers of the same second apart.
	RequestID string `json:"request_id,omitempty"`
}

// reviewed reports whether somebody reviewed the answer.
func (v *Review) reviewed() bool { return v.By+v.Verdict+v.Note != "" }

// about reports whether the review is about the row's answer.
func (v *Review) about(r *Record) bool {
	return v.Answered.Unix() == r.Finished.Unix() && (v.RequestID == "" || v.RequestID == r.Answer.RequestID)
}

// Shown returns the review as the columns "reviewed by", "verdict" and "review
// note" show it beside the row's answer. A review of an earlier answer is
// reopened: its note says so, and its verdict is empty.
func (r *Record) Shown() (v Review, reopened bool) {
	if r.Review == nil {
		return v, false
	}
	v = *r.Review
	if r.Answer == nil || !v.reviewed() || v.about(r) {
		return v, false
	}
	return Review{Note: v.reopening(r.Finished), Columns: v.Columns, Answered: v.Answered, RequestID: v.RequestID}, true
}

// reopening returns the note for a review whose question has a new answer, which
// arrived then.
func (v *Review) reopening(then time.Time) string {
	text := "this was written before there was an answer"
	if !v.Answered.IsZero() {
		day := v.Answered.Local()
		format := "2 Jan"
		if day.Year() != then.Local().Year() {
			format = "2 Jan 2006"
		}
		text = fmt.Sprintf("the answer of %s was reviewed, this one was not", day.Format(format))
	}
	var said []string
	for _, part := range []string{v.Verdict, v.By, v.Note} {
		if part != "" {
			said = append(said, part)
		}
	}
	return text + " (" + strings.Join(said, ", ") + ")"
}

// reviewNote is the checkpoint's note of the columns that people added.
const reviewNote = "review columns"

// ReviewColumns returns the columns that people added to the right of ours, in the
// order in which they were found. The result reviews reports whether people wrote
// anything.
func ReviewColumns(store Checkpoint) (columns []string, reviews bool, err error) {
	note, err := store.Note(reviewNote)
	if err != nil || note == nil {
		return nil, false, err
	}
	if err := json.Unmarshal(note, &columns); err != nil {
		return nil, false, fmt.Errorf("read the columns of reviews in %s: %w", store.Path(), err)
	}
	return columns, true, nil
}

// AddReviews saves what people wrote beside rows, by the rows' positions from 1, and
// the names of the columns that they added.
func AddReviews(store Checkpoint, reviews map[int64]Review, columns []string, origin string, now time.Time) error {
	known, noted, err := ReviewColumns(store)
	if err != nil {
		return err
	}
	all := slices.Clone(known)
	for _, name := range columns {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(reviews) == 0 && len(all) == len(known) {
		return nil
	}
	if len(all) > len(known) || !noted {
		note, err := json.Marshal(append([]string{}, all...)) // never null
		if err == nil {
			err = store.SetNote(reviewNote, note)
		}
		if err != nil {
			return err
		}
	}
	var rows []checkpoint.Review
	for position, v := range reviews {
		value, err := json.Marshal(v)
		if err != nil {
			return err
		}
		rows = append(rows, checkpoint.Review{Position: position, Value: value})
	}
	slices.SortFunc(rows, func(a, b checkpoint.Review) int { return int(a.Position - b.Position) })
	return store.AddReviews(rows, origin, now)
}

// Reviews returns all reviews of the row at a position, counted from 1, oldest first,
// and the number of the last.
func Reviews(store Checkpoint, position int64) (reviews []Review, last int64, err error) {
	values, last, err := store.Reviews(position)
	for _, value := range values {
		var v Review
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, last, fmt.Errorf("read a review in %s: %w", store.Path(), err)
		}
		reviews = append(reviews, v)
	}
	return reviews, last, err
}
