package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
)

// checkOutput refuses a file that answers must not be written to. One that is
// there is overwritten only by force or if it is ours: by its name, or because
// it was written from this checkpoint before.
func checkOutput(out, input string, store *checkpoint.Store, force bool) error {
	const hint = "choose another --out"
	if _, err := report.FormatOf(out); err != nil {
		return usageError(err, hint)
	}
	if sameFile(out, input) || sameFile(out, store.Path()) {
		return usageError(fmt.Errorf("--out %s is the input or the checkpoint", out), hint)
	}
	info, err := os.Stat(out)
	if err != nil || !info.Mode().IsRegular() || force || oursByName(out) {
		return nil // what is wrong with it shows when it is written
	}
	switch _, ours, err := store.Output(out); {
	case err != nil:
		return err
	case !ours:
		return usageError(fmt.Errorf("--out %s is there already and was not written from this checkpoint", out), hint+", or overwrite it with --force")
	}
	return nil
}

// checkDistinct refuses a file that is given as an output twice, by whatever
// name: only the last form of the answers would be in it.
func checkDistinct(outs []string) error {
	for i, out := range outs {
		if slices.ContainsFunc(outs[:i], func(other string) bool { return sameFile(out, other) }) {
			return usageError(fmt.Errorf("--out %s is the same file as another --out", out), "choose another --out")
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

// sameFile reports whether two names are those of one file, which need not
// exist.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB && a != "" && b != ""
}

// A writtenFile is an output that was written.
type writtenFile struct {
	content string    // its digest
	kept    *keptFile // an edited file that was there; nil: none was
	// noted is the error of having the checkpoint know what was written. The file
	// is there all the same.
	noted error
}

// writeOutput writes one output file.
func writeOutput(store *checkpoint.Store, in batch.Input, out string, o report.Options, force bool) (w writtenFile, err error) {
	content := sha256.New()
	o.Copy = content
	f, err := composeOutput(store, in, out, o)
	if err != nil {
		return w, err
	}
	defer f.Abort()
	w.content = sum(content)
	before := contentDigest(out)
	if before != "" && !wroteThat(store, out, before) {
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
	return w, f.Commit()
}

// composeOutput writes all of a file but its name.
func composeOutput(store *checkpoint.Store, in batch.Input, out string, o report.Options) (f *report.File, err error) {
	tells, err := tellsOfRuns(out)
	if err == nil && tells {
		o.History, err = batch.ReadHistory(store)
	}
	if err != nil {
		return nil, err
	}
	if f, err = report.Create(out, in, o); err != nil {
		return nil, err
	}
	if err = compose(f, store); err != nil {
		_ = f.Abort()
	}
	return f, err
}

func compose(f *report.File, store *checkpoint.Store) error {
	for rec, err := range batch.Records(store) {
		if err != nil {
			return err
		}
		if err := f.Write(rec); err != nil {
			return err
		}
	}
	return f.Finish()
}

// tellsOfRuns reports a file in which the runs are told of beside the answers.
func tellsOfRuns(out string) (bool, error) {
	format, err := report.FormatOf(out)
	return format.History, err
}

// claimOutput has the checkpoint know a file as ours before anything is written
// there: what comes later may find the disk full.
func claimOutput(store *checkpoint.Store, out string) error {
	if _, ours, err := store.Output(out); ours || err != nil {
		return err
	}
	return store.SetOutput(out, "")
}

// checkOutputs finds out before anything is sent whether the answers can be
// written where they are to go.
func (j *job) checkOutputs() error {
	in := j.reader.Input()
	j.outputs = j.cmd.outputs(in.Format)
	if err := checkDistinct(j.outputs); err != nil {
		return unsent(err)
	}
	for _, out := range j.outputs {
		err := checkOutput(out, j.cmd.File, j.store, j.cmd.Force)
		if j.cmd.Sandbox && writtenFrom(j.cmd.File+".bizbatch", out) {
			j.replaced = append(j.replaced, out)
		}
		if err == nil && !j.cmd.DryRun {
			err = tryOutput(out, in)
		}
		if err != nil {
			return unsent(err)
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
		return usageError(err, "choose another --out")
	}
	return nil
}

// write writes every output file that is out of date, whatever stopped the run.
// That the checkpoint takes no more was told by then.
func (j *job) write(stop *batch.StopError) error {
	var errs []error
	for _, out := range j.outputs {
		o := j.cmd.report()
		if isCurrent(j.store, out, o) {
			j.written, j.current = append(j.written, out), append(j.current, out)
			continue
		}
		w, err := writeOutput(j.store, j.input, out, o, j.cmd.Force)
		if w.kept != nil {
			j.kept = append(j.kept, *w.kept)
			j.ui.notice("kept", w.kept.line(), "output", out, "as", w.kept.As)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
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
