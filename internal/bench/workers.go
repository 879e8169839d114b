//go:build unix

package main

import (
	"context"
	"fmt"
	"time"
)

// workers measures many answers in flight, with HTTP/1.1 and with HTTP/2 over
// TLS: whether they are all sent at the start, and when the run ends.
func workers(ctx context.Context, b *bench) error {
	const workers, n, latency = 2_000, 6_000, 10 * time.Second
	const ideal = n / workers * latency
	t := newTable(fmt.Sprintf("%d answers of %v, %d workers", n, latency, workers),
		"all in flight after", "peak MB", "CPU s per 1,000", "whole run", "of ideal")
	for _, c := range []struct {
		name  string
		flags []string
	}{
		{"28 KB each, HTTP/1.1", nil},
		{"28 KB each, HTTP/2 over TLS", []string{"-tls"}},
		{"408 KB each, HTTP/1.1", []string{"-shape", "recorded"}},
	} {
		if err := b.newQuestions("workers.csv", n); err != nil {
			return err
		}
		var begin time.Time
		var u usage
		ledger, err := b.served(ctx, func(s *served) (err error) {
			begin = time.Now()
			u, err = b.bizbatch(ctx, s, "run", "workers.csv", "--workers", fmt.Sprint(workers), "--quiet")
			return err
		}, append(c.flags, "-latency", latency.String())...)
		if err != nil {
			return err
		}
		if ledger.MaxInFlight < workers {
			return fmt.Errorf("at most %d were in flight, not %d", ledger.MaxInFlight, workers)
		}
		t.row(c.name, seconds(ledger.Sent[workers-1].Sub(begin)), number(u.peak), perThousand(n, u),
			seconds(u.wall), number(u.wall.Seconds()/ideal.Seconds()))
	}
	return t.print()
}

func seconds(d time.Duration) string { return number(d.Seconds()) + " s" }
