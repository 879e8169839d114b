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
	t := newTable(fmt.Sprintf("%d answers of %v, %d workers", n, latency, workers), "",
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
		err := b.served(ctx, func(s *served) error {
			begin := time.Now()
			u, err := b.bizbatch(ctx, s, "run", "workers.csv", "--workers", fmt.Sprint(workers), "--quiet")
			if err != nil {
				return err
			}
			ledger, err := s.ledger(ctx)
			if err != nil {
				return err
			}
			if ledger.MaxInFlight < workers {
				return fmt.Errorf("at most %d were in flight, not %d", ledger.MaxInFlight, workers)
			}
			t.row(c.name, seconds(ledger.Sent[workers-1].Sub(begin)), number(u.peak), perThousand(n, u),
				seconds(u.wall), number(u.wall.Seconds()/ideal.Seconds()))
			return nil
		}, append(c.flags, "-latency", latency.String())...)
		if err != nil {
			return err
		}
	}
	return t.print()
}

func seconds(d time.Duration) string { return number(d.Seconds()) + " s" }

// start measures the time from the start of the program to the first request.
func start(ctx context.Context, b *bench) error {
	const rows, rounds = 1_000, 9
	var least, sum time.Duration
	for range rounds {
		if err := b.newQuestions("start.csv", rows); err != nil {
			return err
		}
		err := b.served(ctx, func(s *served) error {
			begin := time.Now()
			if _, err := b.bizbatch(ctx, s, "run", "start.csv", "--quiet"); err != nil {
				return err
			}
			ledger, err := s.ledger(ctx)
			if err != nil {
				return err
			}
			took := ledger.Sent[0].Sub(begin)
			if least == 0 || took < least {
				least = took
			}
			sum += took
			return nil
		}, "-shape", "short")
		if err != nil {
			return err
		}
	}
	t := newTable(fmt.Sprintf("start, %d rows", rows), "", "mean", "least")
	t.row("first request after", number(float64((sum/rounds).Microseconds())/1000)+" ms", number(float64(least.Microseconds())/1000)+" ms")
	return t.print()
}
