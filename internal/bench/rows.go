//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
)

// steps are what is done with a file of many rows, in this order.
var steps = []struct {
	name string
	args []string
}{
	{"plan", []string{"run", "rows.csv", "--quiet", "--dry-run"}},
	{"run", []string{"run", "rows.csv", "--quiet", "--workers", "256"}},
	{"resume", []string{"run", "rows.csv", "--quiet"}},
	{"export", []string{"export", "rows.csv.bizbatch", "--quiet", "--force", "--out", "rows.jsonl"}},
}

// rows measures each step for more and more rows, all answered by the run, and
// plots the time a row: flat or falling is linear or better.
func rows(ctx context.Context, b *bench) error {
	t := newTable("rows", "step", "seconds", "CPU s", "peak MB")
	plot := make([]strings.Builder, len(steps))
	for n := 1_000; n <= b.most; n *= 10 {
		if err := b.newQuestions("rows.csv", n); err != nil {
			return err
		}
		_, err := b.served(ctx, func(s *served) error {
			for i, step := range steps {
				u, err := b.bizbatch(ctx, s, step.args...)
				if err != nil {
					return err
				}
				t.row(fmt.Sprint(n), step.name, number(u.wall.Seconds()), number(u.cpu.Seconds()), number(u.peak))
				each := u.wall.Seconds() / float64(n) * 1e6
				fmt.Fprintf(&plot[i], "%-6s %9d  %6s µs a row  %s\n", step.name, n, number(each), strings.Repeat("#", 1+int(each/10)))
			}
			return nil
		}, "-shape", "short")
		if err != nil {
			return err
		}
	}
	if err := t.print(); err != nil {
		return err
	}
	for i := range plot {
		fmt.Println(plot[i].String())
	}
	return nil
}
