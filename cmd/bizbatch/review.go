package main

import (
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

type reviewCmd struct {
	Checkpoint string `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	File       string `arg:"" help:"A file of answers with the columns of --review that somebody filled in: .csv, .tsv or .xlsx."`
	Quiet      bool   `short:"q" help:"Print only what a person must act on."`
}

func (*reviewCmd) examples() string {
	return `bizbatch run questions.csv --review                       # with columns for a review in the answers
bizbatch review questions.csv from-ana.xlsx               # take in a copy that came back by mail
bizbatch export questions.csv --out answers.xlsx          # the answers with all reviews`
}

// Run keeps what people wrote in a file of answers.
func (c *reviewCmd) Run(e env) error {
	store, in, err := job.ViewInput(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	return job.Review(store, in, c.File, terminal.New(e.stdout, e.stderr, terminal.Options{Quiet: c.Quiet}))
}
