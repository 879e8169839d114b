package job

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/batch/schema"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// A writtenFile is an output that was written.
type writtenFile struct {
	content string // its digest
	rows    int
	kept    *keptFile // an edited file that was there; nil: none was
	// noted is the error of having the checkpoint know what was written. The file
	// is there all the same.
	noted error
	anew  string // why it is not the workbook of questions with the answers in it; empty: it is, or there is none
}

// writeOutput writes one output file. What people wrote into the one that is there
// is kept first.
func writeOutput(store batch.Checkpoint, in batch.Input, out string, part *report.Part, o report.Options, force bool, notice func(event, text string, args ...any)) (w writtenFile, err error) {
	before := contentDigest(out)
	edited := before != "" && !wroteThat(store, out, before)
	if edited && takeEdited(store, in, out, part, o, notice) {
		edited = false
	}
	if o, err = withReviews(store, in, o, part); err != nil {
		return w, err
	}
	last, err := store.LastReview()
	if err != nil {
		return w, err
	}
	content := sha256.New()
	o.Copy = content
	f, err := composeOutput(store, in, out, part, o)
	if err != nil {
		return w, err
	}
	defer f.Abort()
	w.content, w.rows, w.anew = sum(content), f.Rows(), f.Anew()
	if now := contentDigest(out); now != before { // it was edited just now
		before, edited = now, now != "" && !wroteThat(store, out, now)
	}
	if err := w.replace(store, out, before, edited, force); err != nil {
		return w, err
	}
	if o.Review && w.noted == nil {
		w.noted = store.SetNote(seenNote(store, out), []byte(strconv.FormatInt(last, 10)))
	}
	return w, f.Commit()
}

// replace has the checkpoint know what is about to be written in the place of a file
// with the digest before, and keeps the file if somebody edited it.
func (w *writtenFile) replace(store batch.Checkpoint, out, before string, edited, force bool) error {
	if edited {
		before = ""
		if known, _, _ := store.Output(out); !force || known != "" || oursByName(out) {
			as, err := keep(out, time.Now())
			if err != nil {
				return fmt.Errorf("keep the edited %s: %w", out, err)
			}
			w.kept = &keptFile{out, as, known == ""}
		}
	}
	// Both are known until the new one has its name, whenever the process dies.
	w.noted = store.SetOutput(out, strings.TrimSpace(before+" "+w.content))
	return nil
}

// composeOutput writes all of a file but its name.
func composeOutput(store batch.Checkpoint, in batch.Input, out string, part *report.Part, o report.Options) (f *report.File, err error) {
	format, err := report.FormatOf(out)
	if err == nil && format.History {
		o.History, err = readHistory(store, part)
	}
	if err != nil {
		return nil, err
	}
	if part != nil {
		in = part.Input(in) // and not the workbook of questions, which holds all rows
	} else if o.Source, err = readSource(store); err != nil {
		return nil, err
	}
	s, err := schema.Read(store)
	if err != nil {
		return nil, err
	}
	if s != nil {
		o.Columns, o.Members = append(s.Columns(), o.Columns...), append(s.Members(), o.Members...)
	}
	if f, err = report.Create(out, in, o); err != nil {
		return nil, err
	}
	if err = compose(f, store, part, s); err != nil {
		_ = f.Abort()
	}
	return f, err
}

// readHistory returns what is told of the runs: in a part, of its rows.
func readHistory(store batch.Checkpoint, part *report.Part) (*batch.History, error) {
	if part == nil {
		h, err := batch.ReadHistory(store)
		if err == nil {
			h.Orders, err = Orders(store)
		}
		return h, err
	}
	name := store.Name() + ": " + part.Name()
	return batch.ReadPartHistory(store, name, part.Positions)
}

func compose(f *report.File, store batch.Checkpoint, part *report.Part, s *schema.Schema) error {
	records := batch.Records(store)
	if part != nil {
		records = batch.RecordsAt(store, part.Positions)
	}
	for rec, err := range records {
		if err != nil {
			return err
		}
		s.Note(&rec)
		if err := f.Write(rec); err != nil {
			return err
		}
	}
	return f.Finish()
}

// Export writes the answers of a checkpoint to files, once all of them may be
// written.
func Export(store batch.Checkpoint, in batch.Input, outs []string, o report.Options, force bool, p *terminal.Printer) error {
	if err := checkSet(outs, o); err != nil {
		return err
	}
	outs, parts, err := split(store, in, outs)
	if err != nil {
		return err
	}
	for _, out := range outs {
		if err := checkOutput(out, "", store, force); err != nil {
			return err
		}
	}
	groups, err := groupsOf(store, outs, parts)
	if err != nil {
		return err
	}
	var done []string
	defer func() { tellWritten(p, done, nil, parts) }()
	if err := changesIn(store).addTo(&o); err != nil {
		return err
	}
	for _, out := range outs {
		if o.Groups = nil; parts[out] == nil {
			o.Groups = groups
		}
		w, err := writeOutput(store, in, out, parts[out], o, force, p.Notice)
		if err := w.ended(err, p); err != nil {
			return err
		}
		w.tellAnew(p.Notice, out)
		if parts[out] != nil {
			done = append(done, out) // told together
		} else {
			p.Say("wrote %s: %s", out, prose.Count(w.rows, "row"))
		}
		w.tellUnnoted(p, out)
	}
	return nil
}

// ended tells what became of an edited file, and returns the error of writing another.
func (w *writtenFile) ended(err error, p *terminal.Printer) error {
	if w.kept != nil {
		p.Notice("kept", w.kept.line())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return unwritable(err)
	}
	return err
}

// tellUnnoted says that the checkpoint could not note what was written, if so.
func (w *writtenFile) tellUnnoted(p *terminal.Printer, out string) {
	if w.noted != nil {
		p.Notice("unnoted", unnoted(out))
	}
}

// write writes every output file that is out of date, whatever stopped the run.
// That the checkpoint takes no more was told by then.
func (j *job) write(stop *batch.StopError) error {
	var errs []error
	groups, err := groupsOf(j.store, j.outputs, j.parts)
	if err != nil {
		errs = append(errs, err)
	}
	j.groups = groups
	changes := changesIn(j.store)
	for _, out := range j.outputs {
		part := j.parts[out]
		o, err := withReviews(j.store, j.input, j.Report, part)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if format, _ := report.FormatOf(out); format.History && part == nil {
			o.Groups = groups
		}
		if isCurrent(j.store, out, part, o) {
			j.written, j.current = append(j.written, out), append(j.current, out)
			continue
		}
		if err := changes.addTo(&o); err != nil {
			errs = append(errs, err)
			continue
		}
		w, err := writeOutput(j.store, j.input, out, part, o, j.Force, j.Printer.Notice)
		if w.kept != nil {
			j.kept = append(j.kept, *w.kept)
			j.Printer.Notice("kept", w.kept.line(), "output", out, "as", w.kept.As)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		w.tellAnew(j.Printer.Notice, out)
		j.written = append(j.written, out)
		if w.noted != nil {
			j.unnoted = append(j.unnoted, out)
			continue
		}
		if err := setCurrent(j.store, out, part, w.content, o); stop == nil || stop.Kind != batch.StopSave {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// unwritten returns the outputs that do not hold the answers as they are.
func (j *job) unwritten() []string {
	return slices.DeleteFunc(slices.Clone(j.outputs), func(out string) bool { return slices.Contains(j.written, out) })
}
