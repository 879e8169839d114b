package question

import (
	"io"
	"strings"
	"testing"

	"bizbatch/batch/bizora"
)

func BenchmarkCSV(b *testing.B) {
	benchmark(b, "q.csv", "id,client,question,ask_mode,note\n",
		"Q-1001,\"Müller & Söhne, LLC\",\"Is the cost of a home office deductible under §280A, and \"\"how much\"\"?\",web,due 2026-04-15\n")
}

func BenchmarkJSONL(b *testing.B) {
	benchmark(b, "q.jsonl", "",
		`{"id":"Q-1001","client":"Müller & Söhne, LLC","question":"Is the cost of a home office deductible under §280A, and \"how much\"?","ask_mode":"web","year":2026}`+"\n")
}

// benchmark reads a file of b.N rows that is never in memory as a whole.
func benchmark(b *testing.B, name, header, row string) {
	b.ReportAllocs()
	lines := io.LimitReader(&endless{text: row}, int64(b.N*len(row)))
	r, err := NewReader(io.MultiReader(strings.NewReader(header), lines), name, Options{AskModes: bizora.AskModes})
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	for _, err := range r.Questions() {
		if err != nil {
			b.Fatal(err)
		}
		rows++
	}
	if rows != b.N {
		b.Fatalf("read %d rows of %d", rows, b.N)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// endless reads the same text over and over.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}
