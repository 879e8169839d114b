package question

import (
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

func TestQuotes(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		opts                Options
		want                []string // the rows; of a refused file, its error
	}{
		{"a quote within a field is text", "q.csv", "id,question\n1,Is 121°29.5' or 6\" pipe \"boot\"?\n2,\"a\"\n", Options{},
			[]string{`2 1 ["1","Is 121°29.5' or 6\" pipe \"boot\"?"]`, `3 2 ["2","a"]`}},
		{"a quote after space is text", "q.csv", "id,question\n1, \"boot\"\n", Options{},
			[]string{`2 1 ["1"," \"boot\""]`}},
		{"space after a closing quote is of the field", "q.csv", "id,question\n\"1\" ,\"a\"  \n", Options{},
			[]string{`2 1 ["1 ","a  "]`}},
		{"quotes can be text by a flag", "q.csv", "id,question\n1,\"What is boot?\n2,Is it\n", Options{Quote: "none"},
			[]string{`2 1 ["1","\"What is boot?"]`, `3 2 ["2","Is it"]`}},
		{"Google Sheets does not quote", "q.tsv", "id\tquestion\n1\tDoes the \"safe harbor\" rule apply?\n2\t\"boot\" is what?\n3\t\"What is boot?\n4\tLast\"\n", Options{},
			[]string{`2 1 ["1","Does the \"safe harbor\" rule apply?"]`, `3 2 ["2","\"boot\" is what?"]`, `4 3 ["3","\"What is boot?"]`, `5 4 ["4","Last\""]`}},
		{"rows are not joined where each line is one", "q.tsv", "id\tquestion\n1\t\"What is boot?\n2\tIs it taxable?\n3\tWhen is it due, as he said: that\"\n4\tLast?\n", Options{},
			[]string{`2 1 ["1","\"What is boot?"]`, `3 2 ["2","Is it taxable?"]`, `4 3 ["3","When is it due, as he said: that\""]`, `5 4 ["4","Last?"]`}},
		{"nor where the closing quote is in an earlier column", "q.tsv", "question\tid\tnote\na\t\"1\tx\nb\t2\"\ty\nc\t3\tz\n", Options{},
			[]string{`2 "1 ["a","\"1","x"]`, `3 2" ["b","2\"","y"]`, `4 3 ["c","3","z"]`}},
		{"Excel does quote", "q.tsv", "id\tquestion\tnote\r\n1\t\"Is \"\"boot\"\", or not, taxed?\"\t\"x\ty\"\r\n2\t\"line 1\nline 2\r\nline 3\"\tz\r\n", Options{},
			[]string{`2 1 ["1","Is \"boot\", or not, taxed?","x\ty"]`, `3 2 ["2","line 1\nline 2\r\nline 3","z"]`}},
		{"and leaves out empty last cells", "q.tsv", "id\tquestion\tnote\n2\t\"line 1\nline 2\"\n3\tb\n", Options{},
			[]string{`2 2 ["2","line 1\nline 2",""]`, `4 3 ["3","b",""]`}},
		{"what may be one cell or two is refused", "q.tsv", "id\tquestion\tnote\n1\tWhat is boot?\tx\n2\t\"Is it\tboot\"\n", Options{},
			[]string{"q.tsv:3: the two quotes here: is what they enclose one cell with a tab in it, or are they text?"}},
		{"what may be one row or two is refused", "q.tsv", "id\tquestion\tnote\n1\t\"a\tb\nc\"\td\n", Options{},
			[]string{"q.tsv:2: the quote here and the one in line 3: is what they enclose one cell"}},
		{"so are the lines of a list", "q.tsv", "question\n\"a\nb\"\n", Options{},
			[]string{"q.tsv:2: the quote here and the one in line 3: is what they enclose one cell"}},
		{"and of one without a header", "q.txt", "\"a\nb\"\n", Options{NoHeader: true},
			[]string{"q.txt:1: the quote here and the one in line 2: is what they enclose one cell"}},
		{"a flag says which", "q.tsv", "question\n\"a\nb\"\n", Options{Quote: "csv"},
			[]string{`2 1 ["a\nb"]`}},
		{"either", "q.tsv", "question\n\"a\nb\"\n", Options{Quote: "none"},
			[]string{`2 1 ["\"a"]`, `3 2 ["b\""]`}},
		{"a closing quote beyond the largest cell closes nothing", "q.tsv", "id\tquestion\n1\t\"a\n" + strings.Repeat("2\tlong\n", maxLookAhead/7+1) + "3\tz\"\n", Options{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, tt.file, tt.content, tt.opts)
			if len(tt.want) == 1 && strings.HasPrefix(tt.want[0], "q.") {
				checkError(t, err, tt.want[0], "--quote csv")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				if want := strings.Count(tt.content, "\n") - 1; len(got) != want {
					t.Errorf("read %d rows, want %d", len(got), want)
				}
				return
			}
			if diff := cmp.Diff(tt.want, rowsOf(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A reader that gives a byte at a time finds the same quotes.
func TestQuotesAreFoundInAPipe(t *testing.T) {
	content := "id\tquestion\n1\t\"What is boot?\n2\t\"a\r\nb \"\"c\"\"\"\r\n3\tas he said: that\"\n"
	want := []string{`2 1 ["1","\"What is boot?"]`, `3 2 ["2","a\r\nb \"c\""]`, `5 3 ["3","as he said: that\""]`}
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(content)), "q.tsv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for q, err := range r.Questions() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rowsOf([]batch.Question{q})...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
