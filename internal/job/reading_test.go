package job

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"bizbatch/batch"
	"bizbatch/batch/question"
)

func TestThePlanShowsWhatWasUnderstood(t *testing.T) {
	tests := map[string]struct {
		options question.Options
		u       question.Understood
		format  batch.Format
		want    string
	}{
		"a plain CSV file": {
			u: question.Understood{HeaderLine: 1, Question: "question", First: "Is gold taxed?"}, format: batch.CSV,
			want: `question: question · id: counted from 1 · ask mode: none · first: "Is gold taxed?"`,
		},
		"a workbook with everything": {
			u: question.Understood{
				Sheet: "2025", Sheets: 3, HiddenSheets: 1, OpensOn: "Draft", PassedOver: []string{"Cover", "Chart"}, FilteredRows: 12,
				HeaderLine: 4, Question: "Question", ID: "Ref", AskMode: "Ask mode", First: "Our client bought $1,480,000 of machinery in 2025",
			},
			format: batch.XLSX,
			want: `sheet "2025" (of 3; hidden: 1) · header in row 4 · question: Question · id: Ref · ask mode: Ask mode
first: "Our client bought $1,480,000 of machinery in 2025"
a filter hides 12 rows of this sheet from you: they are read too
passed over, for want of a question column: "Cover", "Chart"
Excel opens this workbook on another sheet, "Draft": to ask what is there, add --sheet Draft`,
		},
		"a workbook that opens on a sheet without questions": {
			u:      question.Understood{Sheet: "2025", Sheets: 2, OpensOn: "Cover", PassedOver: []string{"Cover"}, HeaderLine: 1, Question: "Question", First: "Gold?"},
			format: batch.XLSX,
			want: `sheet "2025" (of 2) · question: Question · id: counted from 1 · ask mode: none · first: "Gold?"
passed over, for want of a question column: "Cover"
Excel opens this workbook on another sheet, "Cover"`,
		},
		"a sheet that was named": {
			options: question.Options{Sheet: "2025"},
			u:       question.Understood{Sheet: "2025", Sheets: 2, OpensOn: "Draft", HeaderLine: 1, Question: "Question", First: "Gold?"},
			format:  batch.XLSX,
			want:    `sheet "2025" (of 2) · question: Question · id: counted from 1 · ask mode: none · first: "Gold?"`,
		},
		"no header": {
			u: question.Understood{Question: "A", First: "Is gold taxed?"}, format: batch.CSV,
			want: `no header · question: A · id: counted from 1 · ask mode: none · first: "Is gold taxed?"`,
		},
		"JSON lines, of which some have more members": {
			u: question.Understood{Question: "prompt", First: "Is gold taxed?"}, format: batch.JSONL,
			want: `question: prompt · first: "Is gold taxed?"`,
		},
		"a template": {
			options: question.Options{Template: "For {{.client}}: {{.question}}"},
			u:       question.Understood{HeaderLine: 2, Question: "question", First: "For Pine: is gold taxed?"}, format: batch.CSV,
			want: `header in line 2 · question: made by --template · id: counted from 1 · ask mode: none
first: "For Pine: is gold taxed?"`,
		},
		"names and a question that a terminal would obey": {
			u:      question.Understood{Sheet: "\x1b[2J2025", OpensOn: "a\nb", HeaderLine: 1, Question: "The\r\nquestion " + strings.Repeat("x", 50), First: "Is\x1b]0;gold\ntaxed?"},
			format: batch.XLSX,
			want: `sheet "[2J2025" · question: The question xxxxxxxxxxxxxxxxxxxxxxxxxx… · id: counted from 1 · ask mode: none
first: "Is ]0;gold taxed?"
Excel opens this workbook on another sheet, "a b": to ask what is there, add --sheet $'a\nb'`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(understoodLines(test.u, test.options, test.format, 100), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALongFirstQuestionIsCutByTheWidth(t *testing.T) {
	for _, first := range []string{strings.Repeat("long ", 100), strings.Repeat("税", 300), strings.Repeat("👩‍👩‍👧", 100), "e" + strings.Repeat("\u0301", 300)} {
		u := question.Understood{HeaderLine: 1, Question: "question", First: first}
		for width := 38; width < 200; width++ {
			for _, line := range understoodLines(u, question.Options{}, batch.CSV, width) {
				if n := uniseg.StringWidth(line); n > width && strings.Contains(line, "first: ") {
					t.Fatalf("%d columns, of %d:\n%s", n, width, line)
				}
			}
		}
	}
}
