package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

type exportCmd struct {
	Checkpoint string   `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	Out        []string `required:"" sep:"none" placeholder:"FILE" help:"Write the answers here: ${formats}; may be repeated."`
	Status     string   `enum:"answered,failed,pending," default:"" placeholder:"STATUS" help:"Only rows that are answered, failed or pending."`
	Since      string   `placeholder:"WHEN" help:"Only rows whose answer or failure came in since then: a time ago (24h, 7d), a day (today, monday, 2026-09-01) or a time (2026-09-01T18:00)."`
	Format     string   `enum:"openai-batch," default:"" placeholder:"NAME" help:"openai-batch: .jsonl files are the output file of OpenAI's Batch API, with --status failed its error file."`
	Force      bool     `help:"Overwrite a file that bizbatch did not write."`
	CSVSafe    bool     `name:"csv-safe" help:"Prefix formula-like cells of a CSV file, and parts of cells, with an apostrophe, so that no spreadsheet runs them."`
	CSVBOM     choice   `name:"csv-bom" help:"Begin CSV files with a byte order mark, which tells Excel on Windows that they are UTF-8. --csv-bom=no: without (default: as run does)."`
	Quiet      bool     `short:"q" help:"Print only what a person must act on."`
}

func (*exportCmd) examples() string {
	return `bizbatch export questions.csv --out answers.html --out answers.xlsx   # a page to read, and a workbook
bizbatch export questions.csv --out failed.csv --status failed        # only what failed
bizbatch export questions.csv --out questions.answers.jsonl           # with everything that arrived`
}

// Run writes the answers as they are now, also while a run is on.
func (c *exportCmd) Run(e env) error {
	store, err := viewCheckpoint(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	in, err := batch.ReadInput(store)
	if err != nil {
		return err
	}
	if in.Format == "" {
		return usageError(errors.New(c.Checkpoint+" holds no questions yet"), "bizbatch run takes them in")
	}
	o := report.Options{CSVSafe: c.CSVSafe, CSVBOM: report.Choice(c.CSVBOM), Status: batch.Status(c.Status), OpenAIBatch: c.Format == openAIBatch}
	if o.Since, err = parseSince(c.Since, time.Now()); err != nil {
		return usageError(err, "such as --since 24h, 7d, today, monday or 2026-09-01")
	}
	if err := checkZone(os.Getenv("TZ"), time.Local); dependsOnZone(c.Since) && err != nil {
		return usageError(fmt.Errorf("%w, and --since %s depends on it", err, c.Since), zoneHint+"; a time ago, such as 24h, needs none")
	}
	if err := checkDistinct(c.Out); err != nil {
		return err
	}
	for _, out := range c.Out {
		if err := checkOutput(out, c.Checkpoint, store, c.Force); err != nil {
			return err
		}
	}
	u := &ui{out: e.stdout, err: e.stderr, quiet: c.Quiet, log: slog.New(slog.DiscardHandler)}
	for _, out := range c.Out {
		w, err := writeOutput(store, in, out, o, c.Force)
		if w.kept != nil {
			u.notice("kept", w.kept.line())
		}
		if err != nil {
			return err
		}
		u.say("wrote %s", out)
		if w.noted != nil {
			u.notice("unnoted", unnoted(out))
		}
	}
	return nil
}

// dependsOnZone reports a moment, as parseSince takes it, that is another one in
// another zone.
func dependsOnZone(since string) bool {
	_, notAgo := time.ParseDuration(since)
	_, noZone := time.Parse(time.RFC3339, since)
	return since != "" && notAgo != nil && noZone != nil
}

// parseSince parses a time ago (24h, 7d), a day (today, yesterday, the latest
// monday, 2026-09-01) or a time (2026-09-01T18:00), in the zone of now.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 {
			return now.AddDate(0, 0, -days), nil
		}
	}
	name := strings.ToLower(s)
	year, month, day := now.Date()
	for back := range 7 {
		t := time.Date(year, month, day-back, 0, 0, 0, 0, now.Location())
		if back == 0 && name == "today" || back == 1 && name == "yesterday" || name == strings.ToLower(t.Weekday().String()) {
			return t, nil
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q is not a date, time or duration", s)
}
