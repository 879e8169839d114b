package checkpoint

import (
	"database/sql"
	"fmt"
)

// invariants are queries that return 0 in a valid checkpoint.
var invariants = []struct{ what, query string }{
	{"answered requests without an answer", "SELECT count(*) FROM requests q WHERE state = 'answered' AND NOT EXISTS (SELECT 1 FROM answers WHERE request = q.id)"},
	{"answers of requests that are not answered", "SELECT count(*) FROM answers a JOIN requests q ON q.id = a.request WHERE q.state <> 'answered'"},
	{"answers without a request", "SELECT count(*) FROM answers WHERE request NOT IN (SELECT id FROM requests)"},
	{"answers that were set aside of requests without one", "SELECT count(*) FROM earlier WHERE request NOT IN (SELECT id FROM requests)"},
	{"answers that wait to be replaced and are no longer the request's", "SELECT count(*) FROM earlier e JOIN requests q ON q.id = e.request WHERE e.waits <> '' AND q.state NOT IN ('pending', 'running')"},
	{"requests with several answers that wait to be replaced", "SELECT count(*) - count(DISTINCT request) FROM earlier WHERE waits <> ''"},
	{"requests in an unknown state", "SELECT count(*) FROM requests WHERE state NOT IN ('pending', 'running', 'answered', 'failed')"},
	{"rows without their request", "SELECT count(*) FROM rows WHERE (request IS NULL) <> (skip <> '') OR (request IS NOT NULL AND request NOT IN (SELECT id FROM requests))"},
	{"gaps in the rows", "SELECT coalesce(max(position), 0) - count(*) FROM rows"},
	{"requests at a row that does not ask them", "SELECT count(*) FROM requests q WHERE position > 0 AND NOT EXISTS (SELECT 1 FROM rows WHERE position = q.position AND request = q.id)"},
	{"rows before the first that asks their request", "SELECT count(*) FROM rows r JOIN requests q ON q.id = r.request WHERE q.position = 0 OR q.position > r.position"},
	{"requests with the key of another", "SELECT count(*) - count(DISTINCT key) FROM requests"},
}

// Check verifies the file and the rules for its content. It returns one line per
// problem.
func (s *Store) Check() (problems []string, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var line string
		err := rows.Scan(&line)
		if line != "ok" {
			problems = append(problems, line)
		}
		return true, err
	}, "PRAGMA integrity_check")
	if err == nil && len(problems) == 0 {
		problems, err = s.checkInvariants()
	}
	if err != nil && damaged(err) {
		return append(problems, err.Error()), nil
	}
	return problems, err
}

func (s *Store) checkInvariants() (problems []string, err error) {
	for _, inv := range invariants {
		var n int
		if err := s.db.QueryRow(inv.query).Scan(&n); err != nil {
			return problems, fmt.Errorf("check %s: %w", s.path, err)
		}
		if n != 0 {
			problems = append(problems, fmt.Sprintf("%s: %d", inv.what, n))
		}
	}
	payloads, err := damagedPayloads(s.db, "true")
	if err != nil {
		return problems, fmt.Errorf("check %s: %w", s.path, err)
	}
	answers, err := damagedAnswers(s.db)
	if err != nil {
		return problems, fmt.Errorf("check %s: %w", s.path, err)
	}
	if len(payloads) > 0 {
		problems = append(problems, fmt.Sprintf("payloads that do not match their key: %d", len(payloads)))
	}
	if len(answers) > 0 {
		problems = append(problems, fmt.Sprintf("damaged answers: %d", len(answers)))
	}
	return problems, nil
}
