package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint/internal/keys"
)

// invariants are queries that return 0 for a valid batch.
var invariants = []struct{ what, query string }{
	{"answered requests without an answer", "SELECT count(*) FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1 AND q.state = 'answered' AND NOT EXISTS (SELECT 1 FROM answers WHERE request = q.id)"},
	{"answers of requests that are not answered", "SELECT count(*) FROM asked a JOIN requests q ON q.id = a.request JOIN answers w ON w.request = q.id WHERE a.batch = $1 AND q.state <> 'answered'"},
	{"requests in an unknown state", "SELECT count(*) FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1 AND q.state NOT IN ('pending', 'running', 'answered', 'failed')"},
	{"refreshes in flight that are nobody's", "SELECT count(*) FROM refreshing WHERE batch = $1 AND started > 0 AND host > 0 AND host NOT IN (SELECT id FROM hosts)"},
	{"several answers that wait to be replaced", "SELECT count(*) FROM (SELECT FROM asked a JOIN earlier e ON e.request = a.request AND e.waits <> '' WHERE a.batch = $1 GROUP BY e.request HAVING count(*) > 1) w"},
	{"rows without their request", "SELECT count(*) FROM rows WHERE batch = $1 AND (request IS NULL) <> (skip <> '')"},
	{"gaps in the rows", "SELECT coalesce(max(position), 0) - count(*) FROM rows WHERE batch = $1"},
	{"requests at a row that does not ask them", "SELECT count(*) FROM asked a WHERE a.batch = $1 AND position > 0 AND NOT EXISTS (SELECT 1 FROM rows r WHERE r.batch = a.batch AND r.position = a.position AND r.request = a.request)"},
	{"rows before the first that asks their request", "SELECT count(*) FROM rows r LEFT JOIN asked a ON a.batch = r.batch AND a.request = r.request WHERE r.batch = $1 AND r.request IS NOT NULL AND (a.position IS NULL OR a.position = 0 OR a.position > r.position)"},
	{"requests of another service", "SELECT count(*) FROM asked a JOIN requests q ON q.id = a.request JOIN batches b ON b.id = a.batch WHERE a.batch = $1 AND q.service <> b.service"},
}

// Check verifies the rules for the content of the batch. It returns one line per
// problem. What the server stores is the server's to check (pg_amcheck).
func (s *Store) Check() (problems []string, err error) {
	for _, inv := range invariants {
		var n int
		if err := s.db().get(inv.query, []any{s.batch}, &n); err != nil {
			return problems, fmt.Errorf("check %s: %w", s.name, away(err))
		}
		if n != 0 {
			problems = append(problems, fmt.Sprintf("%s: %d", inv.what, n))
		}
	}
	damaged := 0
	err = s.each("payloads", func(rows pgx.Rows) (bool, error) {
		var key, payload []byte
		err := rows.Scan(&key, &payload)
		if !keys.Of(payload).Is(key) {
			damaged++
		}
		return true, err
	}, "SELECT q.key, q.payload FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1", s.batch)
	if damaged > 0 {
		problems = append(problems, fmt.Sprintf("payloads that do not match their key: %d", damaged))
	}
	return problems, err
}
