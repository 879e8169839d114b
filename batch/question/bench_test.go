package question

import (
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"bizbatch/batch/bizora"
)

func BenchmarkCSV(b *testing.B) {
	benchmark(b, "q.csv", "id,client,question,ask_mode,note\n",
		"Q-1001,\"Müller & Söhne, LLC\",\"Is the cost of a home office deductible under §280A, and \"\"how much\"\"?\",web,due 2026-04-15\n")
}

// Looking for the other quote costs as much as reading once more, not as much for
// each quote.
func BenchmarkTSVWithOpenQuotes(b *testing.B) {
	benchmark(b, "q.tsv", "id\tquestion\n", "Q-1001\t\"Is the cost of a home office deductible, and how much?\n")
}

func BenchmarkJSONL(b *testing.B) {
	benchmark(b, "q.jsonl", "",
		`{"id":"Q-1001","client":"Müller & Söhne, LLC","question":"Is the cost of a home office deductible under §280A, and \"how much\"?","ask_mode":"web","year":2026}`+"\n")
}

func BenchmarkXLSX(b *testing.B) {
	b.ReportAllocs()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	row := []any{"id", "client", "question", "ask_mode", "amount"}
	for n := range b.N + 1 {
		if err := w.SetRow("A"+strconv.Itoa(n+1), row); err != nil {
			b.Fatal(err)
		}
		row = []any{n, "Müller & Söhne, LLC", "Is the cost of a home office deductible under §280A, and how much?", "web", 1234.5}
	}
	path := filepath.Join(b.TempDir(), "q.xlsx")
	if err := errors.Join(w.Flush(), f.SaveAs(path)); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	r, err := Open(path, Options{AskModes: bizora.AskModes})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	countRows(b, r)
}

// benchmark reads a file of b.N rows that is never in memory as a whole.
func benchmark(b *testing.B, name, header, row string) {
	b.ReportAllocs()
	lines := io.LimitReader(&endless{text: row}, int64(b.N*len(row)))
	r, err := NewReader(io.MultiReader(strings.NewReader(header), lines), name, Options{AskModes: bizora.AskModes})
	if err != nil {
		b.Fatal(err)
	}
	countRows(b, r)
}

// countRows reads b.N rows.
func countRows(b *testing.B, r *Reader) {
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
