//go:build unix

package main

import (
	"flag"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"bizbatch/internal/exit"
	"bizbatch/internal/sandbox"
)

var paceOnly = flag.String("pace", "", "of BenchmarkPace, only the settings that match this regular expression")

// BenchmarkPace runs against services that limit the rate of requests without
// telling the limit, all settings at the same time, and prints for each which
// share of the permitted requests got through after the warm-up, and which
// share of those sent were answered 429. Runner and service are processes of
// their own.
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
		for _, rate := range []int{1, 5, 20, 50} {
			for _, burst := range []int{1, 10} {
				for _, latency := range []time.Duration{200 * time.Millisecond, 4 * time.Second} {
					name := fmt.Sprintf("%d a second, burst %d, answers of %v", rate, burst, latency)
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

func measurePace(b *testing.B, rate, burst int, latency, warmUp, measured time.Duration) (used, throttled float64) {
	v := victim{t: b, server: &sandbox.Server{}, dir: b.TempDir()}
	address := "127.0.0.1:0"
	v.serve(&address, "--rpm", fmt.Sprint(60*rate), "--burst", fmt.Sprint(burst), "--latency", latency.String())
	if err := writeRows(v.path("q.csv"), rate*int((warmUp+measured).Seconds())+1000); err != nil {
		b.Error(err)
		return
	}
	run := v.command("run", "--quiet", "--workers", "64", "--max-duration", (warmUp + measured).String(), "q.csv")
	if err := run.Start(); err != nil {
		b.Error(err)
		return
	}
	<-time.After(warmUp)
	before := v.ledger()
	_ = run.Wait()
	if code := run.ProcessState.ExitCode(); code != int(exit.Clock) {
		b.Errorf("exit code %d, want %d", code, exit.Clock)
	}
	after := v.ledger()
	permitted := min(float64(rate), 64/latency.Seconds()) * measured.Seconds()
	sent, refused := after.Requests-before.Requests, after.RateLimited-before.RateLimited
	return float64(sent-refused) / permitted, float64(refused) / float64(sent)
}
