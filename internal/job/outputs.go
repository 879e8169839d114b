package job

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/batch/schema"
	"bizbatch/checkpoint"
	"bizbatch/internal/disk"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// checkOutput refuses a file that answers must not be written to. One that is
// there is overwritten only by force or if it is ours: by its name, or because
// it was written from this checkpoint before.
func checkOutput(out, input string, store *checkpoint.Store, force bool) error {
	const hint = "choose another --out"
	if _, err := report.FormatOf(out); err != nil {
		return exit.Usage(err, hint)
	}
	if disk.SameFile(out, input) || disk.SameFile(out, store.Path()) {
		return exit.Usage(fmt.Errorf("--out %s is the input or the checkpoint", out), hint)
	}
	info, err := os.Stat(out)
	if err != nil || !info.Mode().IsRegular() || force || oursByName(out) {
		return nil // what is wrong with it shows when it is written
	}
	switch _, ours, err := store.Output(out); {
	case err != nil:
		return err
	case !ours:
		return exit.Usage(fmt.Errorf("--out %s is there already and was not written from this checkpoint", out), hint+", or overwrite it with --force")
	}
	return nil
}

// checkDistinct refuses a file that is given as an output twice, by whatever
// name: only the last form of the answers would be in it.
func checkDistinct(outs []string) error {
	for i, out := range outs {
		if slices.ContainsFunc(outs[:i], func(other string) bool { return disk.SameFile(out, other) }) {
			return exit.Usage(fmt.Errorf("--out %s is the same file as another --out", out), "choose another --out")
		}
	}
	return nil
}

// writtenFrom reports a file that holds answers of another checkpoint.
func writtenFrom(checkpointPath, out string) bool {
	if _, err := os.Stat(out); err != nil {
		return false
	}
	store, err := checkpoint.View(checkpointPath)
	if err != nil {
		return false // there is no such checkpoint
	}
	defer store.Close()
	_, ours, err := store.Output(out)
	return ours && err == nil
}

// oursByName reports a file whose name says that bizbatch wrote it, such as
// questions.answers.csv.
func oursByName(out string) bool {
	return strings.HasSuffix(strings.TrimSuffix(out, filepath.Ext(out)), ".answers")
}

// claimOutput has the checkpoint know a file as ours before anything is written
// there: what comes later may find the disk full.
func claimOutput(store *checkpoint.Store, out string) error {
	if _, ours, err := store.Output(out); ours || err != nil {
		return err
	}
	return store.SetOutput(out, "")
}

// outputsFor are the files to write for questions in a format.
func (o *Options) outputsFor(format batch.Format) []string {
	if len(o.Outputs) > 0 {
		return o.Outputs
	}
	base := strings.TrimSuffix(o.File, ".gz")
	ext := filepath.Ext(base)
	base = strings.TrimSuffix(base, ext)
	if o.File == "-" {
		base = strings.TrimSuffix(o.Checkpoint, ".bizbatch")
	}
	if o.Report.OpenAIBatch {
		format = batch.JSONL
	}
	if ext = strings.ToLower(ext); otherNames[ext] != format {
		ext = "." + string(format)
	}
	return []string{base + ".answers" + ext}
}

// otherNames are the extensions that the answers keep, beside those that are
// called as their formats: questions.csv and questions.tsv have answers each.
var otherNames = map[string]batch.Format{".tsv": batch.CSV, ".txt": batch.CSV, ".ndjson": batch.JSONL, ".xlsm": batch.XLSX}

// checkOutputs finds out before anything is sent whether the answers can be
// written where they are to go.
func (j *job) checkOutputs() error {
	in := j.reader.Input()
	j.outputs = j.outputsFor(in.Format)
	if err := checkDistinct(j.outputs); err != nil {
		return exit.Unsent(err)
	}
	for _, out := range j.outputs {
		err := checkOutput(out, j.File, j.store, j.Force)
		if j.Sandbox && writtenFrom(j.File+".bizbatch", out) {
			j.replaced = append(j.replaced, out)
		}
		if err == nil && !j.DryRun {
			err = tryOutput(out, in)
		}
		if err != nil {
			return exit.Unsent(err)
		}
	}
	return nil
}

// tryOutput begins the file, and leaves it as it was.
func tryOutput(out string, in batch.Input) error {
	f, err := report.Create(out, in, report.Options{})
	if err == nil {
		err = f.Abort()
	}
	if err != nil {
		return exit.Usage(err, "choose another --out")
	}
	return nil
}

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
func writeOutput(store *checkpoint.Store, in batch.Input, out string, o report.Options, force bool, notice func(event, text string, args ...any)) (w writtenFile, err error) {
	before := contentDigest(out)
	edited := before != "" && !wroteThat(store, out, before)
	if edited && takeEdited(store, in, out, o, notice) {
		edited = false
	}
	if o, err = withReviews(store, o); err != nil {
		return w, err
	}
	last, err := store.LastReview()
	if err != nil {
		return w, err
	}
	content := sha256.New()
	o.Copy = content
	f, err := composeOutput(store, in, out, o)
	if err != nil {
		return w, err
	}
	defer f.Abort()
	w.content, w.rows, w.anew = sum(content), f.Rows(), f.Anew()
	if now := contentDigest(out); now != before { // it was edited just now
		before, edited = now, now != "" && !wroteThat(store, out, now)
	}
	if edited {
		before = ""
		if known, _, _ := store.Output(out); !force || known != "" || oursByName(out) {
			as, err := keep(out, time.Now())
			if err != nil {
				return w, fmt.Errorf("keep the edited %s: %w", out, err)
			}
			w.kept = &keptFile{out, as, known == ""}
		}
	}
	// Both are known until the new one has its name, whenever the process dies.
	w.noted = store.SetOutput(out, strings.TrimSpace(before+" "+w.content))
	if o.Review && w.noted == nil {
		w.noted = store.SetNote(seenNote(store, out), []byte(strconv.FormatInt(last, 10)))
	}
	return w, f.Commit()
}

// composeOutput writes all of a file but its name.
func composeOutput(store *checkpoint.Store, in batch.Input, out string, o report.Options) (f *report.File, err error) {
	format, err := report.FormatOf(out)
	if err == nil && format.History {
		o.History, err = batch.ReadHistory(store)
	}
	if err == nil {
		o.Source, err = readSource(store)
	}
	if err != nil {
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
	if err = compose(f, store, s); err != nil {
		_ = f.Abort()
	}
	return f, err
}

func compose(f *report.File, store *checkpoint.Store, s *schema.Schema) error {
	for rec, err := range batch.Records(store) {
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
func Export(store *checkpoint.Store, in batch.Input, outs []string, o report.Options, force bool, p *terminal.Printer) error {
	if err := checkDistinct(outs); err != nil {
		return err
	}
	for _, out := range outs {
		if err := checkOutput(out, "", store, force); err != nil {
			return err
		}
	}
	for _, out := range outs {
		w, err := writeOutput(store, in, out, o, force, p.Notice)
		if w.kept != nil {
			p.Notice("kept", w.kept.line())
		}
		if err != nil {
			return err
		}
		w.tellAnew(p.Notice, out)
		p.Say("wrote %s: %s", out, prose.Count(w.rows, "row"))
		if w.noted != nil {
			p.Notice("unnoted", unnoted(out))
		}
	}
	return nil
}

// write writes every output file that is out of date, whatever stopped the run.
// That the checkpoint takes no more was told by then.
func (j *job) write(stop *batch.StopError) error {
	var errs []error
	for _, out := range j.outputs {
		o, err := withReviews(j.store, j.Report)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if isCurrent(j.store, out, o) {
			j.written, j.current = append(j.written, out), append(j.current, out)
			continue
		}
		w, err := writeOutput(j.store, j.input, out, o, j.Force, j.Printer.Notice)
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
		if err := setCurrent(j.store, out, w.content, o); stop == nil || stop.Kind != batch.StopSave {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// unwritten are the outputs that do not hold the answers as they are.
func (j *job) unwritten() []string {
	return slices.DeleteFunc(slices.Clone(j.outputs), func(out string) bool { return slices.Contains(j.written, out) })
}
