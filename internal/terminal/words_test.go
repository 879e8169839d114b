package terminal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
)

func TestReasonsNamesTheFirstFew(t *testing.T) {
	got := Reasons([]checkpoint.FailureGroup{
		{Reason: "400 bad", Count: 3, RowID: "Q7", Error: "400 bad: too vague"}, {Reason: "b", Count: 2, RowID: "1", Error: "b"},
		{Reason: "c", Count: 1, RowID: "2", Error: strings.Repeat("§", 101)}, {Reason: "skipped", RowID: "3", Error: "skipped, by ana"}, {Reason: "e"}, {Reason: "f"}, {Reason: "g"},
	})
	want := []string{"3: 400 bad, such as question Q7: too vague", "2: b, such as question 1", "1: c, such as question 2: " + strings.Repeat("§", 100) + "…",
		"0: skipped, such as question 3: by ana", "0: e, such as question ", "and for 2 other reasons"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestShort(t *testing.T) {
	for _, want := range []string{"15m", "1h", "1h30m", "90ms", "10s", "1m30s", "1h0m5s", "0s"} {
		d, err := time.ParseDuration(want)
		if got := Short(d); err != nil || got != want {
			t.Errorf("%s is written %s", want, got)
		}
	}
}

func TestTellPrintsNoControlCharacters(t *testing.T) {
	err := &exit.Error{Code: 2, Err: errors.New("a\x1b[2J.csv"), Detail: []string{"b\n"}, Hint: "c\u202e"}
	var printed strings.Builder
	Tell(&printed, err, false)
	if want := "error: a [2J.csv\n       b \nhint:  c \n"; printed.String() != want {
		t.Errorf("%q, want %q", printed.String(), want)
	}
}
