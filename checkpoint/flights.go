package checkpoint

import (
	"database/sql"
	"fmt"
	"time"

	"bizbatch/checkpoint/internal/millis"
)

// Flights are the requests that were sent and whose answers are not in the
// checkpoint. The first three lists are in input order, Uncertain in order of time.
type Flights struct {
	InFlight    []Flight // of the run in progress
	Rescued     []Flight // answered; the next Import reads the answers from a rescue file
	Interrupted []Flight // of a run that was killed
	Uncertain   []Flight // may have been charged, interrupted ones included
}

// A Flight is a request that was sent, as one attempt of a run.
type Flight struct {
	RowID    string    `json:"id"`   // of the first row that asks it
	Line     int       `json:"line"` // of that row; 0 if the input does not hold it any more
	Run      int64     `json:"run"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"` // zero while its end is not known
	Mode     string    `json:"mode"`
	Cost     int64     `json:"-"` // if it is charged, in the caller's unit of money
	// The following are set in Flights.Uncertain only.
	Reason    string `json:"reason,omitempty"`     // why there is no answer
	RequestID string `json:"request_id,omitempty"` // the service's name for the request
	Partial   string `json:"partial,omitempty"`    // the text that had arrived
}

// Flights returns the requests that were sent and whose answers are not in the
// checkpoint. A request that is running while no run is in progress counts as
// interrupted.
func (s *Store) Flights() (f Flights, err error) {
	rescued, err := s.rescuedIDs()
	if err == nil {
		err = s.uncertain(&f, rescued)
	}
	if err == nil {
		err = s.running(&f, rescued)
	}
	if err != nil {
		return f, fmt.Errorf("read what was in flight from %s: %w", s.path, err)
	}
	return f, nil
}

// Add adds a request that is running, or was when its run ended, in the list where it
// belongs: its answer was rescued, its run is active, or it was interrupted, which is
// noted among the uncertain ones or not yet. It is for engines.
func (f *Flights) Add(q Flight, rescued, active, noted bool) {
	switch {
	case rescued:
		f.Rescued = append(f.Rescued, q)
	case active && !noted:
		f.InFlight = append(f.InFlight, q)
	default:
		f.Interrupted = append(f.Interrupted, q)
		if !noted {
			q.Reason = interrupted
			f.Uncertain = append(f.Uncertain, q)
		}
	}
}

// running reads the requests that are running, or were when their run ended.
func (s *Store) running(f *Flights, rescued map[int64]int64) error {
	active := s.Active()
	return s.query(func(rows *sql.Rows) (bool, error) {
		var q Flight
		var id int64
		var noted bool
		err := rows.Scan(&id, &q.RowID, &q.Line, &q.Run, millis.Into(&q.Started), &q.Mode, &q.Cost, &noted)
		_, found := rescued[id]
		f.Add(q, found, active, noted)
		return true, err
	}, `SELECT q.id, coalesce(r.id, ''), coalesce(r.line, 0), q.run, q.started, q.mode, q.cost, q.interrupted
		FROM requests q LEFT JOIN rows r ON r.position = q.position
		WHERE q.state = 'running' OR q.interrupted ORDER BY q.position`)
}

// AddUncertain adds an attempt that may have been charged: the number of its request
// and what is known of it. An interrupted one whose answer was rescued it leaves out.
// It is for engines.
func (f *Flights) AddUncertain(rescued map[int64]int64, scan func(...any) error) error {
	var u Flight
	var request int64
	err := scan(&request, &u.RowID, &u.Line, &u.Run, millis.Into(&u.Started), millis.Into(&u.Finished), &u.Cost, &u.Mode, &u.Reason, &u.RequestID, &u.Partial)
	if at, found := rescued[request]; !u.Finished.IsZero() || !found || at != millis.Of(u.Started) {
		f.Uncertain = append(f.Uncertain, u)
	}
	return err
}

// uncertain reads the attempts that are noted as perhaps charged.
func (s *Store) uncertain(f *Flights, rescued map[int64]int64) error {
	return s.query(func(rows *sql.Rows) (bool, error) { return true, f.AddUncertain(rescued, rows.Scan) },
		`SELECT u.request, coalesce(r.id, ''), coalesce(r.line, 0), u.run, u.started, u.finished, u.cost, q.mode, u.reason, u.request_id, u.partial
		FROM uncertain u JOIN requests q ON q.id = u.request
		LEFT JOIN rows r ON r.position = q.position ORDER BY u.id`)
}
