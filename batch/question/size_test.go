package question

import (
	"io"
	"strings"
	"testing"
)

// A record without end takes no more memory than the limit.
func TestRecordWithoutEndIsAnError(t *testing.T) {
	for _, tt := range []struct{ name, file, head, endless, err string }{
		{"a quote that is never closed", "q.csv", "question\na\n\"b", "word, word\n", "q.csv:3: the row that begins here is larger than 16 MB"},
		{"a row of commas without end", "q.csv", "question\na\n", ",", "q.csv:3: the row that begins here has more than 100,000 columns"},
		{"a line of JSON without end", "q.jsonl", "{\"question\":\"a\"}\n", " word", "q.jsonl:2: the line is larger than 16 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewReader(io.MultiReader(strings.NewReader(tt.head), &endless{text: strings.Repeat(tt.endless, 10_000)}), tt.file, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range r.Questions() {
				err = e
			}
			checkError(t, err, tt.err, "")
		})
	}
}

// A row of almost nothing but delimiters takes many times its size in memory.
func TestColumnsAreLimited(t *testing.T) {
	for _, tt := range []struct {
		name, content, err string
	}{
		{"as many as are read", "question" + strings.Repeat(",", maxColumns-1) + "\nWhat?" + strings.Repeat(",", maxColumns-1) + "\n", ""},
		{"one more in the header", "question" + strings.Repeat(",", maxColumns) + "\n", "q.csv:1: the row that begins here has more"},
		{"one more in a row", "question,b\nWhat?,\nAnd?" + strings.Repeat(",", maxColumns) + "\n", "q.csv:3: the row that begins here has more"},
		{"commas in a field", "question\n\"What?" + strings.Repeat(",", maxColumns) + "\"\n", ""},
		{"commas in all rows", "question,b\n" + strings.Repeat("What?,\n", maxColumns), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "q.csv", tt.content, Options{})
			if tt.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			checkError(t, err, tt.err, "--delimiter")
		})
	}
}

func TestFieldOfAlmostTheLargestSizeIsRead(t *testing.T) {
	big := strings.Repeat("x", maxRecord-100)
	for _, tt := range []struct{ file, content string }{
		{"q.csv", "question\n\"" + big + "\"\n"},
		{"q.jsonl", `{"question":"` + big + `"}`},
	} {
		got, _, err := read(t, tt.file, tt.content, Options{})
		if err != nil || len(got) != 1 || got[0].Text != big {
			t.Errorf("%s: a field of %d bytes was not read as it is: %v", tt.file, len(big), err)
		}
	}
}

// The limit is on a row, not on the file, and what one long row left behind
// does not come back in the next.
func TestFileLargerThanTheLargestRowIsRead(t *testing.T) {
	const rows = 20
	long := strings.Repeat("x", maxRecord/rows+1000)
	for _, tt := range []struct{ file, content string }{
		{"q.csv", "question\n" + strings.Repeat(long+"\n", rows)},
		{"q.jsonl", strings.Repeat(`{"question":"`+long+`"}`+"\n", rows)},
	} {
		got, _, err := read(t, tt.file, tt.content, Options{})
		if err != nil || len(got) != rows || got[rows-1].Text != long {
			t.Errorf("%s: read %d rows of %d: %v", tt.file, len(got), rows, err)
		}
	}
}
