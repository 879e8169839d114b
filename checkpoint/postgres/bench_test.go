package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/pgtest"
)

// BenchmarkReceive copies b.N answers of 8 KB into an empty batch.
func BenchmarkReceive(b *testing.B) {
	address, err := postgres.WithBatch(pgtest.New(b), "questions.csv")
	if err != nil {
		b.Fatal(err)
	}
	s, err := postgres.Open(address, postgres.Options{Endpoint: "https://api.example/v1"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	answer := fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("The rate is 21 %. ", 450))
	records := func(yield func(checkpoint.Record, error) bool) {
		more := yield(checkpoint.Record{Settings: &checkpoint.SettingsRecord{Number: 1}}, nil)
		for i := int64(1); more && i <= int64(b.N); i++ {
			q := checkpoint.RequestRecord{Number: i, Payload: fmt.Appendf(nil, "question %d", i), Mode: "fast", State: checkpoint.Answered, Position: i, Settings: 1, Attempts: 1}
			q.AnswerRecord = checkpoint.AnswerRecord{Run: 1, Started: i, Finished: i + 1000, Cost: 24, Answer: answer}
			more = yield(checkpoint.Record{Request: &q}, nil)
		}
		for i := int64(1); more && i <= int64(b.N); i++ {
			more = yield(checkpoint.Record{Row: &checkpoint.RowRecord{Position: i, Request: i, Line: i + 1, ID: fmt.Sprint(i), Fields: []byte(`["question"]`)}}, nil)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := s.Receive(records); err != nil {
		b.Fatal(err)
	}
}
