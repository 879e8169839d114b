package main

import (
	"errors"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
)

type exportCmd struct {
	Checkpoint string   `arg:"" help:"The checkpoint of a run, such as questions.csv.bizbatch."`
	Out        []string `required:"" sep:"none" placeholder:"FILE" help:"Write the answers here, .csv or .jsonl; may be repeated."`
	Force      bool     `help:"Overwrite a file that bizbatch did not write."`
	CSVSafe    bool     `name:"csv-safe" help:"Have no spreadsheet run a cell of a CSV file as a formula: such a cell begins with an apostrophe."`
	Quiet      bool     `short:"q" help:"Print only what a person must act on."`
}

func (*exportCmd) examples() string {
	return `bizbatch export questions.csv.bizbatch --out questions.answers.csv
bizbatch export questions.csv.bizbatch --out questions.answers.jsonl   # with everything that arrived`
}

// Run writes the answers as they are now, also while a run is on.
func (c *exportCmd) Run(e env) error {
	store, err := checkpoint.View(c.Checkpoint)
	if err != nil {
		return storeError(err, c.Checkpoint)
	}
	defer store.Close()
	in, err := batch.InputOf(store)
	if err != nil {
		return err
	}
	if in.Format == "" {
		return usageError(errors.New(c.Checkpoint+" holds no questions yet"), "bizbatch run takes them in")
	}
	for _, out := range c.Out {
		if err := checkOutput(out, c.Checkpoint, store, c.Force); err != nil {
			return err
		}
	}
	u := &ui{out: e.stdout, quiet: c.Quiet}
	for _, out := range c.Out {
		if err := writeAnswers(store, in, out, report.Options{CSVSafe: c.CSVSafe}); err != nil {
			return err
		}
		_ = remember(store, out) // a checkpoint that cannot be written to asks for --force the next time
		u.say("wrote %s", out)
	}
	return nil
}
