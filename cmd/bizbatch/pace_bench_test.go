//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/checkpoint"
	"bizbatch/internal/sandbox"
)

var paceOnly = flag.String("pace", "", "of BenchmarkPace, only the settings that match this regular expression")

// BenchmarkPace runs against services that limit the rate of requests without
// telling the limit, all settings at the same time, and prints for each which
// share of the permitted requests got through after the warm-up, and which
// share of those sent were answered 429.
//
//	go test ./cmd/bizbatch -run '^$' -bench Pace -benchtime 1x
//	go test ./cmd/bizbatch -run '^$' -bench Pace -benchtime 1x -pace '^50 a second, burst 1,'
//
// Alone, a setting has less of the noise that the others make.
func BenchmarkPace(b *testing.B) {
	const warmUp, measured = time.Minute, 3 * time.Minute
	only := regexp.MustCompile(*paceOnly)
	for range b.N {
		var wg sync.WaitGroup
		for _, rate := range []float64{5, 10, 15, 50} {
			for _, burst := range []int{1, 10} {
				for _, latency := range []time.Duration{200 * time.Millisecond, 4 * time.Second} {
					name := fmt.Sprintf("%.0f a second, burst %d, answers of %v", rate, burst, latency)
					if !only.MatchString(name) {
						continue
					}
					wg.Go(func() {
						used, throttled := measurePace(b, rate, burst, latency, warmUp, measured)
						fmt.Printf("%-42s %5.1f %% of the permitted rate, %4.1f %% answered 429\n", name+":", 100*used, 100*throttled)
					})
				}
			}
		}
		wg.Wait()
	}
}

func measurePace(b *testing.B, rate float64, burst int, latency, warmUp, measured time.Duration) (used, throttled float64) {
	server, err := sandbox.Start("", sandbox.Options{Rate: rate, Burst: burst, Latency: latency, Shape: sandbox.Short})
	if err != nil {
		b.Error(err)
		return
	}
	defer server.Close()
	store, err := checkpoint.Open(filepath.Join(b.TempDir(), "pace.bizbatch"), checkpoint.Options{})
	if err != nil {
		b.Error(err)
		return
	}
	defer store.Close()
	_, err = batch.Import(store, func(yield func(batch.Question, error) bool) {
		for i := range int(rate*(warmUp+measured).Seconds()) + 1000 {
			if !yield(batch.Question{ID: fmt.Sprint(i), Line: i + 2, Text: benchQuestion(i), Fields: []byte("[]")}, nil) {
				return
			}
		}
	}, batch.ImportOptions{})
	if err != nil {
		b.Error(err)
		return
	}
	client, err := bizora.New(bizora.Config{BaseURL: server.URL, Key: "key"})
	if err != nil {
		b.Error(err)
		return
	}
	defer client.Close()
	start := time.Now()
	var before sandbox.Ledger
	warm := time.AfterFunc(warmUp, func() { before = server.Ledger() })
	defer warm.Stop()
	_, err = batch.Run(context.Background(), store, client, batch.Options{Workers: 64, Until: start.Add(warmUp + measured)})
	if stop := (*batch.StopError)(nil); !errors.As(err, &stop) || stop.Kind != batch.StopClock {
		b.Errorf("the run ended with %v", err)
		return
	}
	after := server.Ledger()
	permitted := min(rate, benchWorkers/latency.Seconds()) * measured.Seconds()
	sent, refused := after.Requests-before.Requests, after.RateLimited-before.RateLimited
	return float64(sent-refused) / permitted, float64(refused) / float64(sent)
}
