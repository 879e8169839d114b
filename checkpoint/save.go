package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"time"

	"bizbatch/checkpoint/internal/saves"
)

// maxGroup is the maximum number of saves in one commit. A commit needs one sync of
// the disk; without groups, every save would need its own.
const maxGroup = 256

// A save is one change that waits for its commit.
type save struct {
	apply func() error
	done  chan error
}

// statements are the prepared statements of the saves.
type statements struct {
	start, again, outcome, answer, replace, unfit, fit, own, uncertain, outdate *sql.Stmt
}

// Sending a request that is answered or in flight would pay twice.
var (
	errNotPending = errors.New("the question is not pending")
	errNotGiven   = errors.New("the question was not given to this run")
)

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
		return fmt.Errorf("mark a question as sent: %w", errNotGiven)
	}
	return r.save("mark a question as sent", nil, func() error {
		if r.claims.Refreshes(id) {
			if err := r.s.setAside(id, forRefresh); err != nil {
				return err
			}
		}
		changed, err := changes(r.s.stmts.start.ExecContext(bg, r.id, millis(now), cost, id))
		if err == nil && !changed {
			err = errNotPending
		}
		if err == nil {
			_, err = r.s.stmts.again.ExecContext(bg, 1, id)
		}
		return err
	})
}

// hold is how long an answer waits for its commit before it is also written to the
// rescue file, because another program may lock the checkpoint. Tests make it
// shorter.
var hold = 5 * time.Second

func (r *run) Complete(id int64, c Completion) error {
	if len(c.Answer) == 0 {
		return errors.New("save an answer: it is empty")
	}
	key, given := r.claims.Key(id)
	if !given { // it may have an answer
		return r.save("save an answer", nil, func() error { return r.s.checkAnswered(id) })
	}
	line := r.s.rescued(key, c)
	r.rescue.Wait(id, line)
	err := r.save("save an answer", func() { r.rescue.Put(id, line) }, func() error { return r.s.complete(id, c) })
	switch {
	case err == nil:
		r.rescue.Drop(id)
		r.claims.Done(id, c.Again)
		return nil
	case errors.Is(err, ErrEnded):
		return err
	}
	r.rescue.Put(id, line)
	return r.unsaved(err)
}

// complete saves an answer within a transaction.
func (s *Store) complete(id int64, c Completion) error {
	changed, err := changes(s.stmts.outcome.ExecContext(bg, Answered, c.Attempts, false, millis(c.Started), millis(c.Finished), c.Cost, c.Label, "", "", id))
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
		err = errNotGiven
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
		return r.save("save a failed attempt", nil, func() error { return r.s.checkAnswered(id) })
	}
	return r.save("save a failed attempt", nil, func() error {
		st := &r.s.stmts
		if !f.MaybeCharged && state == Pending {
			if _, err := st.again.ExecContext(bg, -1, id); err != nil {
				return err
			}
		}
		changed, err := changes(st.outcome.ExecContext(bg, state, f.Attempts, f.Passing, millis(f.Started), millis(f.Finished), 0, f.Reason, f.Message, f.RequestID, id))
		if err == nil && !changed {
			err = r.s.checkAnswered(id)
		}
		if err == nil && f.MaybeCharged {
			_, err = st.uncertain.ExecContext(bg, id, r.id, millis(f.Started), millis(f.Finished), f.Cost, f.Reason, f.RequestID, f.Partial)
		}
		if err == nil && (state == Failed || r.claims.Refreshes(id)) {
			err = r.s.takeBack(id)
		}
		return err
	})
}

// save passes a change to the group and waits until it is on disk. If that takes
// longer than hold, it calls late, unless that is nil.
func (r *run) save(what string, late func(), apply func() error) error {
	if err := r.on(); err != nil {
		return err
	}
	sv := save{apply: apply, done: make(chan error, 1)}
	if err := saves.Wait(r.s.saves, sv, sv.done, hold, late); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// patience is how often other goroutines may run before a group is committed, so
// that those about to save join it. This makes a quarter of the commits, and costs
// nothing if no other goroutine saves.
const patience = 2

// groupSaves commits waiting saves together, until the store is closed.
func (s *Store) groupSaves() {
	defer close(s.done)
	group := make([]save, 0, maxGroup)
	for first := range s.saves {
		group = append(group[:0], first)
		for range patience {
			runtime.Gosched()
		}
	collect:
		for len(group) < maxGroup {
			select {
			case next, ok := <-s.saves:
				if !ok {
					break collect
				}
				group = append(group, next)
			default:
				break collect
			}
		}
		s.commit(group)
	}
}

// commit makes a group durable. If one save cannot be applied, each is tried alone,
// so that the others are saved. An error of the store, such as a lock or a full
// disk, would fail all of them and take as long each time, so it ends the group.
func (s *Store) commit(group []save) {
	err := s.apply(group)
	for i, sv := range group {
		if len(group) == 1 || !failsAlone(err) {
			sv.done <- err
			continue
		}
		alone := s.apply(group[i : i+1])
		sv.done <- alone
		if alone != nil && !failsAlone(alone) {
			err = alone
		}
	}
}

// failsAlone reports whether an error concerns only its own save.
func failsAlone(err error) bool {
	return errors.Is(err, errNotPending) || errors.Is(err, errNotGiven) || isCode(err, tooBig, constraint, mismatch)
}

// apply makes a whole group durable, or nothing of it.
func (s *Store) apply(group []save) error {
	err := s.write(func() error {
		for _, sv := range group {
			if err := sv.apply(); err != nil {
				return err
			}
		}
		return s.outdate()
	})
	if err == nil {
		s.grouped.Add(int64(len(group)))
		s.commits.Add(1)
	}
	return err
}
