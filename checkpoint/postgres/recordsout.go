package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// Records yields all that the batch holds, but for what is known of output files. No
// run may be in progress. An answer that another batch paid for comes as one that
// another checkpoint did.
func (s *Store) Records() checkpoint.Records {
	return func(yield func(checkpoint.Record, error) bool) {
		if s.Active() {
			yield(checkpoint.Record{}, fmt.Errorf("%s: %w", s.name, checkpoint.ErrInUse))
			return
		}
		more := true
		for _, table := range s.tables() {
			err := s.each("a copy", func(rows pgx.Rows) (bool, error) {
				r, err := table.scan(rows)
				more = err == nil && yield(r, nil)
				return more, err
			}, table.text, s.batch)
			if err != nil {
				yield(checkpoint.Record{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// A recordTable is a query with what makes a record of its rows.
type recordTable struct {
	text string
	scan func(pgx.Rows) (checkpoint.Record, error)
}

func (s *Store) tables() []recordTable {
	return []recordTable{
		{"SELECT name, value FROM notes WHERE batch = $1 AND (name IN ('input', 'digest', 'plan') OR starts_with(name, 'note '))", func(rows pgx.Rows) (checkpoint.Record, error) {
			var n checkpoint.NoteRecord
			err := rows.Scan(&n.Name, &n.Value)
			return checkpoint.Record{Note: &n}, err
		}},
		{"SELECT id, value FROM settings WHERE id IN (SELECT settings FROM asked WHERE batch = $1) ORDER BY id", func(rows pgx.Rows) (checkpoint.Record, error) {
			var v checkpoint.SettingsRecord
			err := rows.Scan(&v.Number, &v.Value)
			return checkpoint.Record{Settings: &v}, err
		}},
		{"SELECT run, started, ended, outcome, convert_to(summary, 'UTF8') FROM runs WHERE batch = $1 ORDER BY run", func(rows pgx.Rows) (checkpoint.Record, error) {
			r, err := scanRun(rows)
			return checkpoint.Record{Run: &r}, err
		}},
		{`SELECT q.id, q.payload, q.mode, q.subject, q.state, a.position, a.settings, q.attempts, q.interrupted, q.passing, q.reason, q.error, q.request_id,
			a.agreed, u.request IS NOT NULL, coalesce(u.times, 0), CASE WHEN q.batch = a.batch THEN q.run ELSE 0 END, q.started, q.finished,
			CASE WHEN q.batch = a.batch THEN q.cost ELSE 0 END, CASE WHEN q.state = 'answered' AND q.batch <> a.batch THEN coalesce(p.name, '') ELSE '' END, w.answer
			FROM asked a JOIN requests q ON q.id = a.request LEFT JOIN answers w ON w.request = q.id LEFT JOIN unfit u ON u.request = q.id
			LEFT JOIN batches p ON p.id = q.batch WHERE a.batch = $1 ORDER BY q.id`, s.scanRequest},
		{"SELECT position, coalesce(request, 0), line, id, skip, fields, originals FROM rows WHERE batch = $1 ORDER BY position", func(rows pgx.Rows) (checkpoint.Record, error) {
			var r checkpoint.RowRecord
			err := rows.Scan(&r.Position, &r.Request, &r.Line, &r.ID, &r.Skip, &r.Fields, &r.Originals)
			return checkpoint.Record{Row: &r}, err
		}},
		{`SELECT request, run, started, finished, cost, reason, request_id, partial FROM (SELECT * FROM uncertain
			UNION ALL SELECT 9223372036854775807, request, batch, run, started, 0, cost, '` + interrupted + `', '', '' FROM refreshing WHERE started > 0) u WHERE batch = $1 ORDER BY id`, func(rows pgx.Rows) (checkpoint.Record, error) {
			var u checkpoint.UncertainRecord
			err := rows.Scan(&u.Request, &u.Run, &u.Started, &u.Finished, &u.Cost, &u.Reason, &u.RequestID, &u.Partial)
			return checkpoint.Record{Uncertain: &u}, err
		}},
		{"SELECT subject, taken, row, origin, fields, value FROM reviews WHERE batch = $1 ORDER BY id", func(rows pgx.Rows) (checkpoint.Record, error) {
			var v checkpoint.ReviewRecord
			err := rows.Scan(&v.Subject, &v.Taken, &v.Row, &v.Origin, &v.Fields, &v.Value)
			return checkpoint.Record{Review: &v}, err
		}},
		{"SELECT id, given, by, what, reason, run FROM orders WHERE batch = $1 ORDER BY id", func(rows pgx.Rows) (checkpoint.Record, error) {
			o, err := scanOrder(rows)
			return checkpoint.Record{Order: &o}, err
		}},
	}
}

// scanRequest reads a request, and its earlier answers.
func (s *Store) scanRequest(rows pgx.Rows) (checkpoint.Record, error) {
	var q checkpoint.RequestRecord
	err := rows.Scan(&q.Number, &q.Payload, &q.Mode, &q.Subject, &q.State, &q.Position, &q.Settings, &q.Attempts, &q.Interrupted, &q.Passing, &q.Reason, &q.Error, &q.RequestID,
		&q.Agreed, &q.Unfit, &q.Times, &q.Run, &q.Started, &q.Finished, &q.Cost, &q.Origin, &q.Answer)
	if err != nil {
		return checkpoint.Record{}, err
	}
	err = s.each("a copy", func(rows pgx.Rows) (bool, error) {
		var a checkpoint.AnswerRecord
		err := rows.Scan(&a.Run, &a.Label, &a.Cost, &a.Started, &a.Finished, &a.Origin, &q.Waits, &a.Answer)
		q.Earlier = append(q.Earlier, a)
		return true, err
	}, `SELECT CASE WHEN e.batch = $1 THEN e.run ELSE 0 END, e.label, CASE WHEN e.batch = $1 THEN e.cost ELSE 0 END, e.started, e.finished,
		CASE WHEN e.batch = $1 THEN '' ELSE coalesce(p.name, '') END, e.waits, e.answer FROM earlier e LEFT JOIN batches p ON p.id = e.batch
		WHERE e.request = $2 ORDER BY e.id`, s.batch, q.Number)
	return checkpoint.Record{Request: &q}, err
}
