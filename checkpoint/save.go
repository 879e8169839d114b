package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/saves"
)

// statements are the prepared statements of the saves.
type statements struct {
	start, again, outcome, answer, replace, unfit, fit, own, uncertain, outdate *sql.Stmt
}

func (st *statements) prepare(conn *sql.Conn) (err error) {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&st.start, "UPDATE requests SET state = 'running', interrupted = 0, run = ?, started = ?, finished = 0, cost = ? WHERE id = ? AND state = 'pending'"},
		{&st.again, "UPDATE unfit SET times = times + ? WHERE request = ? AND EXISTS (SELECT 1 FROM earlier e JOIN requests q ON q.id = e.request WHERE q.id = ?2 AND q.state = 'running' AND e.waits = 'unfit')"},
		{&st.outcome, `UPDATE requests SET state = ?, attempts = attempts + ?, passing = ?, started = ?, finished = ?,
			cost = ?, reason = ?, error = ?, request_id = ?, interrupted = 0 WHERE id = ? AND state <> 'answered'`},
		{&st.answer, "INSERT INTO answers VALUES (?, ?, ?)"},
		{&st.replace, "UPDATE earlier SET waits = '' WHERE request = ? AND waits <> ''"},
		{&st.unfit, "INSERT OR IGNORE INTO unfit (request) VALUES (?)"},
		{&st.fit, "DELETE FROM unfit WHERE request = ?"},
		{&st.own, "DELETE FROM reused WHERE request = ?"},
		{&st.uncertain, `INSERT INTO uncertain (request, run, started, finished, cost, reason, request_id, partial)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&st.outdate, "DELETE FROM meta WHERE name >= ? AND name < ?"},
	} {
		if *p.stmt, err = conn.PrepareContext(bg, p.text); err != nil {
			return err
		}
	}
	return nil
}

func (st *statements) close() {
	for _, s := range []*sql.Stmt{st.start, st.again, st.outcome, st.answer, st.replace, st.unfit, st.fit, st.own, st.uncertain, st.outdate} {
		if s != nil {
			_ = s.Close()
		}
	}
}

func (r *run) Start(id int64, now time.Time, cost int64) error {
	if err := r.on(); err != nil {
		return err
	}
	if _, given := r.claims.Key(id); !given {
		return fmt.Errorf("mark a question as sent: %w", claims.ErrNotGiven)
	}
	return r.save("mark a question as sent", id, nil, func(s *Store) error {
		if r.claims.Refreshes(id) {
			if err := s.setAside(id, forRefresh); err != nil {
				return err
			}
		}
		changed, err := changes(s.stmts.start.ExecContext(bg, r.id, millis.Of(now), cost, id))
		if err == nil && !changed {
			err = claims.ErrNotPending
		}
		if err == nil {
			_, err = s.stmts.again.ExecContext(bg, 1, id)
		}
		return err
	})
}

func (r *run) Complete(id int64, c Completion) error {
	if err := r.on(); err != nil {
		return err
	}
	if len(c.Answer) == 0 {
		return errors.New("save an answer: it is empty")
	}
	key, given := r.claims.Key(id)
	if !given { // it may have an answer
		return r.save("save an answer", id, nil, func(s *Store) error { return s.checkAnswered(id) })
	}
	err := r.rescue.Save(id, r.s.rescued(key, c), func() error {
		return r.save("save an answer", id, func() { r.rescue.Late(id) }, func(s *Store) error { return s.complete(id, c) })
	})
	if err != nil {
		return r.unsaved(err)
	}
	r.claims.Done(id, c.Again)
	return nil
}

// complete saves an answer within a transaction.
func (s *Store) complete(id int64, c Completion) error {
	changed, err := changes(s.stmts.outcome.ExecContext(bg, Answered, c.Attempts, false, millis.Of(c.Started), millis.Of(c.Finished), c.Cost, c.Label, "", "", id))
	if err != nil {
		return err
	}
	if !changed {
		return s.checkAnswered(id)
	}
	s.fresh++
	if _, err = s.stmts.answer.ExecContext(bg, id, crc32.ChecksumIEEE(c.Answer), c.Answer); err != nil {
		return err
	}
	if _, err = s.stmts.replace.ExecContext(bg, id); err != nil {
		return err
	}
	fits := s.stmts.fit
	if c.Unfit {
		fits = s.stmts.unfit
	}
	if _, err = fits.ExecContext(bg, id); err == nil {
		_, err = s.stmts.own.ExecContext(bg, id)
	}
	if err == nil && c.Again {
		err = s.setAside(id, forUnfit)
	}
	return err
}

// checkAnswered returns nil if an outcome changed nothing because the request has an
// answer, and otherwise an error: the request was not claimed by the run.
func (s *Store) checkAnswered(id int64) error {
	var state State
	err := s.writer.QueryRowContext(bg, "SELECT state FROM requests WHERE id = ?", id).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != Answered {
		err = claims.ErrNotGiven
	}
	return err
}

func changes(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

func (r *run) Fail(id int64, f Fault) error { return r.fault(id, Failed, f) }

func (r *run) Release(id int64, f Fault) error { return r.fault(id, Pending, f) }

func (r *run) fault(id int64, state State, f Fault) error {
	if _, given := r.claims.Key(id); !given { // it may have an answer
		return r.save("save a failed attempt", id, nil, func(s *Store) error { return s.checkAnswered(id) })
	}
	return r.save("save a failed attempt", id, nil, func(s *Store) error {
		st := &s.stmts
		if !f.MaybeCharged && state == Pending {
			if _, err := st.again.ExecContext(bg, -1, id); err != nil {
				return err
			}
		}
		changed, err := changes(st.outcome.ExecContext(bg, state, f.Attempts, f.Passing, millis.Of(f.Started), millis.Of(f.Finished), 0, f.Reason, f.Message, f.RequestID, id))
		if err == nil && !changed {
			err = s.checkAnswered(id)
		}
		if err == nil && f.MaybeCharged {
			_, err = st.uncertain.ExecContext(bg, id, r.id, millis.Of(f.Started), millis.Of(f.Finished), f.Cost, f.Reason, f.RequestID, f.Partial)
		}
		if err == nil && (state == Failed || r.claims.Refreshes(id)) {
			err = s.takeBack(id)
		}
		return err
	})
}

// save makes a change durable. If that takes long, it calls late, unless that is nil.
func (r *run) save(what string, id int64, late func(), apply func(*Store) error) error {
	if err := r.on(); err != nil {
		return err
	}
	if err := r.s.saves.Save(id, late, apply); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// saveGroup makes a whole group durable, or nothing of it.
func (s *Store) saveGroup(group saves.Group[*Store]) error {
	return s.write(func() error {
		if err := group.Apply(s); err != nil {
			return err
		}
		return s.outdate()
	})
}

// failsAlone reports whether an error concerns only its own save.
func failsAlone(err error) bool {
	return errors.Is(err, claims.ErrNotPending) || errors.Is(err, claims.ErrNotGiven) || isCode(err, tooBig, constraint, mismatch)
}
