package main

import (
	"errors"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

type exportCmd struct {
	Checkpoint   string   `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	Out          []string `required:"" sep:"none" placeholder:"FILE" help:"Write the answers here: ${formats}; with {{.client}} in its name, a file for each value of that column; may be repeated."`
	Status       string   `enum:"answered,failed,pending," default:"" placeholder:"STATUS" help:"Only rows that are answered, failed or pending."`
	Since        string   `placeholder:"WHEN" help:"Only rows whose answer or failure came in since then: a time ago (24h, 7d), a day (today, monday, 2026-09-01) or a time (2026-09-01T18:00)."`
	Format       string   `enum:"openai-batch," default:"" placeholder:"NAME" help:"openai-batch: .jsonl files are the output file of OpenAI's Batch API, with --status failed its error file."`
	Force        bool     `help:"Overwrite a file that bizbatch did not write."`
	CSVSafe      bool     `name:"csv-safe" help:"Prefix formula-like cells of a CSV file, and parts of cells, with an apostrophe, so that no spreadsheet runs them."`
	CSVBOM       choice   `name:"csv-bom" help:"Begin CSV files with a byte order mark, which tells Excel on Windows that they are UTF-8. --csv-bom=no: without (default: as run does)."`
	DocxTemplate string   `name:"docx-template" placeholder:"FILE" help:"Take the styles, page, header and footer of .docx files from this Word document."`
	Review       bool     `help:"Add the columns reviewed by, verdict and review note; they are there by themselves once there are reviews."`
	Quiet        bool     `short:"q" help:"Print only what a person must act on."`
}

func (*exportCmd) examples() string {
	return `bizbatch export questions.csv --out answers.html --out answers.xlsx   # a page to read, and a workbook
bizbatch export questions.csv --out failed.csv --status failed        # only what failed
bizbatch export questions.csv --out questions.answers.jsonl           # with everything that arrived`
}

// Run writes the answers as they are now, also while a run is on.
func (c *exportCmd) Run(e env) error {
	store, in, err := job.ViewInput(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	if in.Format == "" {
		return exit.Usage(errors.New(c.Checkpoint+" holds no questions yet"), "bizbatch run takes them in")
	}
	o := report.Options{CSVSafe: c.CSVSafe, CSVBOM: report.Choice(c.CSVBOM), Status: batch.Status(c.Status), OpenAIBatch: c.Format == openAIBatch, Review: c.Review, WordTemplate: c.DocxTemplate}
	if o.Since, err = sinceWhen(c.Since); err != nil {
		return err
	}
	return job.Export(store, in, c.Out, o, c.Force, terminal.New(e.stdout, e.stderr, terminal.Options{Quiet: c.Quiet}))
}
