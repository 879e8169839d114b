package postgres

import (
	"fmt"

	"bizbatch/checkpoint"
)

// prunable selects the answers that this batch paid for and that were replaced, but
// for the $2 newest of their request. The one that is its request's answer counts as
// one of these.
const prunable = `
	WITH ranked AS (SELECT e.id, e.batch, e.waits, length(e.answer) AS size,
		row_number() OVER (PARTITION BY e.request ORDER BY e.id DESC) + (q.state = 'answered')::int AS newest
		FROM earlier e JOIN requests q ON q.id = e.request WHERE length(e.answer) > 0 AND e.request IN (SELECT request FROM asked WHERE batch = $1))
	SELECT id, size FROM ranked WHERE batch = $1 AND waits = '' AND newest > $2`

// Earlier returns the answers that this batch paid for, and that were replaced by
// others and are still there.
func (s *Store) Earlier() (checkpoint.Earlier, error) { return s.Prunable(0) }

// Prunable returns what [Store.Prune] would remove.
func (s *Store) Prunable(keep int) (e checkpoint.Earlier, err error) {
	err = s.db().get("SELECT count(*), coalesce(sum(size), 0)::bigint FROM ("+prunable+") p", []any{s.batch, keep}, &e.Answers, &e.Bytes)
	if err != nil {
		err = fmt.Errorf("count earlier answers in %s: %w", s.name, away(err))
	}
	return e, err
}

// Prune removes answers that were replaced, but for the newest of each request: it
// keeps so many, the request's answer among them, which is at least one. What they
// cost stays in the counts. It returns what it removed, and how many bytes the server
// may use again.
func (s *Store) Prune(keep int) (pruned checkpoint.Earlier, freed int64, err error) {
	if pruned, err = s.Prunable(keep); err != nil {
		return pruned, 0, err
	}
	err = s.write(func(d db) error {
		_, err := d.exec("UPDATE earlier SET answer = '' WHERE id IN (SELECT id FROM ("+prunable+") p)", s.batch, keep)
		return err
	})
	if err != nil {
		return checkpoint.Earlier{}, 0, fmt.Errorf("remove earlier answers from %s: %w", s.name, err)
	}
	return pruned, pruned.Bytes, nil
}
