package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"time"
)

// maxGroup bounds the saves that share one commit. One sync of the disk makes
// them all durable; without grouping, each would cost a sync of its own.
const maxGroup = 256

// A save is one change that waits for its commit.
type save struct {
	apply func() error
	done  chan error
}

// statements are the prepared statements of the saves.
type statements struct {
	start, outcome, answer, uncertain, outdate *sql.Stmt
}

// errNotPending: sending a request that is answered or in flight would pay
// twice.
var errNotPending = errors.New("the question is not pending")

func (st *statements) prepare(conn *sql.Conn) (err error) {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&st.start, "UPDATE requests SET state = 'running', interrupted = 0, run = ?, started = ?, finished = 0, cost = ? WHERE id = ? AND state = 'pending'"},
		{&st.outcome, `UPDATE requests SET state = ?, attempts = attempts + ?, passing = ?, started = ?, finished = ?,
			cost = ?, reason = ?, error = ?, request_id = ?, interrupted = 0 WHERE id = ? AND state <> 'answered'`},
		{&st.answer, "INSERT INTO answers VALUES (?, ?, ?)"},
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
	for _, s := range []*sql.Stmt{st.start, st.outcome, st.answer, st.uncertain, st.outdate} {
		if s != nil {
			_ = s.Close()
		}
	}
}

// Start marks a pending request as running. It is on disk when Start returns,
// so that after a crash the next run can tell what was in flight, and what that
// cost if it was charged. Send only then. It fails for a request that is not
// pending.
func (s *Store) Start(id int64, now time.Time, cost int64) error {
	return s.save("mark a question as sent", func() error {
		changed, err := changes(s.stmts.start.ExecContext(bg, s.run, millis(now), cost, id))
		if err == nil && !changed {
			err = errNotPending
		}
		return err
	})
}

// Complete saves an answer. It is on disk when Complete returns. A request
// that is answered already keeps the answer it has.
func (s *Store) Complete(id int64, c Completion) error {
	return s.save("save an answer", func() error { return s.complete(id, c) })
}

// complete is Complete within a transaction.
func (s *Store) complete(id int64, c Completion) error {
	changed, err := changes(s.stmts.outcome.ExecContext(bg, Answered, c.Attempts, false, millis(c.Started), millis(c.Finished), c.Cost, "", "", "", id))
	if err != nil {
		return err
	}
	if !changed {
		return s.isAnswered(id)
	}
	s.fresh++
	_, err = s.stmts.answer.ExecContext(bg, id, crc32.ChecksumIEEE(c.Answer), c.Answer)
	return err
}

// isAnswered explains why an outcome changed nothing: the request has an
// answer, or, an error, there is no such request.
func (s *Store) isAnswered(id int64) error {
	var state State
	return s.writer.QueryRowContext(bg, "SELECT state FROM requests WHERE id = ?", id).Scan(&state)
}

func changes(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// Fail gives a request up, on disk when it returns. One that is answered stays
// so.
func (s *Store) Fail(id int64, f Fault) error { return s.fault(id, Failed, f) }

// Release makes a running request pending again, on disk when it returns. One
// that is answered stays so.
func (s *Store) Release(id int64, f Fault) error { return s.fault(id, Pending, f) }

func (s *Store) fault(id int64, state State, f Fault) error {
	return s.save("save a failed attempt", func() error {
		changed, err := changes(s.stmts.outcome.ExecContext(bg, state, f.Attempts, f.Passing, millis(f.Started), millis(f.Finished), 0, f.Reason, f.Message, f.RequestID, id))
		if err == nil && !changed {
			err = s.isAnswered(id)
		}
		if err != nil || !f.MaybeCharged {
			return err
		}
		_, err = s.stmts.uncertain.ExecContext(bg, id, s.run, millis(f.Started), millis(f.Finished), f.Cost, f.Reason, f.RequestID, f.Partial)
		return err
	})
}

// save hands a change to the group and waits until it is on disk.
func (s *Store) save(what string, apply func() error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	sv := save{apply: apply, done: make(chan error, 1)}
	s.saves <- sv
	if err := <-sv.done; err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// patience is how often other goroutines are let run before a group is
// committed: those that are about to save then come along. It makes a quarter
// of the commits out of as many saves, and costs nothing where there are none.
const patience = 2

// groupSaves commits whatever saves are waiting, together, until the store is
// closed.
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

// commit makes a group durable. If that fails, each save is tried alone, so
// that one that cannot be applied does not take the others with it; where the
// checkpoint is gone, all are in it and nobody would find them.
func (s *Store) commit(group []save) {
	err := s.apply(group)
	for i, sv := range group {
		if err != nil && len(group) > 1 && !errors.Is(err, ErrGone) {
			sv.done <- s.apply(group[i : i+1])
		} else {
			sv.done <- err
		}
	}
}

// apply makes a group durable, or nothing of it.
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
