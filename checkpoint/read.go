package checkpoint

import (
	"database/sql"
	"fmt"
	"hash/crc32"
	"iter"
	"time"
)

// Endpoint names the service whose answers the checkpoint holds.
func (s *Store) Endpoint() (string, error) { return s.meta("endpoint") }

// Input returns what the last import kept about its input; nil before the
// first import.
func (s *Store) Input() ([]byte, error) { return s.metaOrNil("input") }

// Pending returns up to n pending requests of the last input, in input order,
// from the first whose position is greater than after.
func (s *Store) Pending(after int64, n int) (page []Request, err error) {
	rows, err := s.db.Query(`
		SELECT q.id, q.position, r.id, q.mode, q.attempts, q.key, q.payload FROM rows r JOIN requests q ON q.id = r.request AND q.position = r.position
		WHERE r.position > ? AND q.state = 'pending' ORDER BY r.position LIMIT ?`, after, n)
	if err != nil {
		return nil, fmt.Errorf("read pending questions from %s: %w", s.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Request
		var key []byte
		err := rows.Scan(&r.ID, &r.Position, &r.RowID, &r.Mode, &r.Attempts, &key, &r.Payload)
		if k := KeyOf(r.Payload); err == nil && string(k[:]) != string(key) {
			err = fmt.Errorf("question %s: %w", r.RowID, ErrNotCheckpoint) // not to pay for what nobody asked
		}
		if err != nil {
			return nil, fmt.Errorf("read pending questions from %s: %w", s.path, err)
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// Results yields every row of the last input, in order. One whose answer is
// damaged is failed.
func (s *Store) Results() iter.Seq2[Result, error] { return s.results("") }

// ResultsOf yields the rows of the last input that have the id: one, unless
// the input uses it more than once.
func (s *Store) ResultsOf(id string) iter.Seq2[Result, error] { return s.results("WHERE r.id = ?", id) }

func (s *Store) results(where string, args ...any) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		err := s.query(func(rows *sql.Rows) (bool, error) {
			r, err := scanResult(rows)
			return err == nil && yield(r, nil), err
		}, `SELECT r.position, r.id, r.line, r.skip, r.fields,
				coalesce(q.state, ''), coalesce(q.attempts, 0), coalesce(q.error, ''), coalesce(q.request_id, ''), iif(q.state = 'answered', q.cost, 0),
				coalesce(q.started, 0), coalesce(q.finished, 0), coalesce(a.crc, 0), a.answer
			FROM rows r LEFT JOIN requests q ON q.id = r.request LEFT JOIN answers a ON a.request = r.request
			`+where+` ORDER BY r.position`, args...)
		if err != nil {
			yield(Result{}, fmt.Errorf("read answers from %s: %w", s.path, err))
		}
	}
}

func scanResult(rows *sql.Rows) (r Result, err error) {
	var started, finished int64
	var crc uint32
	err = rows.Scan(&r.Position, &r.ID, &r.Line, &r.Skip, &r.Fields,
		&r.State, &r.Attempts, &r.Error, &r.RequestID, &r.Cost, &started, &finished, &crc, &r.Answer)
	if crc32.ChecksumIEEE(r.Answer) != crc {
		r.State, r.Answer, r.Error = Failed, nil, "its answer is damaged in the checkpoint"
	}
	if r.State == Answered || r.State == Failed {
		r.Started, r.Finished = fromMillis(started), fromMillis(finished)
	}
	return r, err
}

// An Outcome is what became of a request of the last input: answered or failed.
type Outcome struct {
	State    State
	Mode     string
	Reason   string // of a failure
	Cost     int64  // of an answer
	Started  time.Time
	Finished time.Time
}

// Outcomes yields them by the time at which their last attempt began. Rows that
// share a request share its outcome.
func (s *Store) Outcomes() iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var o Outcome
			var started, finished int64
			err := rows.Scan(&o.State, &o.Mode, &o.Reason, &o.Cost, &started, &finished)
			o.Started, o.Finished = fromMillis(started), fromMillis(finished)
			return err == nil && yield(o, nil), err
		}, `SELECT state, mode, iif(state = 'failed', reason, ''), iif(state = 'answered', cost, 0), started, finished
			FROM requests WHERE position > 0 AND state IN ('answered', 'failed') ORDER BY started`)
		if err != nil {
			yield(Outcome{}, fmt.Errorf("read outcomes from %s: %w", s.path, err))
		}
	}
}

// Settings returns what the requests of the last input were made with; nil
// where it has none.
func (s *Store) Settings() (settings []byte, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		return false, rows.Scan(&settings)
	}, "SELECT value FROM settings WHERE id = (SELECT settings FROM requests WHERE position > 0 LIMIT 1)")
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", s.path, err)
	}
	return settings, nil
}

// query calls each for every row of a result, until it returns false.
func (s *Store) query(each func(*sql.Rows) (bool, error), text string, args ...any) error {
	rows, err := s.db.Query(text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if more, err := each(rows); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// Counts are the requests of the last input by state, and the money spent.
type Counts struct {
	Rows, Skipped  int
	States         map[State]int  // requests by state
	Reasons        map[string]int // failed requests by reason
	Spent          int64          // for the answers of this input
	SpentTotal     int64          // for every answer in the checkpoint
	AnsweredByMode map[string]int
	SpentByMode    map[string]int64
	PendingByMode  map[string]int // including those that are running
}

// Counts reads them all from one moment.
func (s *Store) Counts() (c Counts, err error) {
	c = Counts{
		States: map[State]int{}, Reasons: map[string]int{},
		AnsweredByMode: map[string]int{}, SpentByMode: map[string]int64{}, PendingByMode: map[string]int{},
	}
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var current bool
		var state State
		var mode, reason string
		var n int
		var cost int64
		if err := rows.Scan(&current, &state, &mode, &reason, &n, &cost); err != nil {
			return false, err
		}
		c.SpentTotal += cost
		if !current {
			return true, nil
		}
		c.States[state] += n
		c.Spent += cost
		switch state {
		case Answered:
			c.AnsweredByMode[mode] += n
			c.SpentByMode[mode] += cost
		case Failed:
			c.Reasons[reason] += n
		default:
			c.PendingByMode[mode] += n
		}
		return true, nil
	}, `SELECT position > 0, state, mode, CASE state WHEN 'failed' THEN reason ELSE '' END AS why, count(*), sum(iif(state = 'answered', cost, 0))
		FROM requests GROUP BY 1, 2, 3, 4`)
	if err == nil {
		err = s.db.QueryRow("SELECT count(*), count(*) - count(request) FROM rows").Scan(&c.Rows, &c.Skipped)
	}
	if err != nil {
		return c, fmt.Errorf("count questions in %s: %w", s.path, err)
	}
	return c, nil
}

// A RunRecord is one run in a checkpoint's history.
type RunRecord struct {
	Run     int64
	Started time.Time
	Ended   time.Time // zero: it is on, or it ended without a word
	Outcome string
	Summary []byte // JSON
}

// Runs returns the history, oldest first.
func (s *Store) Runs() (runs []RunRecord, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var r RunRecord
		var started, ended int64
		err := rows.Scan(&r.Run, &started, &ended, &r.Outcome, &r.Summary)
		r.Started, r.Ended = fromMillis(started), fromMillis(ended)
		runs = append(runs, r)
		return true, err
	}, "SELECT id, started, ended, outcome, summary FROM runs ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read the runs in %s: %w", s.path, err)
	}
	return runs, nil
}

// LastSent is when a request was last sent, by any run; zero: none was.
func (s *Store) LastSent() (time.Time, error) {
	var last int64
	err := s.query(func(rows *sql.Rows) (bool, error) { return false, rows.Scan(&last) },
		"SELECT coalesce(max(started), 0) FROM requests")
	if err != nil {
		return time.Time{}, fmt.Errorf("read when a request was last sent, in %s: %w", s.path, err)
	}
	return fromMillis(last), nil
}

// An InFlight is a request that was sent and has no outcome: it is running, or
// it was when its run ended without a word (Interrupted).
type InFlight struct {
	RowID       string    `json:"id"`
	Line        int       `json:"line"`
	Run         int64     `json:"run"`
	Started     time.Time `json:"started"`
	Mode        string    `json:"mode"`
	Cost        int64     `json:"-"` // if it is charged, in the caller's unit
	Interrupted bool      `json:"interrupted"`
}

// InFlight lists them in input order.
func (s *Store) InFlight() (list []InFlight, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var f InFlight
		var started int64
		err := rows.Scan(&f.RowID, &f.Line, &f.Run, &started, &f.Mode, &f.Cost, &f.Interrupted)
		f.Started = fromMillis(started)
		list = append(list, f)
		return true, err
	}, `SELECT coalesce(r.id, ''), coalesce(r.line, 0), q.run, q.started, q.mode, q.cost, q.interrupted
		FROM requests q LEFT JOIN rows r ON r.position = q.position
		WHERE q.state = 'running' OR q.interrupted ORDER BY q.position`)
	if err != nil {
		return nil, fmt.Errorf("read what is in flight from %s: %w", s.path, err)
	}
	return list, nil
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

// Uncertain lists them, oldest first.
func (s *Store) Uncertain() (list []Uncertain, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var u Uncertain
		var started, finished int64
		err := rows.Scan(&u.RowID, &u.Run, &started, &finished, &u.Cost, &u.Mode, &u.Reason, &u.RequestID, &u.Partial)
		u.Started, u.Finished = fromMillis(started), fromMillis(finished)
		list = append(list, u)
		return true, err
	}, `SELECT coalesce(r.id, ''), u.run, u.started, u.finished, u.cost, q.mode, u.reason, u.request_id, u.partial
		FROM uncertain u JOIN requests q ON q.id = u.request
		LEFT JOIN rows r ON r.position = q.position ORDER BY u.id`)
	if err != nil {
		return nil, fmt.Errorf("read what may have been charged from %s: %w", s.path, err)
	}
	return list, nil
}
