package job_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/checkpoint"
	"bizbatch/internal/job"
)

// BenchmarkDifferences compares the last answers of 10,000 questions, and those of 100
// among 100,000: the time follows the pairs. An answer has 5 KB and three sources.
func BenchmarkDifferences(b *testing.B) {
	for _, size := range []struct{ rows, pairs int }{{10_000, 10_000}, {10_000, 100}, {100_000, 100}} {
		b.Run(fmt.Sprintf("%d of %d", size.pairs, size.rows), func(b *testing.B) {
			store := manyNights(b, size.rows, size.pairs)
			for b.Loop() {
				all, err := job.Differences(store, job.Choice{All: true})
				if err != nil || all.Counts[diff.Changed] != size.pairs {
					b.Fatalf("%v, %v", all.Counts, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Seconds())/float64(b.N*size.pairs)*1000, "ms/pair")
		})
	}
}

// manyNights makes a checkpoint whose first questions have had two answers.
func manyNights(b *testing.B, rows, pairs int) *checkpoint.Store {
	b.Helper()
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	texts, err := os.ReadFile("../../batch/diff/testdata/answers.md")
	ok(err)
	old := strings.ReplaceAll(string(texts), "====", "")
	new := strings.NewReplacer("deduction", "write-off", "is limited to", "is capped at", "§ ", "section ", "$1,220,000", "$1,250,000", "taxpayer", "filer").Replace(old)
	answer := func(text string) ([]byte, uint32) {
		a := batch.Answer{Text: text, FinishReason: "stop"}
		for i := range 3 {
			a.Sources = append(a.Sources, batch.Source{"node_id": fmt.Appendf(nil, `"%d"`, i), "text": fmt.Appendf(nil, "%q", strings.Repeat("An excerpt. ", 50))})
		}
		encoded, err := json.Marshal(a)
		ok(err)
		return encoded, crc32.ChecksumIEEE(encoded)
	}
	path := filepath.Join(b.TempDir(), "q.csv.bizbatch")
	store, err := checkpoint.Open(path, checkpoint.Options{Endpoint: "https://api.example"})
	ok(err)
	_, err = store.Import(func(yield func(checkpoint.Row, error) bool) {
		for i := range rows {
			payload := fmt.Sprintf(`{"messages": [{"role": "human", "content": "Question %d?"}]}`, i+1)
			yield(checkpoint.Row{ID: fmt.Sprint(i + 1), Line: i + 2, Fields: []byte(`["a"]`), Payload: []byte(payload), Subject: payload}, nil)
		}
	}, checkpoint.ImportOptions{Settings: []byte("{}"), Input: func() []byte { return []byte(`{"Format": "csv", "Columns": ["id"]}`) }})
	ok(err)
	ok(store.Close())
	db, err := sql.Open("sqlite", path)
	ok(err)
	defer func() { ok(db.Close()) }()
	tx, err := db.Begin()
	ok(err)
	before, beforeSum := answer(old)
	now, nowSum := answer(new)
	for _, statement := range []struct {
		text string
		args []any
	}{
		{"UPDATE requests SET state = 'answered', run = 2, started = 2, finished = 3", nil},
		{"INSERT INTO answers SELECT id, ?, ? FROM requests", []any{nowSum, now}},
		{"INSERT INTO earlier (request, run, label, cost, started, finished, origin, waits, crc, answer) SELECT id, 1, '', 0, 1, 2, '', 0, ?, ? FROM requests WHERE position <= ?", []any{beforeSum, before, pairs}},
		{"INSERT INTO runs (id, started, ended) VALUES (1, 1, 2), (2, 2, 3)", nil},
	} {
		_, err := tx.Exec(statement.text, statement.args...)
		ok(err)
	}
	ok(tx.Commit())
	view, err := checkpoint.View(path)
	ok(err)
	b.Cleanup(func() { ok(view.Close()) })
	return view
}
