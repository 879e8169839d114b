package checkpoint

import (
	"fmt"
	"os"
)

// Earlier is a number of answers that were replaced, and their size.
type Earlier struct {
	Answers int
	Bytes   int64
}

// Earlier returns the answers that were replaced by others and are still there.
func (s *Store) Earlier() (Earlier, error) { return s.Prunable(0) }

// prunable selects the answers that were replaced, but for the ?1 newest of their
// request. The one that is its request's answer counts as one of these.
const prunable = `
	WITH ranked AS (SELECT e.id, e.waits, length(e.answer) AS size,
		row_number() OVER (PARTITION BY e.request ORDER BY e.id DESC) + (q.state = 'answered') AS newest
		FROM earlier e JOIN requests q ON q.id = e.request WHERE length(e.answer) > 0)
	SELECT id, size FROM ranked WHERE waits = '' AND newest > ?1`

// Prunable returns what [Store.Prune] would remove.
func (s *Store) Prunable(keep int) (e Earlier, err error) {
	err = s.db.QueryRow("SELECT count(*), coalesce(sum(size), 0) FROM ("+prunable+")", keep).Scan(&e.Answers, &e.Bytes)
	if err != nil {
		err = fmt.Errorf("count earlier answers in %s: %w", s.path, err)
	}
	return e, err
}

// Prune removes answers that were replaced, but for the newest of each request: it
// keeps so many, the request's answer among them, which is at least one. What they
// cost stays in the counts. Prune makes the file smaller, for which it needs room for
// another one, and returns by how many bytes. The store must have no run.
func (s *Store) Prune(keep int) (pruned Earlier, freed int64, err error) {
	if s.begun.Load() != nil {
		return pruned, 0, ErrBegun
	}
	before := s.size()
	if pruned, err = s.Prunable(keep); err != nil {
		return pruned, 0, err
	}
	err = s.write(func() error {
		return s.exec("UPDATE earlier SET crc = 0, answer = x'' WHERE id IN (SELECT id FROM ("+prunable+"))", keep)
	})
	if err != nil {
		return Earlier{}, 0, err
	}
	if err = s.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		err = fmt.Errorf("make %s smaller: %w", s.path, err)
	}
	return pruned, before - s.size(), err
}

// size returns the size of the checkpoint's files.
func (s *Store) size() (sum int64) {
	for _, name := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
