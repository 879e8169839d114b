//go:build unix

// Bench measures bizbatch the way its users run it: the program and a sandbox
// as processes of their own, on the loopback interface, every answer on disk.
//
//	go run ./internal/bench                 # everything, about ten minutes
//	go run ./internal/bench answers rows    # only these parts
//
// The parts are
//
//	answers   processor time, memory and throughput for each answer, beside a
//	          bare go-openai loop that saves nothing
//	workers   2,000 answers in flight that take ten seconds each
//	start     from the start of the program to the first request
//	rows      planning, resuming and exporting 1,000 to 1,000,000 rows
//	refresh   planning with --refresh, beside planning without
//
// Times depend on the machine; a ratio compares two measured in one run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// A part is something that is measured and printed.
type part struct {
	name    string
	measure func(context.Context, *bench) error
}

var parts = []part{
	{"answers", answers},
	{"workers", workers},
	{"start", start},
	{"rows", rows},
	{"refresh", refresh},
}

// roles are what this program is for itself, in processes of their own.
var roles = map[string]func(args []string) error{"service": service, "bare": bare}

func main() {
	var err error
	if role := roles[append(os.Args, "")[1]]; role != nil {
		err = role(os.Args[2:])
	} else {
		err = measureParts(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measureParts(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	b := &bench{}
	flags.IntVar(&b.rounds, "rounds", 3, "how often each pair of answers is measured; the median counts")
	flags.IntVar(&b.most, "rows", 1_000_000, "the most rows to measure")
	flags.StringVar(&b.bin, "bizbatch", "", "measure this program (default: one built from here)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, name := range flags.Args() {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("no part %q", name)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.open(ctx); err != nil {
		return err
	}
	defer b.close()
	for _, p := range parts {
		if flags.NArg() == 0 || slices.Contains(flags.Args(), p.name) {
			if err := p.measure(ctx, b); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}
