package checkpoint

import (
	"database/sql"
	"fmt"
	"strings"

	"bizbatch/checkpoint/internal/millis"
)

// Records yields all that the checkpoint holds, but for what is known of output
// files. No run may be in progress.
func (s *Store) Records() Records {
	return func(yield func(Record, error) bool) {
		if s.Active() {
			yield(Record{}, fmt.Errorf("%s: %w", s.path, ErrInUse))
			return
		}
		more := true
		for _, table := range s.tables() {
			err := s.query(func(rows *sql.Rows) (bool, error) {
				r, err := table.scan(rows)
				more = err == nil && yield(r, nil)
				return more, err
			}, table.text)
			if err != nil {
				yield(Record{}, fmt.Errorf("read %s: %w", s.path, err))
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
	scan func(*sql.Rows) (Record, error)
}

func (s *Store) tables() []recordTable {
	return []recordTable{
		{"SELECT name, value FROM meta WHERE name IN ('input', 'digest', 'plan') OR name LIKE 'note %'", func(rows *sql.Rows) (Record, error) {
			var n NoteRecord
			err := rows.Scan(&n.Name, &n.Value)
			return Record{Note: &n}, err
		}},
		{"SELECT id, value FROM settings ORDER BY id", func(rows *sql.Rows) (Record, error) {
			var v SettingsRecord
			err := rows.Scan(&v.Number, &v.Value)
			return Record{Settings: &v}, err
		}},
		{"SELECT id, started, ended, outcome, summary FROM runs ORDER BY id", func(rows *sql.Rows) (Record, error) {
			var r RunRecord
			err := rows.Scan(&r.Run, millis.Into(&r.Started), millis.Into(&r.Ended), &r.Outcome, &r.Summary)
			return Record{Run: &r}, err
		}},
		{`SELECT q.id, q.payload, q.mode, q.subject, q.state, q.position, q.settings, q.attempts, q.interrupted, q.passing, q.reason, q.error, q.request_id,
			EXISTS (SELECT 1 FROM agreed WHERE request = q.id), u.request IS NOT NULL, coalesce(u.times, 0), q.run, q.started, q.finished, q.cost, coalesce(o.origin, ''), a.answer
			FROM requests q LEFT JOIN answers a ON a.request = q.id LEFT JOIN unfit u ON u.request = q.id LEFT JOIN reused o ON o.request = q.id ORDER BY q.id`, s.scanRequest},
		{`SELECT r.position, coalesce(r.request, 0), r.line, r.id, r.skip, r.fields, m.originals FROM rows r LEFT JOIN masked m ON m.position = r.position ORDER BY r.position`, func(rows *sql.Rows) (Record, error) {
			var r RowRecord
			err := rows.Scan(&r.Position, &r.Request, &r.Line, &r.ID, &r.Skip, &r.Fields, &r.Originals)
			return Record{Row: &r}, err
		}},
		{"SELECT request, run, started, finished, cost, reason, request_id, partial FROM uncertain ORDER BY id", func(rows *sql.Rows) (Record, error) {
			var u UncertainRecord
			err := rows.Scan(&u.Request, &u.Run, &u.Started, &u.Finished, &u.Cost, &u.Reason, &u.RequestID, &u.Partial)
			return Record{Uncertain: &u}, err
		}},
		{"SELECT subject, taken, row, origin, fields, value FROM reviews ORDER BY id", func(rows *sql.Rows) (Record, error) {
			var v ReviewRecord
			err := rows.Scan(&v.Subject, &v.Taken, &v.Row, &v.Origin, &v.Fields, &v.Value)
			return Record{Review: &v}, err
		}},
		{"SELECT id, given, by, what, reason, run FROM orders ORDER BY id", func(rows *sql.Rows) (Record, error) {
			var o Order
			err := rows.Scan(&o.ID, millis.Into(&o.Given), &o.By, &o.What, &o.Reason, &o.Run)
			return Record{Order: &o}, err
		}},
	}
}

// scanRequest reads a request, and its earlier answers.
func (s *Store) scanRequest(rows *sql.Rows) (Record, error) {
	var q RequestRecord
	err := rows.Scan(&q.Number, &q.Payload, &q.Mode, &q.Subject, &q.State, &q.Position, &q.Settings, &q.Attempts, &q.Interrupted, &q.Passing, &q.Reason, &q.Error, &q.RequestID,
		&q.Agreed, &q.Unfit, &q.Times, &q.Run, &q.Started, &q.Finished, &q.Cost, &q.Origin, &q.Answer)
	if err != nil {
		return Record{}, err
	}
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var a AnswerRecord
		err := rows.Scan(&a.Run, &a.Label, &a.Cost, &a.Started, &a.Finished, &a.Origin, &q.Waits, &a.Answer)
		q.Earlier = append(q.Earlier, a)
		return true, err
	}, "SELECT run, label, cost, started, finished, origin, waits, answer FROM earlier WHERE request = ? ORDER BY id", q.Number)
	return Record{Request: &q}, err
}

// ErrNotEmpty: a checkpoint that is to receive another one holds something already.
var ErrNotEmpty = fmt.Errorf("the checkpoint holds questions already")

// Receive takes in all that another checkpoint holds, within one transaction. It
// returns ErrNotEmpty unless the checkpoint is empty.
func (s *Store) Receive(records Records) error {
	err := s.write(func() error {
		var n int
		if err := s.writer.QueryRowContext(bg, "SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM rows)").Scan(&n); err != nil || n > 0 {
			if err == nil {
				err = ErrNotEmpty
			}
			return err
		}
		for r, err := range records {
			if err == nil {
				err = s.receive(r)
			}
			if err != nil {
				return err
			}
		}
		s.fewer = true // have the answers counted
		return nil
	})
	if err != nil {
		return err
	}
	s.created = false
	return s.useWAL()
}

func (s *Store) receive(r Record) error {
	switch {
	case r.Note != nil:
		return s.exec("INSERT OR REPLACE INTO meta VALUES (?, ?)", r.Note.Name, string(r.Note.Value))
	case r.Settings != nil:
		return s.insert("settings", r.Settings.Number, string(r.Settings.Value))
	case r.Run != nil:
		return s.insert("runs", r.Run.Run, millis.Of(r.Run.Started), millis.Of(r.Run.Ended), r.Run.Outcome, string(r.Run.Summary))
	case r.Request != nil:
		return s.receiveRequest(r.Request)
	case r.Row != nil:
		return s.receiveRow(r.Row)
	case r.Uncertain != nil:
		u := r.Uncertain
		return s.insert("uncertain", nil, u.Request, u.Run, u.Started, u.Finished, u.Cost, u.Reason, u.RequestID, u.Partial)
	case r.Review != nil:
		v := r.Review
		return s.insert("reviews", nil, v.Subject, v.Row, v.Taken, v.Origin, v.Fields, v.Value)
	case r.Order != nil:
		o := r.Order
		return s.insert("orders", o.ID, millis.Of(o.Given), o.By, o.What, o.Reason, o.Run)
	}
	return nil
}

// insert adds a row to a table, with all its columns in order.
func (s *Store) insert(table string, values ...any) error {
	return s.exec("INSERT INTO "+table+" VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
}
