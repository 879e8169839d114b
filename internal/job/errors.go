package job

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// inputError is a question file that cannot be read.
func inputError(err error) error {
	var e *question.Error
	if errors.As(err, &e) {
		if isFolder(e.File) {
			return exit.Usage(fmt.Errorf("%s is a folder; nothing was sent", e.File), "name a question file in it")
		}
		hint := e.Hint
		if errors.Is(err, os.ErrNotExist) {
			hint = cmp.Or(hint, didYouMean(e.File, ""))
		}
		return &exit.Error{Code: exit.BadUsage, Err: fmt.Errorf("%w; nothing was sent", err), Hint: hint}
	}
	return err
}

// importError is input, or a change of settings, that was refused.
func importError(err error, j *job) error {
	var settings *batch.SettingsError
	var sig interrupt.Error
	var bad *question.Error
	if refused := privateError(err); refused != nil {
		return refused
	}
	switch {
	case errors.As(err, &settings):
		return exit.Usage(fmt.Errorf("%w; nothing was sent", err),
			"to pay for them again, add --ask-again; to keep the answers, go back to the old settings")
	case errors.As(err, &sig):
		return j.unread(sig)
	case errors.As(err, &bad):
		return inputError(err)
	case errors.Is(err, checkpoint.ErrLocked):
		return lockedError(fmt.Errorf("%s: %w; nothing was sent", j.Checkpoint, checkpoint.ErrLocked), j.Checkpoint, "then "+j.again())
	}
	return fmt.Errorf("%w; nothing was sent", err)
}

// unread is input, or a key, that could not be read: a signal may have come
// first.
func (j *job) unread(err error) error {
	var sig interrupt.Error
	if errors.As(err, &sig) {
		return &exit.Error{Code: sig.ExitCode(), Err: fmt.Errorf("%w before anything was sent", sig), Hint: j.again()}
	}
	return inputError(err)
}

// outputError is a run whose answers could not be written; they are safe in
// the checkpoint. What stopped the run, if anything, stays the exit code.
func outputError(verdict, err error, stop *batch.StopError, path string, outputs []string) error {
	e := exit.As(exit.Besides(verdict, err))
	if errors.Is(err, checkpoint.ErrGone) || stop != nil && (stop.Unsaved != nil || errors.Is(stop, checkpoint.ErrGone)) {
		return e // not all are there: the verdict says where they went
	}
	e.Detail = append(e.Detail, fmt.Sprintf("every answer is safe in %s: bizbatch export %s --out FILE writes them", path, terminal.QuoteFile(path)))
	for _, out := range outputs {
		if isOpened(out) && !errors.Is(err, syscall.ENOSPC) || isOpenedError(err) {
			e.Hint = cmp.Or(e.Hint, fmt.Sprintf("close %s in Excel or LibreOffice, then run the same command again: it asks nothing that is answered", out))
		}
	}
	e.Hint = cmp.Or(e.Hint, "free some space or repair the folder, then run the same command again: it asks nothing that is answered")
	return e
}
