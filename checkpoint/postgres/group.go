package postgres

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5/pgconn"

	"bizbatch/checkpoint/internal/saves"
)

// maxGroup is the maximum number of saves in one transaction. A commit needs one sync
// of the server's disk; without groups, every save would need its own.
const maxGroup = 256

// A save is one change to a request that waits for its transaction.
type save struct {
	id    int64 // the request
	apply func(db) error
	done  chan error
	err   error // it changed nothing, and why
}

// save passes a change to the group and waits until it is on disk. If that takes
// longer than hold, it calls late, unless that is nil.
func (r *run) save(what string, id int64, late func(), apply func(db) error) error {
	if err := r.on(); err != nil {
		return err
	}
	sv := save{id: id, apply: apply, done: make(chan error, 1)}
	if err := saves.Wait(r.s.saves, sv, sv.done, hold, late); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// groupSaves commits waiting saves together, until the store is closed.
func (s *Store) groupSaves() {
	defer close(s.done)
	group := make([]save, 0, maxGroup)
	for first := range s.saves {
		group = append(group[:0], first)
		runtime.Gosched() // those about to save join it
	collect:
		for len(group) < maxGroup {
			select {
			case next, ok := <-s.saves:
				if !ok {
					break collect
				}
				group = append(group, next)
			default:
				break collect
			}
		}
		s.commit(group)
	}
}

// commit makes a group durable. If one save cannot be applied, each is tried alone,
// so that the others are saved. If the server is away, all have failed.
func (s *Store) commit(group []save) {
	err := s.apply(group)
	for i := range group {
		if len(group) > 1 && failsAlone(err) {
			if alone := s.apply(group[i : i+1]); alone != nil {
				group[i].err = alone
			}
		} else if err != nil {
			group[i].err = err
		}
		group[i].done <- group[i].err
	}
}

// failsAlone reports whether an error concerns only its own save.
func failsAlone(err error) bool {
	var said *pgconn.PgError
	return errors.Is(err, errNotGiven) || !errors.Is(err, ErrAway) && errors.As(err, &said)
}

// apply makes a whole group durable, or nothing of it.
func (s *Store) apply(group []save) error {
	ids := make([]int64, len(group))
	for i, sv := range group {
		ids[i] = sv.id
	}
	err := s.write(func(d db) error {
		for i := range group {
			var not notStarted
			switch err := group[i].apply(d); {
			case errors.As(err, &not):
				group[i].err = not.error
			case err != nil:
				return err
			default:
				group[i].err = nil
			}
		}
		_, err := d.exec(outdateBy+"($1)", ids)
		return err
	})
	if err == nil {
		s.grouped.Add(int64(len(group)))
		s.commits.Add(1)
	}
	return err
}
