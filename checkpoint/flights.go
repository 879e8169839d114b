package checkpoint

import (
	"database/sql"
	"fmt"
	"time"
)

// Flights are the requests that were sent and brought no answer into the
// checkpoint, as far as they matter still. Each list is in input order, the last
// one in order of time.
type Flights struct {
	InFlight    []InFlight  // of the run that is on
	Rescued     []InFlight  // their answers are in a rescue file, for the next Import
	Interrupted []InFlight  // of a run that ended without a word
	Uncertain   []Uncertain // attempts that may have been charged, interrupted ones included
}

// An InFlight is a request that was sent.
type InFlight struct {
	RowID   string    `json:"id"`
	Line    int       `json:"line"`
	Run     int64     `json:"run"`
	Started time.Time `json:"started"`
	Mode    string    `json:"mode"`
	Cost    int64     `json:"-"` // if it is charged, in the caller's unit
}

// An Uncertain is an attempt without an answer that may have been charged.
type Uncertain struct {
	RowID     string    `json:"id"`
	Run       int64     `json:"run"`
	Started   time.Time `json:"started"`
	Finished  time.Time `json:"finished,omitzero"`
	Cost      int64     `json:"-"` // in the caller's unit
	Mode      string    `json:"mode"`
	Reason    string    `json:"reason"`
	RequestID string    `json:"request_id,omitempty"`
	Partial   string    `json:"partial,omitempty"`
}

// Flights reads them all. What is running while no run is on was interrupted,
// whether or not a later run has noted that.
func (s *Store) Flights() (f Flights, err error) {
	rescued, err := s.rescuedIDs()
	if err == nil {
		f.Uncertain, err = s.uncertain(rescued)
	}
	if err == nil {
		err = s.running(&f, rescued)
	}
	if err != nil {
		return f, fmt.Errorf("read what was in flight from %s: %w", s.path, err)
	}
	return f, nil
}

// running reads the requests that are running, or were when their run ended.
func (s *Store) running(f *Flights, rescued map[int64]int64) error {
	active := s.Active()
	return s.query(func(rows *sql.Rows) (bool, error) {
		var q InFlight
		var id, started int64
		var noted bool
		err := rows.Scan(&id, &q.RowID, &q.Line, &q.Run, &started, &q.Mode, &q.Cost, &noted)
		q.Started = fromMillis(started)
		_, found := rescued[id]
		switch {
		case err != nil:
		case found:
			f.Rescued = append(f.Rescued, q)
		case active && !noted:
			f.InFlight = append(f.InFlight, q)
		default:
			f.Interrupted = append(f.Interrupted, q)
			if !noted {
				f.Uncertain = append(f.Uncertain, Uncertain{RowID: q.RowID, Run: q.Run, Started: q.Started, Mode: q.Mode, Cost: q.Cost, Reason: interrupted})
			}
		}
		return true, err
	}, `SELECT q.id, coalesce(r.id, ''), coalesce(r.line, 0), q.run, q.started, q.mode, q.cost, q.interrupted
		FROM requests q LEFT JOIN rows r ON r.position = q.position
		WHERE q.state = 'running' OR q.interrupted ORDER BY q.position`)
}

// uncertain reads the attempts that are noted as perhaps charged, without an
// interrupted one whose answer was rescued.
func (s *Store) uncertain(rescued map[int64]int64) (list []Uncertain, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var u Uncertain
		var request, started, finished int64
		err := rows.Scan(&request, &u.RowID, &u.Run, &started, &finished, &u.Cost, &u.Mode, &u.Reason, &u.RequestID, &u.Partial)
		u.Started, u.Finished = fromMillis(started), fromMillis(finished)
		if at, found := rescued[request]; finished != 0 || !found || at != started {
			list = append(list, u)
		}
		return true, err
	}, `SELECT u.request, coalesce(r.id, ''), u.run, u.started, u.finished, u.cost, q.mode, u.reason, u.request_id, u.partial
		FROM uncertain u JOIN requests q ON q.id = u.request
		LEFT JOIN rows r ON r.position = q.position ORDER BY u.id`)
	return list, err
}
