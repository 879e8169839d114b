package report_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"bizbatch/batch"
)

// BenchmarkWrite writes small rows, answered and not; rows/s is the figure.
// What it allocates for a row does not grow with the number of rows.
func BenchmarkWrite(b *testing.B) {
	answered := row("Can I deduct a home office that I use for my business every day?")
	answered.Status, answered.Attempts, answered.Seconds = batch.Answered, 1, 12.3
	answered.Answer = &batch.Answer{
		Text:         "Yes, if it is used regularly and exclusively [" + irc + "].",
		Sources:      []batch.Source{{"node_id": json.RawMessage(`"` + irc + `"`), "title": json.RawMessage(`"26 U.S.C. § 280A"`)}},
		FinishReason: "stop",
	}
	for _, test := range []struct {
		name, file string
		in         batch.Input
		rec        batch.Record
	}{
		{"pending rows to CSV", "answers.csv", oneColumn, row("Can I deduct a home office?")},
		{"pending rows to JSONL", "answers.jsonl", oneColumn, row("Can I deduct a home office?")},
		{"answered rows to CSV", "answers.csv", oneColumn, answered},
		{"answered rows to JSONL", "answers.jsonl", oneColumn, answered},
	} {
		b.Run(test.name, func(b *testing.B) {
			f := create(b, filepath.Join(b.TempDir(), test.file), test.in)
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Write(test.rec); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
