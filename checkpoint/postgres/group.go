package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/saves"
)

// save makes a change to a request durable. If that takes long, it calls late, unless
// that is nil.
func (r *run) save(what string, id int64, late func(), apply func(db) error) error {
	if err := r.on(); err != nil {
		return err
	}
	var not notStarted
	err := r.s.saves.Save(id, late, func(d db) error {
		not = notStarted{}
		if err := apply(d); !errors.As(err, &not) {
			return err
		}
		return nil // the others of the transaction are saved
	})
	if err == nil {
		err = not.error
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// A notStarted is an error of a Start that changed nothing.
type notStarted struct{ error }

func (e notStarted) Unwrap() error { return e.error }

// saveGroup makes a whole group durable, or nothing of it.
func (s *Store) saveGroup(group saves.Group[db]) error {
	return s.write(func(d db) error {
		if err := group.Apply(d); err != nil {
			return err
		}
		_, err := d.exec(outdateBy+"($1)", group.IDs())
		return err
	})
}

// failsAlone reports whether an error concerns only its own save.
func failsAlone(err error) bool {
	var said *pgconn.PgError
	return errors.Is(err, claims.ErrNotGiven) || !errors.Is(err, ErrAway) && errors.As(err, &said)
}
