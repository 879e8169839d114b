package report_test

import (
	"strings"
	"testing"
	"time"

	"bizbatch/batch"
)

// What a reviewer wrote stands on the page and in the memos, and a review of an
// earlier answer is something to look at.
func TestReviewsStandWithTheirAnswers(t *testing.T) {
	rec := asked("Is it?", "It is.")
	rec.Finished = time.Date(2026, 9, 2, 9, 0, 0, 0, time.UTC)
	rec.Review = &batch.Review{By: "Ana Diaz", Verdict: "ok", Note: "as in 2024", Answered: rec.Finished}
	for _, file := range []string{"a.html", "a.md"} {
		text := written(t, file, oneColumn, rec)
		if !strings.Contains(text, "ok, Ana Diaz: as in 2024") || strings.Contains(text, "to review again") {
			t.Errorf("%s has no review, or asks for another:\n%s", file, text)
		}
	}
	rec.Review.Answered = rec.Finished.AddDate(0, -1, 0)
	if text := written(t, "a.html", oneColumn, rec); !strings.Contains(text, "to review again") || !strings.Contains(text, "the answer of 2 Aug was reviewed, this one was not (ok, Ana Diaz") {
		t.Errorf("the page does not ask for another review:\n%s", text)
	}
}
