package job

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/terminal"
)

// inputError returns the error of a question file that cannot be read.
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

// importError returns the error of input, or of a change of settings, that was
// refused.
func importError(err error, j *job) error {
	var settings *batch.SettingsError
	var sig interrupt.Error
	var bad *question.Error
	var unknown *checkpoint.UnknownIDsError
	if refused := privateError(err); refused != nil {
		return refused
	}
	switch {
	case errors.As(err, &settings):
		another := "--checkpoint NAME.bizbatch"
		if postgres.Is(j.Checkpoint) {
			another = "--batch NAME"
		}
		return exit.Usage(fmt.Errorf("%w; nothing was sent", err),
			"to pay for them again, add --ask-again; to keep the answers, go back to the old settings; to have both, add "+another+" --out FILE")
	case errors.As(err, &unknown):
		return exit.Usage(fmt.Errorf("--refresh-ids: %w in %s; nothing was sent", err, j.File), "name ids as the answers have them in their column id, or a text file with an id on each line")
	case errors.As(err, &sig):
		return j.unread(sig)
	case errors.As(err, &bad):
		return inputError(err)
	case errors.Is(err, checkpoint.ErrLocked):
		return lockedError(fmt.Errorf("%s: %w; nothing was sent", j.Checkpoint, checkpoint.ErrLocked), j.Checkpoint, "then "+j.again())
	}
	return fmt.Errorf("%w; nothing was sent", err)
}

// unread returns the error of input, or of a key, that could not be read: a signal
// may have come first.
func (j *job) unread(err error) error {
	var sig interrupt.Error
	if errors.As(err, &sig) {
		return &exit.Error{Code: sig.ExitCode(), Err: fmt.Errorf("%w before anything was sent", sig), Hint: j.again()}
	}
	return inputError(err)
}

// outputError returns the error of a run whose answers could not be written; they
// are safe in the checkpoint. What stopped the run, if anything, stays the exit
// code.
func outputError(verdict, err error, stop *batch.StopError, path string, outputs []string) error {
	e := exit.As(exit.Besides(verdict, err))
	if errors.Is(err, checkpoint.ErrGone) || stop != nil && (stop.Unsaved != nil || errors.Is(stop, checkpoint.ErrGone)) {
		return e // not all are there: the verdict says where they went
	}
	e.Detail = append(e.Detail, fmt.Sprintf("every answer is safe in %s: bizbatch export %s --out FILE writes them", path, quoteCheckpoint(path)))
	for _, out := range outputs {
		if isOpened(out) && !errors.Is(err, syscall.ENOSPC) || isOpenedError(err) {
			e.Hint = cmp.Or(e.Hint, fmt.Sprintf("close %s in Excel or LibreOffice, then run the same command again: it asks nothing that is answered", out))
		}
	}
	e.Hint = cmp.Or(e.Hint, "free some space or repair the folder, then run the same command again: it asks nothing that is answered")
	return e
}

// View opens a checkpoint for reading. The path may also be that of
// the question file, whose checkpoint is beside it, or in the database that the
// environment names; then it is changed to the checkpoint's.
func View(path *string) (batch.Checkpoint, error) {
	if store, err := viewDatabase(path); store != nil || err != nil {
		return opened(store, err)
	}
	store, err := checkpoint.View(*path)
	if errors.Is(err, checkpoint.ErrNotCheckpoint) || errors.Is(err, os.ErrNotExist) {
		for _, suffix := range []string{".bizbatch", ".sandbox.bizbatch"} {
			if _, missing := os.Stat(*path + suffix); missing == nil {
				*path += suffix
				store, err = checkpoint.View(*path)
				break
			}
		}
	}
	if isFolder(*path) {
		return nil, exit.Usage(fmt.Errorf("%s is a folder", *path), "name a checkpoint in it; bizbatch status, run in that folder without a name, lists them")
	}
	if errors.Is(err, checkpoint.ErrNotCheckpoint) && !strings.HasSuffix(*path, ".bizbatch") {
		return nil, exit.Usage(fmt.Errorf("%s has no checkpoint", *path), "run it first: bizbatch run "+terminal.QuoteFile(*path))
	}
	if err != nil {
		return nil, storeError(err, *path)
	}
	return store, nil
}

// A Prunable is a checkpoint from which older answers can be removed.
type Prunable interface {
	Prunable(keep int) (checkpoint.Earlier, error)
	Prune(keep int) (pruned checkpoint.Earlier, freed int64, err error)
	Close() error
}

// OpenPrunable opens a checkpoint to remove older answers: a file only if no run uses
// it. The path is that of View.
func OpenPrunable(path *string) (Prunable, error) {
	view, err := View(path)
	if err != nil {
		return nil, err
	}
	if inDatabase, is := view.(Prunable); is && postgres.Is(*path) {
		return inDatabase, nil
	}
	if err := view.Close(); err != nil {
		return nil, err
	}
	store, err := checkpoint.Open(*path, checkpoint.Options{})
	if err != nil {
		return nil, storeError(err, *path)
	}
	return store, nil
}

// ViewInput opens a checkpoint as View does, and reads what is known of its input.
func ViewInput(path *string) (batch.Checkpoint, batch.Input, error) {
	store, err := View(path)
	if err != nil {
		return nil, batch.Input{}, err
	}
	in, err := batch.ReadInput(store)
	if err != nil {
		return nil, in, errors.Join(err, store.Close())
	}
	return store, in, nil
}

// storeError returns the error of a checkpoint that cannot be opened.
func storeError(err error, path string) error {
	var endpoint *checkpoint.EndpointError
	another := "another file with --checkpoint"
	if postgres.Is(path) {
		another = "another batch with --batch"
	}
	switch {
	case errors.Is(err, checkpoint.ErrOlder) && errors.Is(err, checkpoint.ErrInUse):
		return &exit.Error{Code: exit.InUse, Err: err, Hint: "a run of that older bizbatch is on; wait for it to end"}
	case errors.Is(err, checkpoint.ErrLocked):
		return lockedError(err, path, "then try again")
	case errors.Is(err, checkpoint.ErrInUse):
		return &exit.Error{Code: exit.InUse, Err: err, Hint: "wait for it to end; bizbatch status shows its progress"}
	case errors.As(err, &endpoint):
		return exit.Usage(err, "name "+another+", or go back to the address it belongs to")
	case postgres.Is(path):
		return databaseError(err, path)
	case errors.Is(err, checkpoint.ErrNotCheckpoint):
		e := &exit.Error{Code: exit.Unexpected, Err: err,
			Hint: "restore the file from a backup; to start anew, and pay again for what it held, move it away"}
		if _, err := os.Stat(path + ".bizbatch"); err == nil {
			e.Hint = fmt.Sprintf("the checkpoint of its run is %s.bizbatch", path)
		}
		return e
	case errors.Is(err, checkpoint.ErrLost):
		return &exit.Error{Code: exit.Unexpected, Err: err,
			Hint: fmt.Sprintf("put back what is missing; to go on without those answers, and pay for them again, remove %s and %s", terminal.QuoteFile(path+".lock"), terminal.QuoteFile(path+"-wal"))}
	case errors.Is(err, checkpoint.ErrMoved):
		return &exit.Error{Code: exit.Unexpected, Err: err,
			Hint: fmt.Sprintf("name its -wal and .lock like the checkpoint, and put them beside it; if there are none, and to pay again for what is missing, make an empty file %s", terminal.QuoteFile(path+".lock"))}
	case errors.Is(err, checkpoint.ErrOlder):
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "a run with this bizbatch brings it up to date, where it may write the file and its folder: bizbatch run FILE"}
	case errors.Is(err, checkpoint.ErrNewer):
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "use the newer bizbatch"}
	case errors.Is(err, os.ErrNotExist):
		if folder := filepath.Dir(path); !isFolder(folder) {
			return exit.Usage(fmt.Errorf("there is no folder %s", folder), "make the folder, or name another file")
		}
		return exit.Usage(fmt.Errorf("%s: %w", path, os.ErrNotExist),
			cmp.Or(didYouMean(path, ".bizbatch"), didYouMean(path, ""), "a run makes the checkpoint: bizbatch run FILE makes FILE.bizbatch"))
	}
	return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "check that you may read and write the file and its folder, and that there is room"}
}

// lockedError returns the error of a checkpoint that another program has locked.
func lockedError(err error, path, then string) *exit.Error {
	return &exit.Error{Code: exit.Unexpected, Err: err, Detail: openedBy(path),
		Hint: "end what that program is doing with it (a change in a SQLite browser that is not written yet), " + then}
}
