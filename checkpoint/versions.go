package checkpoint

import (
	"database/sql"
	"fmt"
	"hash/crc32"
	"iter"
	"time"

	"bizbatch/checkpoint/internal/millis"
)

// A Version is one of the answers that a request of the last input has had.
type Version struct {
	Position int64  // of the first row with the request
	RowID    string // that row's
	Version  int    // from 1, the oldest
	Current  bool   // it is the request's answer
	Run      int64  // that sent the request; 0: not known, or another checkpoint's
	Label    string
	Cost     int64
	Started  time.Time
	Finished time.Time
	Reused   string // the checkpoint that paid for it, as in Result
	Answer   []byte // nil if it is damaged
}

// Versions yields the answers of every request of the last input that has more than
// one: the requests in input order, the oldest answer of each first. An answer that
// was pruned is not there any more, and is counted in the numbers of the others.
func (s *Store) Versions() iter.Seq2[Version, error] {
	return s.versions("q.id IN (SELECT request FROM earlier)", 2)
}

// VersionsAt yields the answers that the request of the row at a position has had,
// the oldest first.
func (s *Store) VersionsAt(position int64) iter.Seq2[Version, error] {
	return s.versions("q.id = (SELECT request FROM rows WHERE position = ?)", 1, position)
}

// versions yields the answers of the requests that meet the condition, in SQL, and
// have at least so many. An earlier answer comes before those that replaced it: an
// answer is set aside before the next one is saved.
func (s *Store) versions(condition string, least int, args ...any) iter.Seq2[Version, error] {
	return func(yield func(Version, error) bool) {
		more := true
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var v Version
			var of int
			var crc uint32
			err := rows.Scan(&v.Position, &v.RowID, &v.Version, &of, &v.Current, &v.Run, &v.Label, &v.Cost, millis.Into(&v.Started), millis.Into(&v.Finished), &v.Reused, &crc, &v.Answer)
			if crc32.ChecksumIEEE(v.Answer) != crc {
				v.Answer = nil
			}
			more = err != nil || of < least || yield(v, nil)
			return more, err
		}, `WITH asked AS (SELECT q.*, r.id AS row FROM requests q JOIN rows r ON r.position = q.position WHERE `+condition+`),
			known AS (
				SELECT e.request, e.id, e.run, e.label, e.cost, e.started, e.finished, e.origin, e.waits <> '' AS current, length(e.answer) > 0 AS there FROM earlier e JOIN asked ON asked.id = e.request
				UNION ALL SELECT q.id, 9223372036854775807, q.run, q.reason, q.cost, q.started, q.finished, coalesce(u.origin, ''), true, true
					FROM asked q LEFT JOIN reused u ON u.request = q.id WHERE q.state = 'answered'),
			numbered AS (SELECT *, row_number() OVER (PARTITION BY request ORDER BY id) AS version, sum(there) OVER (PARTITION BY request) AS of FROM known)
			SELECT q.position, q.row, n.version, n.of, n.current, n.run, n.label, n.cost, n.started, n.finished, n.origin, coalesce(e.crc, a.crc, 0), coalesce(e.answer, a.answer)
			FROM numbered n JOIN asked q ON q.id = n.request LEFT JOIN earlier e ON e.id = n.id
			LEFT JOIN answers a ON a.request = n.request AND e.id IS NULL WHERE n.there ORDER BY q.position, n.version`, args...)
		if err != nil && more {
			yield(Version{}, fmt.Errorf("read the versions of answers from %s: %w", s.path, err))
		}
	}
}
