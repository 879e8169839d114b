package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"bizbatch/batch/diff"
	"bizbatch/batch/report"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

type diffCmd struct {
	Checkpoint string   `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	Since      string   `xor:"which" placeholder:"WHEN" help:"Compare what was the answer then, or the first since, with what is now: a time ago (30d), a day (monday, 2026-09-01) or a time (default: before the last run)."`
	OfRun      int64    `name:"run" xor:"which" placeholder:"N" help:"Compare what was the answer before that run, of those that bizbatch status lists, with what was after it."`
	All        bool     `xor:"which" help:"Compare each answer with the next."`
	ID         string   `name:"id" placeholder:"ID" help:"Only the question with this id; without another flag, its last two answers."`
	Reworded   bool     `help:"List the answers that are only reworded, too."`
	Out        []string `sep:"none" placeholder:"FILE" help:"Write the answers side by side here: ${comparisonFormats}; may be repeated."`
	Force      bool     `help:"Overwrite a file that bizbatch did not write."`
	CSVSafe    bool     `name:"csv-safe" help:"As for bizbatch export."`
	CSVBOM     choice   `name:"csv-bom" help:"As for bizbatch export."`
	JSON       bool     `name:"json" help:"Print everything as JSON, for programs."`
	ExitCode   bool     `help:"End with exit code 9 if an answer changed."`
	Quiet      bool     `short:"q" help:"Print only what a person must act on."`
}

func (*diffCmd) examples() string {
	return `bizbatch diff questions.csv                                  # what the last run changed
bizbatch diff questions.csv --since 30d --out changes.html   # in the last 30 days, to read side by side
bizbatch diff questions.csv --id TQ-001 --all                # all that one question was answered`
}

// Run compares answers, also while a run is on.
func (c *diffCmd) Run(e env) error {
	store, in, err := job.ViewInput(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	choice := job.Choice{Run: c.OfRun, All: c.All, ID: c.ID}
	if choice.Since, err = sinceWhen(c.Since); err != nil {
		return err
	}
	all, err := job.Differences(store, choice)
	if err != nil {
		return err
	}
	if c.ID != "" && all.Total() == 0 && !hasQuestion(store, c.ID) {
		return unknown(store, c.Checkpoint, c.ID)
	}
	p := terminal.New(e.stdout, e.stderr, terminal.Options{Quiet: c.Quiet || c.JSON})
	o := report.Options{CSVSafe: c.CSVSafe, CSVBOM: report.Choice(c.CSVBOM)}
	if err := job.WriteComparisons(store, in, all, c.Out, o, c.Force, p); err != nil {
		return err
	}
	switch {
	case c.JSON:
		err = printJSON(e.stdout, differencesOf(c.Checkpoint, all))
	case !c.Quiet:
		err = c.print(terminal.NewPage(e.stdout), all)
	}
	if err == nil && c.ExitCode && all.Counts[diff.Changed] > 0 {
		err = &exit.Error{Code: exit.Changed, Err: errors.New(all.InWords()), Asked: true}
	}
	return err
}

// sinceWhen reads the flag --since.
func sinceWhen(since string) (time.Time, error) {
	t, err := parseSince(since, time.Now())
	if err != nil {
		return t, exit.Usage(err, "such as --since 24h, 7d, today, monday or 2026-09-01")
	}
	if err := checkZone(os.Getenv("TZ"), time.Local); dependsOnZone(since) && err != nil {
		return t, exit.Usage(fmt.Errorf("%w, and --since %s depends on it", err, since), zoneHint+"; a time ago, such as 24h, needs none")
	}
	return t, nil
}

// print prints what is different, the changed answers first.
func (c *diffCmd) print(p *terminal.Page, all *report.Comparisons) error {
	for _, found := range all.List {
		if found.Class == diff.Changed || c.Reworded {
			printDifference(p, &found)
		}
	}
	p.Line(fmt.Sprintf("%s: %s", all.Of, all.InWords()))
	if n := all.Counts[diff.Reworded]; n > 0 && !c.Reworded {
		p.Line(fmt.Sprintf("to list the %s too: --reworded", prose.Count(n, "reworded answer")))
	}
	if len(all.List) > 0 && len(c.Out) == 0 {
		p.Line("to read them side by side: --out changes.html")
	}
	return p.Err()
}

// printDifference prints a question, and what is different in its answer.
func printDifference(p *terminal.Page, c *report.Comparison) {
	p.Heading(fmt.Sprintf("%s · %s · %s", c.Record.ID, c.Class, prose.OneLine(c.Record.Question)))
	for _, what := range c.Difference.What() {
		p.Text("  " + what)
	}
	p.Line("")
}

// A differences is what --json prints.
type differences struct {
	Checkpoint  string               `json:"checkpoint"`
	Of          string               `json:"of"`
	Compared    int                  `json:"compared"`
	Changed     int                  `json:"changed"`
	Reworded    int                  `json:"reworded"`
	Same        int                  `json:"same"`
	Differences []*report.Comparison `json:"differences"`
}

func differencesOf(path string, all *report.Comparisons) differences {
	d := differences{
		Checkpoint: path, Of: all.Of, Compared: all.Total(),
		Changed: all.Counts[diff.Changed], Reworded: all.Counts[diff.Reworded], Same: all.Counts[diff.Same], Differences: []*report.Comparison{},
	}
	for i := range all.List {
		d.Differences = append(d.Differences, &all.List[i])
	}
	return d
}
