package job

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/disk"
	"bizbatch/internal/exit"
)

// checkOutput refuses a file that answers must not be written to. One that is
// there is overwritten only by force or if it is ours: by its name, or because
// it was written from this checkpoint before.
func checkOutput(out, input string, store batch.Checkpoint, force bool) error {
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

// checkSet refuses a file that is given as an output twice, by whatever name, for
// only the last form of the answers would be in it, and a template of which
// nothing is made.
func checkSet(outs []string, o report.Options) error {
	for i, out := range outs {
		if slices.ContainsFunc(outs[:i], func(other string) bool { return disk.SameFile(out, other) }) {
			return exit.Usage(fmt.Errorf("--out %s is the same file as another --out", out), "choose another --out")
		}
	}
	if o.WordTemplate != "" && !slices.ContainsFunc(outs, func(out string) bool { return strings.EqualFold(filepath.Ext(out), ".docx") }) {
		return exit.Usage(fmt.Errorf("--docx-template %s is for Word files, and none is written", o.WordTemplate), "add --out answers.docx")
	}
	return nil
}

// writtenFrom reports whether a file holds answers of another checkpoint.
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

// oursByName reports whether the name of a file says that bizbatch wrote it, such as
// questions.answers.csv.
func oursByName(out string) bool {
	return strings.HasSuffix(strings.TrimSuffix(out, filepath.Ext(out)), ".answers")
}

// claimOutput has the checkpoint know a file as ours before anything is written
// there: what comes later may find the disk full.
func claimOutput(store batch.Checkpoint, out string) error {
	if _, ours, err := store.Output(out); ours || err != nil {
		return err
	}
	return store.SetOutput(out, "")
}

// outputsFor returns the files to write for questions in a format.
func (o *Options) outputsFor(format batch.Format) []string {
	if len(o.Outputs) > 0 {
		return o.Outputs
	}
	base := strings.TrimSuffix(o.File, ".gz")
	ext := filepath.Ext(base)
	base = strings.TrimSuffix(base, ext)
	if o.File == "-" {
		base = strings.TrimSuffix(o.Checkpoint, ".bizbatch")
		if postgres.Is(o.Checkpoint) {
			base = postgres.Batch(o.Checkpoint)
		}
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
	if err := checkSet(j.outputs, j.Report); err != nil {
		return exit.Unsent(err)
	}
	for _, out := range j.outputs {
		check := j.checkFile
		if report.IsPattern(out) {
			check = checkPattern
		}
		if err := check(out, in); err != nil {
			return exit.Unsent(err)
		}
	}
	return nil
}

// checkFile finds that out of one file.
func (j *job) checkFile(out string, in batch.Input) error {
	err := checkOutput(out, j.File, j.store, j.Force)
	if usual := j.File + ".bizbatch"; !disk.SameFile(j.Checkpoint, usual) && writtenFrom(usual, out) {
		j.replaced = append(j.replaced, out)
	}
	if err == nil && !j.DryRun {
		err = tryOutput(out, in, j.Report)
	}
	return err
}

// tryOutput begins the file, and leaves it as it was.
func tryOutput(out string, in batch.Input, o report.Options) error {
	f, err := report.Create(out, in, o)
	if err == nil {
		err = f.Abort()
	}
	if err != nil {
		return unwritable(err)
	}
	return nil
}

// unwritable is the error of an output that cannot be begun.
func unwritable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return exit.Usage(err, "make the folder, or choose another --out")
	}
	return exit.Usage(err, "choose another --out")
}
