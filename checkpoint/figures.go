package checkpoint

import (
	"database/sql"
	"fmt"
	"time"
)

// A FailureGroup is the failed requests of the last input that have the same
// reason, with the first of them as an example.
type FailureGroup struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	RowID  string `json:"id"`
	Error  string `json:"error"`
}

// Failures groups the failed requests of the last input, the commonest reason
// first.
func (s *Store) Failures() (groups []FailureGroup, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var g FailureGroup
		var first int64 // SQLite takes the other columns from the row with the minimum
		err := rows.Scan(&g.Reason, &g.Count, &g.RowID, &g.Error, &first)
		groups = append(groups, g)
		return true, err
	}, `SELECT q.reason, count(*), r.id, q.error, min(q.position) FROM requests q JOIN rows r ON r.position = q.position
		WHERE q.state = 'failed' GROUP BY q.reason ORDER BY 2 DESC, 1`)
	if err != nil {
		return nil, fmt.Errorf("read failures from %s: %w", s.path, err)
	}
	return groups, nil
}

// A Duration is how long an answer took.
type Duration struct {
	RowID string
	Mode  string
	Took  time.Duration
}

// Slowest returns the n answers of the last run that took longest, the longest
// first.
func (s *Store) Slowest(n int) (list []Duration, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var d Duration
		var ms int64
		err := rows.Scan(&d.RowID, &d.Mode, &ms)
		d.Took = time.Duration(ms) * time.Millisecond
		list = append(list, d)
		return true, err
	}, `SELECT r.id, q.mode, q.finished - q.started AS took FROM requests q JOIN rows r ON r.position = q.position
		WHERE q.state = 'answered' AND q.run = (SELECT max(id) FROM runs) ORDER BY took DESC, q.position LIMIT ?`, n)
	if err != nil {
		return nil, fmt.Errorf("read the slowest answers from %s: %w", s.path, err)
	}
	return list, nil
}
