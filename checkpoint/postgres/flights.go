package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// Flights returns the requests that were sent for the batch and have no answer. One
// that is running counts as interrupted if its host is dead.
func (s *Store) Flights() (f checkpoint.Flights, err error) {
	rescued, err := s.rescuedIDs()
	if err != nil {
		return f, fmt.Errorf("read what was in flight from %s: %w", s.name, err)
	}
	if err = s.uncertain(&f, rescued); err != nil {
		return f, err
	}
	if err = s.running(&f, rescued); err == nil {
		err = s.refreshing(&f, rescued)
	}
	return f, err
}

// running reads the requests that are running, or were when their host died.
func (s *Store) running(f *checkpoint.Flights, rescued map[int64]int64) error {
	return s.each("what was in flight", func(rows pgx.Rows) (bool, error) {
		var q checkpoint.Flight
		var id int64
		var alive, noted bool
		err := rows.Scan(&id, &q.RowID, &q.Line, &q.Run, millis.Into(&q.Started), &q.Mode, &q.Cost, &noted, &alive)
		_, found := rescued[id]
		f.Add(q, found, alive, noted)
		return true, err
	}, `SELECT q.id, coalesce(r.id, ''), coalesce(r.line, 0), q.run, q.started, q.mode, q.cost, q.interrupted, q.host IN (SELECT id FROM alive) IS TRUE
		FROM requests q LEFT JOIN asked a ON a.batch = q.batch AND a.request = q.id LEFT JOIN rows r ON r.batch = q.batch AND r.position = a.position
		WHERE q.batch = $1 AND (q.state = 'running' OR q.interrupted) ORDER BY a.position`, s.batch)
}

// uncertain reads the attempts that are noted as perhaps charged.
func (s *Store) uncertain(f *checkpoint.Flights, rescued map[int64]int64) error {
	return s.each("what may have been charged", func(rows pgx.Rows) (bool, error) { return true, f.AddUncertain(rescued, rows.Scan) },
		`SELECT u.request, coalesce(r.id, ''), coalesce(r.line, 0), u.run, u.started, u.finished, u.cost, q.mode, u.reason, u.request_id, u.partial
		FROM uncertain u JOIN requests q ON q.id = u.request LEFT JOIN asked a ON a.batch = u.batch AND a.request = u.request
		LEFT JOIN rows r ON r.batch = u.batch AND r.position = a.position WHERE u.batch = $1 ORDER BY u.id`, s.batch)
}
