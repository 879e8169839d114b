package batch

import (
	"context"
	"path/filepath"
	"testing"

	"bizbatch/checkpoint"
)

// BenchmarkRun asks b.N questions of a service that answers at once, with 64
// workers and a checkpoint that syncs: what the runner itself costs.
func BenchmarkRun(b *testing.B) {
	store, err := checkpoint.Open(filepath.Join(b.TempDir(), "q.bizbatch"), checkpoint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := Import(store, texts(numbered(b.N)...), ImportOptions{Settings: Settings{AskModes: taxModes}}); err != nil {
		b.Fatal(err)
	}
	asker := askerFunc(func(context.Context, Request) (Answer, error) {
		return Answer{Text: "A short answer.", FinishReason: "stop"}, nil
	})
	b.ReportAllocs()
	b.ResetTimer()
	sum, err := Run(context.Background(), store, asker, Options{Workers: 64})
	if err != nil || sum.Answered != b.N {
		b.Fatalf("%+v, %v", sum, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}
