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

// Run writes the answers as they are now, also while a run is on.
func (c *exportCmd) Run(e env) error {
	store, err := checkpoint.View(c.Checkpoint)
	if err != nil {
		return storeError(err)
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
		u.say("wrote %s", out)
	}
	return c.remember()
}

// remember has the checkpoint know the files as ours. Beside a run that cannot
// be, and then the next export to the same file asks for --force.
func (c *exportCmd) remember() error {
	store, err := checkpoint.Open(c.Checkpoint, checkpoint.Options{})
	if err != nil {
		return nil
	}
	for _, out := range c.Out {
		err = errors.Join(err, remember(store, out))
	}
	return errors.Join(err, store.Close())
}
