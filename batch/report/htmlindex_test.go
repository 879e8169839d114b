package report

import (
	"strings"
	"testing"

	"bizbatch/batch"
)

func TestTheFirstSentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"Yes. But later no.":     "Yes. But later no.", // a word with a capital may be an abbreviation
		"It depends. Ask again.": "It depends.",
		"Under Treas. Reg. § 1.179-2 it is. Then.":             "Under Treas. Reg. § 1.179-2 it is.",
		"Costs, e.g. rent, count. Others do not.":              "Costs, e.g. rent, count.",
		"The U.S. Tax Court says so. It binds.":                "The U.S. Tax Court says so.",
		"An answer to “What is due? And when?” is here. More.": "An answer to “What is due? And when?” is here.",
		"a\nb  c":                   "a b c",
		strings.Repeat("word ", 60): strings.TrimSpace(strings.Repeat("word ", 22)) + "…",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTheColumnThatMayGroup(t *testing.T) {
	for columns, want := range map[string]int{
		"id,question": -1, "question,Client": 1, "matter,client,question": 1, "CLIENT NAME,question": 0, "client_id,question": -1, "Entity,Matter,question": 0, "client": -1,
	} {
		list := strings.Split(columns, ",")
		if got := groupColumn(list, questionColumn(batch.Input{Columns: list})); got != want {
			t.Errorf("%s: %d, want %d", columns, got, want)
		}
	}
}
