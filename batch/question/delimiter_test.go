package question

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDelimiterIsFound(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		opts                Options
		delimiter           string // of the input
		rows                []string
	}{
		{"in the header below a title", "q.csv", "Open questions, as of May\n\nid;question;client\n1;Is it, or not?;Acme\n", Options{}, ";", []string{`4 1 ["1","Is it, or not?","Acme"]`}},
		{"in the header that is named", "q.csv", "text\nid;Frage\n1;a,b\n", Options{HeaderRow: 2, QuestionColumn: "frage"}, ";", []string{`3 1 ["1","a,b"]`}},
		{"in the first line, which is Excel's", "q.csv", "sep=;\r\nid;question\r\n1;Is it taxable, and when?\r\n", Options{}, ";", []string{`3 1 ["1","Is it taxable, and when?"]`}},
		{"in a first line in quotes", "q.csv", "\"SEP=|\"\nid|question\n1|a\n", Options{}, "|", []string{`3 1 ["1","a"]`}},
		{"in a flag, whatever the first line says", "q.csv", "sep=;\nid,question\n1,a;b\n", Options{Delimiter: "comma"}, "", []string{`3 1 ["1","a;b"]`}},
		{"by a row below the first line", "q.csv", "sep=\t\nid\tFrage\n1\ta\n", Options{HeaderRow: 2, QuestionColumn: "Frage"}, "\t", []string{`3 1 ["1","a"]`}},
		{"in every row where there is no header", "q.csv", "Q-1;a, b\nQ-2;c, d, e\n", Options{NoHeader: true, QuestionColumn: "B"}, ";", []string{`1 Q-1 ["Q-1","a, b"]`, `2 Q-2 ["Q-2","c, d, e"]`}},
		{"nowhere: a list of questions has none", "q.txt", "Is it taxable, and when?\nWhen is it due?\n", Options{NoHeader: true}, "", []string{`1 1 ["Is it taxable, and when?"]`, `2 2 ["When is it due?"]`}},
		{"nowhere: so has one with a header", "q.txt", "Question\nIs it taxable, and when?\n", Options{}, "", []string{`2 1 ["Is it taxable, and when?"]`}},
		{"as a tab, in a file that is named for them", "q.tsv", "id\tquestion; or, what, we, ask\n1\ta\n", Options{QuestionColumn: "question; or, what, we, ask"}, "\t", []string{`2 1 ["1","a"]`}},
		{"a quote in a title opens nothing", "q.csv", "6\" pipes, and 8\" ones\nid;question\n1;a\n", Options{}, ";", []string{`3 1 ["1","a"]`}},
		{"a quoted title of two lines is one row", "q.csv", "\"Open,\nquestions,\"\nid;question\n1;a\n", Options{}, ";", []string{`4 1 ["1","a"]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.opts.QuestionColumn == "B" {
				tt.opts.IDColumn = "A"
			}
			got, in, err := read(t, tt.file, tt.content, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if in.Delimiter != tt.delimiter {
				t.Errorf("delimiter %q, want %q", in.Delimiter, tt.delimiter)
			}
			if diff := cmp.Diff(tt.rows, rowsOf(got)); diff != "" {
				t.Errorf("rows, -want +got:\n%s", diff)
			}
		})
	}
}

func TestRowsOfOtherWidthsAreRead(t *testing.T) {
	got, _, err := read(t, "q.csv", "id,question,note\r\n1,a\r\n2,b,x,\r\n3,c,, ,\"\"\r\n   \r\n4\r\n\r\n\"\"\r\n,\r\n\x1a", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`2 1 ["1","a",""]`, `3 2 ["2","b","x"]`, `4 3 ["3","c",""]`, `6 4 ["4","",""]`, `8 5 ["","",""]`, `9 6 ["","",""]`}
	if diff := cmp.Diff(want, rowsOf(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r, err := NewReader(strings.NewReader("id,question\n1,a\n2\n3,\n\n4\n"), "q.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range r.Questions() {
	}
	if n := r.Understood().ShortRows; n != 2 {
		t.Errorf("understood %d short rows, want 2", n)
	}
	got, _, err = read(t, "q.csv", "question\na,\n,\n\"\"\nb\x1a\x1a", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{`2 1 ["a"]`, `3 2 [""]`, `4 3 [""]`, `5 4 ["b"]`}
	if diff := cmp.Diff(want, rowsOf(got)); diff != "" {
		t.Errorf("of one column, -want +got:\n%s", diff)
	}
}
