package postgres

import (
	"iter"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// Versions yields the answers of every request of the last input that has had more
// than one: the requests in input order, the oldest answer of each first. An answer
// that was pruned is not there any more, and is counted in the numbers of the others.
func (s *Store) Versions() iter.Seq2[checkpoint.Version, error] {
	return s.versions("q.id IN (SELECT request FROM earlier)", 2)
}

// VersionsAt yields the answers that the request of the row at a position has had,
// the oldest first.
func (s *Store) VersionsAt(position int64) iter.Seq2[checkpoint.Version, error] {
	return s.versions("q.id = (SELECT request FROM rows WHERE batch = $1 AND position = $2)", 1, position)
}

// versions yields the answers of the requests that meet the condition, in SQL, and
// have at least so many. An earlier answer comes before those that replaced it: an
// answer is set aside before the next one is saved.
func (s *Store) versions(condition string, least int, args ...any) iter.Seq2[checkpoint.Version, error] {
	return func(yield func(checkpoint.Version, error) bool) {
		more := true
		err := s.each("the versions of answers", func(rows pgx.Rows) (bool, error) {
			var v checkpoint.Version
			var of int
			err := rows.Scan(&v.Position, &v.RowID, &v.Version, &of, &v.Current, &v.Run, &v.Label, &v.Cost, millis.Into(&v.Started), millis.Into(&v.Finished), &v.Reused, &v.Answer)
			more = err != nil || of < least || yield(v, nil)
			return more, err
		}, `WITH those AS (SELECT q.*, a.batch AS asker, a.position, r.id AS row FROM asked a JOIN requests q ON q.id = a.request
				JOIN rows r ON r.batch = a.batch AND r.position = a.position WHERE a.batch = $1 AND `+condition+`),
			known AS (
				SELECT e.request, e.id, e.batch, e.run, e.label, e.cost, e.started, e.finished, e.waits <> '' AS current, e.answer FROM earlier e JOIN those ON those.id = e.request
				UNION ALL SELECT q.id, 9223372036854775807, q.batch, q.run, q.reason, q.cost, q.started, q.finished, true, w.answer
					FROM those q JOIN answers w ON w.request = q.id),
			numbered AS (SELECT *, row_number() OVER (PARTITION BY request ORDER BY id) AS version, count(*) FILTER (WHERE length(answer) > 0) OVER (PARTITION BY request) AS of FROM known)
			SELECT q.position, q.row, n.version, n.of, n.current, CASE WHEN n.batch = q.asker THEN n.run ELSE 0 END, n.label, CASE WHEN n.batch = q.asker THEN n.cost ELSE 0 END,
				n.started, n.finished, CASE WHEN n.batch = q.asker THEN '' ELSE coalesce(p.name, '') END, n.answer
			FROM numbered n JOIN those q ON q.id = n.request LEFT JOIN batches p ON p.id = n.batch WHERE length(n.answer) > 0 ORDER BY q.position, n.version`,
			append([]any{s.batch}, args...)...)
		if err != nil && more {
			yield(checkpoint.Version{}, err)
		}
	}
}
