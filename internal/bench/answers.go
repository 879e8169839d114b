//go:build unix

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"bizbatch/internal/sandbox"
)

// answers measures what an answer costs, in pairs of the bare loop and
// bizbatch, one right after the other.
func answers(ctx context.Context, b *bench) error {
	t := newTable("answers", "answers/s", "CPU s per 1,000", "peak MB", "saves per sync", "throughput", "CPU per answer")
	for _, c := range []struct {
		name    string
		shape   sandbox.Shape
		workers int
		n       int
	}{
		{"standard answers (873 chunks, 408 KB), 64 workers", sandbox.Recorded, 64, 2_000},
		{"short answers (20 chunks, 7.6 KB), 256 workers", sandbox.Short, 256, 20_000},
	} {
		var loops, runs []usage
		var saves float64
		for range b.rounds {
			loop, err := b.bareLoop(ctx, c.shape, c.workers, c.n)
			if err != nil {
				return err
			}
			run, perSync, err := b.batchRun(ctx, c.shape, c.workers, c.n)
			if err != nil {
				return err
			}
			loops, runs, saves = append(loops, loop), append(runs, run), perSync
		}
		loop, run := median(loops), median(runs)
		t.row(c.name)
		t.row("  bare loop", perSecond(c.n, loop), perThousand(c.n, loop), number(loop.peak), "none", "1", "1")
		t.row("  bizbatch", perSecond(c.n, run), perThousand(c.n, run), number(run.peak), number(saves),
			number(loop.wall.Seconds()/run.wall.Seconds()), number(run.cpu.Seconds()/loop.cpu.Seconds()))
	}
	return t.print()
}

func perSecond(n int, u usage) string   { return number(float64(n) / u.wall.Seconds()) }
func perThousand(n int, u usage) string { return number(u.cpu.Seconds() / float64(n) * 1000) }

func (b *bench) bareLoop(ctx context.Context, shape sandbox.Shape, workers, n int) (u usage, err error) {
	_, err = b.served(ctx, func(s *served) error {
		u, err = b.run(ctx, s.env(), os.Args[0], "bare", "-workers", fmt.Sprint(workers), "-n", fmt.Sprint(n))
		return err
	}, "-shape", string(shape))
	return u, err
}

// batchRun measures a whole run, with its plan and its output, on a new file.
func (b *bench) batchRun(ctx context.Context, shape sandbox.Shape, workers, n int) (u usage, savesPerSync float64, err error) {
	if err := b.newQuestions("answers.csv", n); err != nil {
		return usage{}, 0, err
	}
	_, err = b.served(ctx, func(s *served) error {
		u, err = b.bizbatch(ctx, s, "run", "answers.csv", "--workers", fmt.Sprint(workers), "--quiet", "--summary", "summary.json")
		return err
	}, "-shape", string(shape))
	if err != nil {
		return usage{}, 0, err
	}
	var summary struct{ Saves, Syncs float64 }
	text, err := os.ReadFile(b.path("summary.json"))
	if err == nil {
		err = json.Unmarshal(text, &summary)
	}
	return u, summary.Saves / summary.Syncs, err
}

// median returns the usage with the median processor time.
func median(list []usage) usage {
	slices.SortFunc(list, func(a, b usage) int { return cmp.Compare(a.cpu, b.cpu) })
	return list[len(list)/2]
}
