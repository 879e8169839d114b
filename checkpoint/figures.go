package checkpoint

import (
	"database/sql"
	"fmt"

	"bizbatch/checkpoint/internal/millis"
)

// A FailureGroup describes the failed requests of the last input that have the same
// reason. RowID and Error are those of the first.
type FailureGroup struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	RowID  string `json:"id"`
	Error  string `json:"error"`
}

// Failures returns the failed requests of the last input by reason, the most
// frequent first.
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

// Slowest returns the n answers of the last run that took longest, the longest
// first.
func (s *Store) Slowest(n int) (list []Outcome, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		o := Outcome{State: Answered}
		err := rows.Scan(&o.RowID, &o.Mode, &o.Cost, millis.Into(&o.Started), millis.Into(&o.Finished))
		list = append(list, o)
		return true, err
	}, `SELECT r.id, q.mode, q.cost, q.started, q.finished FROM requests q JOIN rows r ON r.position = q.position
		WHERE q.state = 'answered' AND q.run = (SELECT max(id) FROM runs) ORDER BY q.finished - q.started DESC, q.position LIMIT ?`, n)
	if err != nil {
		return nil, fmt.Errorf("read the slowest answers from %s: %w", s.path, err)
	}
	return list, nil
}
