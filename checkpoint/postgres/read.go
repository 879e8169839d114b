package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// Endpoint returns the name of the service that answered.
func (s *Store) Endpoint() (string, error) { return s.endpoint, nil }

// Input returns what ImportOptions.Input returned in the last import, or nil.
func (s *Store) Input() ([]byte, error) { return s.note(s.db(), "input") }

// each calls fn for every row of a result, until it returns false. An error says
// what was read.
func (s *Store) each(what string, fn func(pgx.Rows) (bool, error), text string, args ...any) error {
	d := s.db()
	if s.begun.Load() != nil { // it does not wait for a network that is away
		var cancel context.CancelFunc
		d.ctx, cancel = context.WithTimeout(bg, callWait)
		defer cancel()
	}
	if err := d.each(fn, text, args...); err != nil {
		return fmt.Errorf("read %s from %s: %w", what, s.name, away(err))
	}
	return nil
}

// Results yields every row of the last input, in order.
func (s *Store) Results() iter.Seq2[checkpoint.Result, error] { return s.results("") }

// ResultsByID yields the rows of the last input that have the ID. There are several
// if the input uses the ID more than once.
func (s *Store) ResultsByID(id string) iter.Seq2[checkpoint.Result, error] {
	return s.results("AND r.id = $2", text(id))
}

// ResultsAt yields the rows of the last input at the positions, in order.
func (s *Store) ResultsAt(positions []int64) iter.Seq2[checkpoint.Result, error] {
	return s.results("AND r.position = ANY ($2)", positions)
}

// Rows yields every row of the last input as it was read, in order: its
// position, id, line and fields, and nothing of what became of it.
func (s *Store) Rows() iter.Seq2[checkpoint.Result, error] {
	return func(yield func(checkpoint.Result, error) bool) {
		more := true
		err := s.each("questions", func(rows pgx.Rows) (bool, error) {
			var r checkpoint.Result
			err := rows.Scan(&r.Position, &r.ID, &r.Line, &r.Fields)
			more = err != nil || yield(r, nil)
			return more, err
		}, "SELECT position, id, line, fields FROM rows WHERE batch = $1 ORDER BY position", s.batch)
		if err != nil && more {
			yield(checkpoint.Result{}, err)
		}
	}
}

func (s *Store) results(where string, args ...any) iter.Seq2[checkpoint.Result, error] {
	return func(yield func(checkpoint.Result, error) bool) {
		rescued := sync.OnceValues(s.rescuedIDs)
		more := true
		err := s.each("answers", func(rows pgx.Rows) (bool, error) {
			r, id, err := scanResult(rows)
			if err == nil && r.State == checkpoint.Running {
				var ids map[int64]int64
				ids, err = rescued()
				_, r.Rescued = ids[id]
			}
			more = err != nil || yield(r, nil)
			return more, err
		}, `SELECT coalesce(r.request, 0), r.position, r.id, r.line, r.skip, r.fields, r.originals, q.payload,
				CASE WHEN e.id IS NULL THEN coalesce(q.state, '') ELSE 'answered' END, coalesce(q.attempts, 0),
				CASE WHEN e.id IS NULL THEN coalesce(q.error, '') ELSE '' END, CASE WHEN e.id IS NULL THEN coalesce(q.request_id, '') ELSE '' END,
				CASE WHEN a.position = r.position THEN CASE WHEN q.state = 'answered' AND q.batch = r.batch THEN q.cost ELSE 0 END + coalesce(l.cost, 0) ELSE 0 END,
				coalesce(e.started, q.started, 0), coalesce(e.finished, q.finished, 0),
				CASE WHEN coalesce(e.batch, q.batch) <> r.batch THEN coalesce(p.name, '') ELSE '' END, `+lastReview+`, coalesce(w.answer, e.answer)
			FROM rows r LEFT JOIN requests q ON q.id = r.request LEFT JOIN asked a ON a.batch = r.batch AND a.request = r.request
			LEFT JOIN answers w ON w.request = r.request
			LEFT JOIN LATERAL (SELECT sum(cost)::bigint AS cost FROM earlier WHERE request = r.request AND batch = r.batch) l ON true
			LEFT JOIN earlier e ON e.request = r.request AND e.waits <> ''
			LEFT JOIN batches p ON p.id = coalesce(e.batch, q.batch) AND (e.id IS NOT NULL OR q.state = 'answered')
			WHERE r.batch = $1 `+where+` ORDER BY r.position`, append([]any{s.batch}, args...)...)
		if err != nil && more {
			yield(checkpoint.Result{}, err)
		}
	}
}

func scanResult(rows pgx.Rows) (r checkpoint.Result, id int64, err error) {
	var started, finished int64
	err = rows.Scan(&id, &r.Position, &r.ID, &r.Line, &r.Skip, &r.Fields, &r.Originals, &r.Payload,
		&r.State, &r.Attempts, &r.Error, &r.RequestID, &r.Cost, &started, &finished, &r.Reused, &r.Review, &r.Answer)
	if r.State == checkpoint.Answered || r.State == checkpoint.Failed {
		r.Started, r.Finished = millis.Time(started), millis.Time(finished)
	}
	return r, id, err
}

// Outcomes yields the outcome of each answered and failed request of the last
// input, in the order in which their last attempts began.
func (s *Store) Outcomes() iter.Seq2[checkpoint.Outcome, error] {
	return func(yield func(checkpoint.Outcome, error) bool) {
		err := s.each("outcomes", func(rows pgx.Rows) (bool, error) {
			o, err := scanOutcome(rows)
			return err == nil && yield(o, nil), err
		}, `SELECT r.id, q.state, q.mode, CASE q.state WHEN 'failed' THEN q.reason ELSE '' END, CASE WHEN q.state = 'answered' AND q.batch = a.batch THEN q.cost ELSE 0 END, q.started, q.finished
			FROM asked a JOIN requests q ON q.id = a.request JOIN rows r ON r.batch = a.batch AND r.position = a.position
			WHERE a.batch = $1 AND q.state IN ('answered', 'failed') ORDER BY q.started`, s.batch)
		if err != nil {
			yield(checkpoint.Outcome{}, err)
		}
	}
}

func scanOutcome(rows pgx.Rows) (o checkpoint.Outcome, err error) {
	err = rows.Scan(&o.RowID, &o.State, &o.Mode, &o.Reason, &o.Cost, millis.Into(&o.Started), millis.Into(&o.Finished))
	return o, err
}

// Settings returns the settings of the requests of the last input, or nil.
func (s *Store) Settings() (settings []byte, err error) {
	err = s.db().get("SELECT value FROM settings WHERE id = (SELECT settings FROM asked WHERE batch = $1 AND position > 0 LIMIT 1)", []any{s.batch}, &settings)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read the settings in %s: %w", s.name, away(err))
	}
	return settings, nil
}

// Runs returns all runs, oldest first.
func (s *Store) Runs() (runs []checkpoint.RunRecord, err error) {
	err = s.each("the runs", func(rows pgx.Rows) (bool, error) {
		r, err := scanRun(rows)
		runs = append(runs, r)
		return true, err
	}, "SELECT run, started, ended, outcome, convert_to(summary, 'UTF8') FROM runs WHERE batch = $1 ORDER BY run", s.batch)
	return runs, err
}

func scanRun(rows pgx.Rows) (r checkpoint.RunRecord, err error) {
	err = rows.Scan(&r.Run, millis.Into(&r.Started), millis.Into(&r.Ended), &r.Outcome, &r.Summary)
	return r, err
}
