package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
)

// A copied is a checkpoint that can be copied, or become a copy.
type copied interface {
	batch.Checkpoint
	Records() checkpoint.Records
	Receive(checkpoint.Records) error
}

// Copy copies a checkpoint to a new one, which is a file or a batch in a database. It
// changes the names to their whole form.
func Copy(from, to *string) (err error) {
	view, err := View(from)
	if err != nil {
		return err
	}
	source := view.(copied)
	defer func() { err = errors.Join(err, source.Close()) }()
	endpoint, err := source.Endpoint()
	if err != nil {
		return err
	}
	name := source.Name()
	if !postgres.Is(*from) { // it may be the sandbox's
		name = strings.TrimSuffix(filepath.Base(*from), ".bizbatch")
	}
	target, err := receiver(to, name, endpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	switch err := target.Receive(source.Records()); {
	case errors.Is(err, checkpoint.ErrInUse):
		return &exit.Error{Code: exit.InUse, Err: fmt.Errorf("%s: %w; nothing was copied", *from, checkpoint.ErrInUse), Hint: "wait for the run to end"}
	case errors.Is(err, checkpoint.ErrNotEmpty):
		return exit.Usage(fmt.Errorf("%s: %w; nothing was copied", *to, checkpoint.ErrNotEmpty), "name one that is not there yet")
	case err != nil:
		return fmt.Errorf("%w; nothing was copied", err)
	}
	return nil
}

// receiver opens the checkpoint that is to become a copy of one with a name.
func receiver(to *string, name, endpoint string) (copied, error) {
	if postgres.Is(*to) {
		if postgres.Batch(*to) == "" {
			at, err := InDatabase(*to, name)
			if err != nil {
				return nil, err
			}
			*to = at
		}
		store, err := postgres.Open(*to, postgres.Options{Endpoint: endpoint})
		if err != nil {
			return nil, storeError(err, *to)
		}
		return store, nil
	}
	if !strings.HasSuffix(*to, ".bizbatch") {
		*to += ".bizbatch"
	}
	if _, err := os.Lstat(*to); err == nil {
		return nil, exit.Usage(fmt.Errorf("%s is there already; nothing was copied", filepath.Base(*to)), "name one that is not there yet")
	}
	store, err := checkpoint.Open(*to, checkpoint.Options{Endpoint: endpoint})
	if err != nil {
		return nil, storeError(err, *to)
	}
	return store, nil
}
