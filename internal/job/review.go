package job

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// tell says what was read, a line for each thing that people should know.
func (t *taking) tell(notice func(event, text string, args ...any), file string) {
	for _, line := range t.conflicts {
		notice("conflict", line, "file", file)
	}
	if n := len(t.strangers); n > 0 {
		notice("strangers", fmt.Sprintf("%s has reviews beside %s that are none of the questions, such as %q: they are in that file only", file, prose.Count(n, "row"), t.strangers[0]), "file", file)
	}
	if t.cleared > 0 {
		notice("cleared", fmt.Sprintf("reviews that are empty in %s stay as they were, in %s: a review can be changed, but not taken back", file, prose.Count(t.cleared, "cell")), "file", file)
	}
}

// seenNote returns the name of the checkpoint's note of the last review that is in
// an output.
func seenNote(store batch.Checkpoint, out string) string {
	return "reviews in " + fromFolder(store, out)
}

// withReviews are the options with what the checkpoint has of reviews. A part has
// those columns that people added to its file, or in which its rows have something:
// the name of a column is a text, too.
func withReviews(store batch.Checkpoint, in batch.Input, o report.Options, part *report.Part) (report.Options, error) {
	columns, any, err := batch.ReviewColumns(store)
	o.Review, o.ReviewColumns = o.Review || any, columns
	if part == nil || len(columns) == 0 || err != nil {
		return o, err
	}
	used := map[string]bool{}
	for rec, err := range batch.RecordsAt(store, part.Positions) {
		if err != nil {
			return o, err
		}
		if rec.Review == nil {
			continue
		}
		for name, text := range rec.Review.Columns {
			used[name] = used[name] || text != ""
		}
	}
	if f, err := readReviews(part.Path, in); err == nil { // else there is none, or nobody writes in it
		for _, name := range f.ownNames() {
			used[name] = true
		}
	}
	o.ReviewColumns = slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return !used[name] })
	return o, nil
}

// openReviews reads a file, and which reviews were in it when it was written.
func openReviews(store batch.Checkpoint, in batch.Input, path string) (*reviewFile, error) {
	f, err := readReviews(path, in)
	if err != nil {
		return nil, err
	}
	note, err := store.Note(seenNote(store, path))
	if err == nil && note != nil {
		f.seen, err = strconv.ParseInt(string(note), 10, 64)
	}
	return f, err
}

// takeEdited keeps the reviews of an output that somebody edited, and reports
// whether that is all that is new in it.
func takeEdited(store batch.Checkpoint, in batch.Input, out string, part *report.Part, o report.Options, notice func(event, text string, args ...any)) (all bool) {
	f, err := openReviews(store, in, out)
	if err == nil {
		all, err = f.asWritten(store, in, out, part, o)
	}
	var t taking
	if err == nil {
		t, err = takeReviews(store, in, f, time.Now())
	}
	switch {
	case errors.Is(err, errNoReviews):
	case err != nil:
		notice("unread", fmt.Sprintf("the reviews in %s could not be taken in: %v", out, err), "output", out)
	default:
		if len(t.changed) > 0 {
			notice("reviewed", fmt.Sprintf("%s was reviewed: %s", out, prose.Count(len(t.changed), "row")), "output", out)
		}
		t.tell(notice, out)
	}
	return all && err == nil && len(t.strangers) == 0 && t.cleared == 0
}

// Review keeps the reviews of a file that is none of the outputs, such as one that
// came by mail.
func Review(store batch.Checkpoint, in batch.Input, path string, p *terminal.Printer) error {
	f, err := openReviews(store, in, path)
	if errors.Is(err, errNoReviews) {
		return exit.Usage(fmt.Errorf("%s has no column %q", path, report.Columns(in)["verdict"]), "run and export write it with --review")
	}
	if err != nil {
		return exit.Usage(err, "name a .csv, .tsv or .xlsx file of answers")
	}
	t, err := takeReviews(store, in, f, time.Now())
	if err != nil {
		return err
	}
	t.tell(p.Notice, path)
	p.Say("%s of %s reviewed; run and export write that into their files", prose.Count(len(t.changed), "row"), path)
	return nil
}

// takeReviews keeps what people wrote into the outputs before the rows change.
func (j *job) takeReviews() error {
	in, err := batch.ReadInput(j.store)
	if err != nil || in.Format == "" {
		return err
	}
	outs, parts, err := split(j.store, in, j.outputs)
	if err != nil {
		outs, parts = j.outputs, nil // the rows of then do not go by the patterns of now
	}
	for _, out := range outs {
		content := contentDigest(out)
		if content == "" || wroteThat(j.store, out, content) {
			continue
		}
		known, ours, err := j.store.Output(out)
		if err != nil {
			return err
		}
		if parts[out] != nil && !ours {
			continue // it was never written
		}
		o, err := withReviews(j.store, in, j.Report, parts[out])
		if err == nil && takeEdited(j.store, in, out, parts[out], o, j.Printer.Notice) {
			err = j.store.SetOutput(out, strings.TrimSpace(known+" "+content)) // it holds nothing else
		}
		if err != nil {
			return err
		}
	}
	return nil
}
