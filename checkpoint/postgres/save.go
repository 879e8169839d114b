package postgres

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/millis"
)

func (r *run) Start(id int64, now time.Time, cost int64) error {
	if err := r.on(); err != nil {
		return err
	}
	if _, given := r.claims.Key(id); !given {
		return fmt.Errorf("mark a question as sent: %w", claims.ErrNotGiven)
	}
	tried := false
	err := r.save("mark a question as sent", id, nil, func(d db) error {
		if tried { // and it is not known how that ended
			if sent, err := r.isSent(d, id, now); sent || err != nil {
				return err
			}
		}
		tried = true
		if err := r.admit(d, now, cost); err != nil {
			return err
		}
		r.trials[id] = r.held.Load() != nil
		mark := `UPDATE requests SET state = 'running', interrupted = false, batch = $2, run = $3, started = $4, finished = 0, cost = $5
			WHERE id = $1 AND host = $6 AND state = 'pending'`
		if r.claims.Refreshes(id) {
			mark = markRefresh
		}
		changed, err := d.exec(mark, id, r.s.batch, r.id, millis.Of(now), cost, r.host.Load())
		if err == nil && changed == 0 {
			err = r.notPending(d, id)
		}
		if err == nil {
			err = r.takesOff(d, cost)
		}
		if err == nil {
			_, err = d.exec(sentAgain, id, 1)
		}
		return err
	})
	if held, is := errors.AsType[*checkpoint.HeldError](err); is && held.Lost {
		r.claims.Done(id, false)
	}
	return err
}

// notPending returns why a request was not marked as sent.
func (r *run) notPending(d db, id int64) error {
	var mine bool
	err := d.get("SELECT EXISTS (SELECT 1 FROM requests WHERE id = $1 AND host = $2) OR EXISTS (SELECT 1 FROM refreshing WHERE request = $1 AND host = $2)",
		[]any{id, r.host.Load()}, &mine)
	switch {
	case err != nil:
		return err
	case mine:
		return notStarted{claims.ErrNotPending}
	}
	return notStarted{&checkpoint.HeldError{Lost: true}}
}

// isSent reports whether the run has marked a request as sent at a time.
func (r *run) isSent(d db, id int64, at time.Time) (sent bool, err error) {
	err = d.get(`SELECT EXISTS (SELECT 1 FROM requests WHERE id = $1 AND state = 'running' AND host = $2 AND run = $3 AND started = $4)
			OR EXISTS (SELECT 1 FROM refreshing WHERE request = $1 AND host = $2 AND run = $3 AND started = $4)`,
		[]any{id, r.host.Load(), r.id, millis.Of(at)}, &sent)
	return sent, err
}

// sentAgain counts how often a request was sent because its answer does not fit.
const sentAgain = `UPDATE unfit SET times = times + $2 WHERE request = $1
	AND EXISTS (SELECT 1 FROM earlier e JOIN requests q ON q.id = e.request WHERE q.id = $1 AND q.state = 'running')`

func (r *run) Complete(id int64, c checkpoint.Completion) error {
	if err := r.on(); err != nil {
		return err
	}
	if len(c.Answer) == 0 {
		return errors.New("save an answer: it is empty")
	}
	key, given := r.claims.Key(id)
	if !given { // it may have an answer
		return r.save("save an answer", id, nil, func(d db) error { return checkAnswered(d, id) })
	}
	err := r.rescue.Save(id, r.s.rescued(key, c), func() error {
		return r.save("save an answer", id, func() { r.rescue.Late(id) }, func(d db) error { return r.complete(d, id, c) })
	})
	if err != nil {
		return r.unsaved(err)
	}
	r.claims.Done(id, c.Again)
	return nil
}

// complete saves an answer of the run. If its lease was over, the attempt is noted as
// perhaps charged, and now it is known what came of it. If another host has answered
// meanwhile, both were paid for.
func (r *run) complete(d db, id int64, c checkpoint.Completion) error {
	if r.claims.Refreshes(id) {
		if err := replace(d, id, r.host.Load(), c.Started); err != nil {
			return err
		}
	}
	changed, err := complete(d, id, r.s.batch, r.id, c)
	if err == nil && changed {
		return r.reopen(d, id)
	}
	if err == nil {
		err = checkAnswered(d, id)
	}
	if err != nil {
		return err
	}
	twice, err := d.exec(`INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
		SELECT id, $2, $3, $4, $5, $6, 'answered twice', '', '' FROM requests
		WHERE id = $1 AND (batch, run, started) <> ($2, $3, $4) ON CONFLICT DO NOTHING`, id, r.s.batch, r.id, millis.Of(c.Started), millis.Of(c.Finished), c.Cost)
	if err != nil || twice == 0 {
		return err
	}
	return paid(d, r.s.batch, r.id, c.Cost)
}

// complete saves an answer that a run paid for, and reports whether it is the first.
func complete(d db, id, batch, run int64, c checkpoint.Completion) (changed bool, err error) {
	if err := landed(d, id, batch, run, c.Started); err != nil {
		return false, err
	}
	n, err := d.exec(`UPDATE requests SET state = 'answered', attempts = attempts + $2, passing = false, started = $3, finished = $4,
		cost = $5, reason = $6, error = '', request_id = '', interrupted = false, batch = $7, run = $8, host = CASE WHEN $9 THEN host END
		WHERE id = $1 AND state <> 'answered'`, id, c.Attempts, millis.Of(c.Started), millis.Of(c.Finished), c.Cost, text(c.Label), batch, run, c.Again)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err = d.exec("INSERT INTO answers VALUES ($1, $2)", id, c.Answer); err == nil {
		_, err = d.exec("UPDATE earlier SET waits = '' WHERE request = $1 AND waits <> ''", id)
	}
	if err == nil {
		err = paid(d, batch, run, c.Cost)
	}
	if err != nil {
		return true, err
	}
	fits := "DELETE FROM unfit WHERE request = $1"
	if c.Unfit {
		fits = "INSERT INTO unfit (request) VALUES ($1) ON CONFLICT DO NOTHING"
	}
	if _, err = d.exec(fits, id); err == nil && c.Again {
		err = setAside(d, id)
	}
	return true, err
}

// checkAnswered returns nil if an outcome changed nothing because the request has an
// answer, and otherwise an error: the request was not claimed by the run.
func checkAnswered(d db, id int64) error {
	var state checkpoint.State
	err := d.get("SELECT state FROM requests WHERE id = $1", []any{id}, &state)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && state != checkpoint.Answered {
		err = claims.ErrNotGiven
	}
	return err
}

func (r *run) Fail(id int64, f checkpoint.Fault) error { return r.fault(id, checkpoint.Failed, f) }

func (r *run) Release(id int64, f checkpoint.Fault) error {
	return r.fault(id, checkpoint.Pending, f)
}

func (r *run) fault(id int64, state checkpoint.State, f checkpoint.Fault) error {
	if _, given := r.claims.Key(id); !given { // it may have an answer
		return r.save("save a failed attempt", id, nil, func(d db) error { return checkAnswered(d, id) })
	}
	err := r.save("save a failed attempt", id, nil, func(d db) error {
		if !f.MaybeCharged && state == checkpoint.Pending {
			if _, err := d.exec(sentAgain, id, -1); err != nil {
				return err
			}
		}
		if err := landed(d, id, r.s.batch, r.id, f.Started); err != nil {
			return err
		}
		// Once the lease was over the request is another host's.
		changed, err := d.exec(`UPDATE requests SET state = $2, attempts = attempts + $3, passing = $4, started = $5, finished = $6,
			cost = 0, reason = $7, error = $8, request_id = $9, interrupted = false WHERE id = $1 AND state <> 'answered' AND host = $10`,
			id, state, f.Attempts, f.Passing, millis.Of(f.Started), millis.Of(f.Finished), text(f.Reason), text(f.Message), text(f.RequestID), r.host.Load())
		if err == nil && changed == 0 && !f.MaybeCharged {
			err = r.checkLost(d, id)
		}
		if err == nil && f.MaybeCharged {
			err = r.maybePaid(d, id, f)
		}
		switch {
		case err != nil:
			return err
		case r.claims.Refreshes(id):
			return r.keepOld(d, id, state == checkpoint.Failed)
		case state == checkpoint.Failed && changed > 0:
			return takeBack(d, "q.id = $1", id)
		}
		return nil
	})
	if err == nil && state == checkpoint.Failed && !r.claims.Refreshes(id) { // else it has its old answer, and is still the run's
		r.claims.Done(id, false)
	}
	return err
}

// maybePaid notes an attempt that may have been charged.
func (r *run) maybePaid(d db, id int64, f checkpoint.Fault) error {
	noted, err := d.exec(`INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		id, r.s.batch, r.id, millis.Of(f.Started), millis.Of(f.Finished), f.Cost, text(f.Reason), text(f.RequestID), text(f.Partial))
	if err != nil || noted == 0 {
		return err
	}
	return paid(d, r.s.batch, r.id, f.Cost)
}

// checkLost returns nil if an outcome changed nothing because the request has an
// answer, or is another host's since this one's lease was over.
func (r *run) checkLost(d db, id int64) error {
	var mine bool
	err := d.get("SELECT host IS NOT DISTINCT FROM $2 FROM requests WHERE id = $1", []any{id, r.host.Load()}, &mine)
	if err == nil && mine {
		err = checkAnswered(d, id)
	}
	return err
}

// text returns a text as the server takes it: without the zero byte, in UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
