package check

import (
	"encoding/json"
	"testing"

	"bizbatch/batch"
)

func TestContains(t *testing.T) {
	for _, test := range []struct {
		text, in string
		want     bool
	}{
		{"§ 174", "Costs are amortized under § 174(a).", true},
		{"§ 174", "under §174", true},
		{"§174", "under § 174", true},
		{"§ 174", "under IRC §\u00a0174, and", true},
		{"§ 174", "under **IRC § 174**", true},
		{"§ 174", "under\n§\n174", true},
		{"§ 174", "under §§ 174 and 280C", true},
		{"§ 174", "under § 1745", false},
		{"§ 174", "under § 174A", false},
		{"§ 174", "under § 1745, and under § 174", true},
		{"174", "under § 1174", false},
		{"174", "see A174", false},
		{"rev. proc. 2025-28", "Rev. Proc. 2025‑28 says", true},
		{"research  credit", "the Research\tCredit is", true},
		{"research credit", "research, credit", false},
		{"depreciat", "depreciation", true},
		{"", "anything", false},
		{"  ", "anything", false},
	} {
		if got := Contains(&batch.Answer{Text: test.in}, test.text); got != test.want {
			t.Errorf("%q in %q: %v, want %v", test.text, test.in, got, test.want)
		}
		if test.text == "" {
			continue
		}
		for _, field := range []string{"title", "citation_label", "text"} {
			value, err := json.Marshal(test.in)
			if err != nil {
				t.Fatal(err)
			}
			a := &batch.Answer{Text: "yes", Sources: []batch.Source{{}, {field: value}}}
			if got := Contains(a, test.text); got != test.want {
				t.Errorf("%q in a source with %s %q: %v, want %v", test.text, field, test.in, got, test.want)
			}
		}
	}
}
