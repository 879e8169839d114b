package checkpoint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"sync"
	"time"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
)

// Endpoint returns the name of the service that answered.
func (s *Store) Endpoint() (string, error) { return s.meta("endpoint") }

// Input returns what ImportOptions.Input returned in the last import, or nil.
func (s *Store) Input() ([]byte, error) { return s.metaOrNil("input") }

// pending returns up to n pending requests of the last input, in input order,
// from the first whose position is greater than after.
func (s *Store) pending(after int64, n int) ([]Request, error) {
	return s.requests(`FROM rows r JOIN requests q ON q.id = r.request AND q.position = r.position LEFT JOIN unfit u ON u.request = q.id
		WHERE r.position > ? AND q.state = 'pending' ORDER BY r.position LIMIT ?`, after, n)
}

// requests returns requests to give out, by SQL that names them q, their rows r and
// what is noted of their unfit answers u.
func (s *Store) requests(from string, args ...any) (page []Request, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var r Request
		var key []byte
		err := rows.Scan(&r.ID, &r.Position, &r.RowID, &r.Mode, &r.Attempts, &r.Reason, &r.Answered, &r.Again, &key, &r.Payload)
		if err == nil && !keys.Of(r.Payload).Is(key) {
			err = fmt.Errorf("question %s: %w", r.RowID, ErrNotCheckpoint) // not to pay for what nobody asked
		}
		page = append(page, r)
		return true, err
	}, `
		SELECT q.id, q.position, r.id, q.mode, q.attempts, iif(q.state = 'pending', q.reason, ''), EXISTS (SELECT 1 FROM earlier WHERE request = q.id AND waits <> ''), coalesce(u.times, 0), q.key, q.payload
		`+from, args...)
	if err != nil {
		return nil, fmt.Errorf("read pending questions from %s: %w", s.path, err)
	}
	return page, nil
}

// Results yields every row of the last input, in order. A row whose answer is
// damaged is failed. If the store is writable, its request is marked as failed.
func (s *Store) Results() iter.Seq2[Result, error] { return s.results("") }

// ResultsByID yields the rows of the last input that have the ID. There are several
// if the input uses the ID more than once.
func (s *Store) ResultsByID(id string) iter.Seq2[Result, error] {
	return s.results("WHERE r.id = ?", id)
}

// ResultsAt yields the rows of the last input at the positions, in order.
func (s *Store) ResultsAt(positions []int64) iter.Seq2[Result, error] {
	list, err := json.Marshal(positions)
	if err != nil { // numbers always are JSON
		return func(yield func(Result, error) bool) { yield(Result{}, err) }
	}
	return s.results("WHERE r.position IN (SELECT value FROM json_each(?))", string(list))
}

// Rows yields every row of the last input as it was read, in order: its
// position, id, line and fields, and nothing of what became of it.
func (s *Store) Rows() iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		more := true
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var r Result
			err := rows.Scan(&r.Position, &r.ID, &r.Line, &r.Fields)
			more = err != nil || yield(r, nil)
			return more, err
		}, "SELECT position, id, line, fields FROM rows ORDER BY position")
		if err != nil && more {
			yield(Result{}, fmt.Errorf("read questions from %s: %w", s.path, err))
		}
	}
}

func (s *Store) results(where string, args ...any) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		var damaged []int64
		rescued := sync.OnceValues(s.rescuedIDs)
		more := true
		err := s.query(func(rows *sql.Rows) (bool, error) {
			r, id, err := scanResult(rows)
			if err == nil && r.Error == damagedAnswer {
				damaged = append(damaged, id)
			}
			if err == nil && r.State == Running {
				var ids map[int64]int64
				ids, err = rescued()
				_, r.Rescued = ids[id]
			}
			more = err != nil || yield(r, nil)
			return more, err
		}, `WITH before AS (SELECT request, sum(cost) AS cost FROM earlier GROUP BY request)
			SELECT coalesce(r.request, 0), r.position, r.id, r.line, r.skip, r.fields, m.originals, q.payload,
				iif(e.id, 'answered', coalesce(q.state, '')), coalesce(q.attempts, 0), iif(e.id, '', coalesce(q.error, '')), iif(e.id, '', coalesce(q.request_id, '')),
				iif(q.position = r.position, iif(q.state = 'answered', q.cost, 0) + coalesce(b.cost, 0), 0),
				coalesce(e.started, q.started, 0), coalesce(e.finished, q.finished, 0), coalesce(u.origin, ''), `+lastReview+`, coalesce(a.crc, e.crc, 0), coalesce(a.answer, e.answer)
			FROM rows r LEFT JOIN requests q ON q.id = r.request LEFT JOIN answers a ON a.request = r.request LEFT JOIN reused u ON u.request = r.request
			LEFT JOIN masked m ON m.position = r.position
			LEFT JOIN before b ON b.request = r.request LEFT JOIN earlier e ON e.request = r.request AND e.waits <> ''
			`+where+` ORDER BY r.position`, args...)
		if len(damaged) > 0 && s.writer != nil && s.original == "" {
			err = errors.Join(err, s.write(func() error { return s.failDamaged(damaged) }))
		}
		if err != nil && more {
			yield(Result{}, fmt.Errorf("read answers from %s: %w", s.path, err))
		}
	}
}

func scanResult(rows *sql.Rows) (r Result, id int64, err error) {
	var started, finished int64
	var crc uint32
	err = rows.Scan(&id, &r.Position, &r.ID, &r.Line, &r.Skip, &r.Fields, &r.Originals, &r.Payload,
		&r.State, &r.Attempts, &r.Error, &r.RequestID, &r.Cost, &started, &finished, &r.Reused, &r.Review, &crc, &r.Answer)
	if crc32.ChecksumIEEE(r.Answer) != crc || r.State == Answered && len(r.Answer) == 0 {
		r.State, r.Answer, r.Error = Failed, nil, damagedAnswer
	}
	if r.State == Answered || r.State == Failed {
		r.Started, r.Finished = millis.Time(started), millis.Time(finished)
	}
	return r, id, err
}

// An Outcome is the outcome of an answered or failed request of the last input.
type Outcome struct {
	RowID    string // the ID of the first row with the request
	State    State
	Mode     string
	Reason   string // the reason of a failure
	Cost     int64  // the cost of an answer
	Started  time.Time
	Finished time.Time
}

// Outcomes yields the outcome of each answered and failed request of the last
// input, in the order in which their last attempts began.
func (s *Store) Outcomes() iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var o Outcome
			err := rows.Scan(&o.RowID, &o.State, &o.Mode, &o.Reason, &o.Cost, millis.Into(&o.Started), millis.Into(&o.Finished))
			return err == nil && yield(o, nil), err
		}, `SELECT r.id, q.state, q.mode, iif(q.state = 'failed', q.reason, ''), iif(q.state = 'answered', q.cost, 0), q.started, q.finished
			FROM requests q JOIN rows r ON r.position = q.position WHERE q.state IN ('answered', 'failed') ORDER BY q.started`)
		if err != nil {
			yield(Outcome{}, fmt.Errorf("read outcomes from %s: %w", s.path, err))
		}
	}
}

// Settings returns the settings of the requests of the last input, or nil.
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
	return query(s.db, each, text, args...)
}

// A querier is the database, or the one connection that writes to it.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func query(db querier, each func(*sql.Rows) (bool, error), text string, args ...any) error {
	rows, err := db.QueryContext(bg, text, args...)
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

// A RunRecord describes one run.
type RunRecord struct {
	Run     int64
	Started time.Time
	Ended   time.Time // zero if the run is in progress or was killed
	Outcome string
	Summary []byte // JSON
}

// Runs returns all runs, oldest first.
func (s *Store) Runs() (runs []RunRecord, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var r RunRecord
		err := rows.Scan(&r.Run, millis.Into(&r.Started), millis.Into(&r.Ended), &r.Outcome, &r.Summary)
		runs = append(runs, r)
		return true, err
	}, "SELECT id, started, ended, outcome, summary FROM runs ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read the runs in %s: %w", s.path, err)
	}
	return runs, nil
}
