//go:build unix

package main

import (
	"context"
	"fmt"
	"time"
)

// start measures the time from the start of the program to the first request.
func start(ctx context.Context, b *bench) error {
	const rows, rounds = 1_000, 9
	var least, sum time.Duration
	for range rounds {
		if err := b.newQuestions("start.csv", rows); err != nil {
			return err
		}
		var begin time.Time
		ledger, err := b.served(ctx, func(s *served) error {
			begin = time.Now()
			_, err := b.bizbatch(ctx, s, "run", "start.csv", "--quiet")
			return err
		}, "-shape", "short")
		if err != nil {
			return err
		}
		took := ledger.Sent[0].Sub(begin)
		if least == 0 || took < least {
			least = took
		}
		sum += took
	}
	t := newTable(fmt.Sprintf("start, %d rows", rows), "mean", "least")
	t.row("first request after", milliseconds(sum/rounds), milliseconds(least))
	return t.print()
}

func milliseconds(d time.Duration) string { return number(d.Seconds()*1000) + " ms" }
