package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
)

// checkOutput refuses a file that answers must not be written to. One that is
// there is overwritten only if it is ours: the caller says so, or it was
// written from this checkpoint before.
func checkOutput(out, input string, store *checkpoint.Store, ours bool) error {
	const hint = "choose another --out"
	if _, err := report.FormatOf(out); err != nil {
		return usageError(err, hint)
	}
	if sameFile(out, input) || sameFile(out, store.Path()) {
		return usageError(fmt.Errorf("--out %s is the input or the checkpoint", out), hint)
	}
	info, err := os.Stat(out)
	if err != nil || !info.Mode().IsRegular() || ours {
		return nil // what is wrong with it shows when it is written
	}
	abs, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	switch known, err := store.HasOutput(abs); {
	case err != nil:
		return err
	case !known:
		return usageError(fmt.Errorf("--out %s is there already and was not written from this checkpoint", out), hint+", or overwrite it with --force")
	}
	return nil
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

// writeAnswers writes one output file.
func writeAnswers(store *checkpoint.Store, in batch.Input, out string, o report.Options) error {
	f, err := report.Create(out, in, o)
	if err != nil {
		return err
	}
	defer f.Abort()
	for rec, err := range batch.Records(store) {
		if err != nil {
			return err
		}
		if err := f.Write(rec); err != nil {
			return err
		}
	}
	return f.Commit()
}

// remember has the checkpoint know a file as ours, so that it is overwritten
// without a question the next time.
func remember(store *checkpoint.Store, out string) error {
	abs, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	return store.AddOutput(abs, time.Now())
}
