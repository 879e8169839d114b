package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// Open returns what is left to do for all hosts together.
func (r *run) Open() (left checkpoint.Left, err error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	if err := r.on(); err != nil {
		return left, err
	}
	err = r.s.write(func(d db) (err error) {
		left, err = r.open(d)
		return err
	})
	if err != nil {
		return left, fmt.Errorf("read what is left of %s: %w", r.s.name, err)
	}
	return left, nil
}

func (r *run) open(d db) (left checkpoint.Left, err error) {
	if left.Refresh, left.Free, err = r.openRefresh(d); err != nil {
		return left, err
	}
	left.Open = map[string]int{}
	err = d.each(func(rows pgx.Rows) (bool, error) {
		var mode string
		var all, unclaimed int
		err := rows.Scan(&mode, &all, &unclaimed)
		left.Open[mode] = all
		left.Free += unclaimed
		return true, err
	}, `SELECT q.mode, count(*), count(*) FILTER (WHERE q.state = 'pending' AND q.host IS NULL) FROM asked a JOIN requests q ON q.id = a.request
		WHERE a.batch = $1 AND a.position > 0 AND q.state IN ('pending', 'running') GROUP BY q.mode`, r.s.batch)
	return left, err
}

// Limit sets what holds for all runs of the batch.
func (r *run) Limit(l checkpoint.Limits) error {
	return r.s.write(func(d db) error {
		if _, err := d.exec("UPDATE runs SET alone = $3 WHERE batch = $1 AND run = $2", r.s.batch, r.id, l.Alone); err != nil {
			return err
		}
		_, err := d.exec("UPDATE batches SET spend = CASE WHEN $2 > 0 OR $4 THEN $2 ELSE spend END, total = CASE WHEN $3 > 0 THEN $3 ELSE total END WHERE id = $1",
			r.s.batch, l.Spend, l.Total, l.Anew)
		return err
	})
}

// Hold keeps every host from sending requests for the account.
func (r *run) Hold(h checkpoint.Hold) error {
	r.holds(true)
	return r.s.write(func(d db) error {
		// What was sent before meets the same: the first host that was told goes on trying.
		text := `UPDATE accounts SET closed = coalesce(closed, now()), said = $3,
			held_by = CASE WHEN closed IS NOT NULL AND held_by IN (SELECT id FROM alive) THEN held_by ELSE $2 END WHERE id = $1`
		args := []any{r.s.account, r.host.Load(), h.Said}
		if h.Wait > 0 {
			text = "UPDATE accounts SET paused = greatest(paused, now() + $2), said = $3 WHERE id = $1 AND closed IS NULL"
			args[1] = h.Wait
		}
		_, err := d.exec(text, args...)
		return err
	})
}

// holds notes whether the account is closed, and since when this run knows.
func (r *run) holds(closed bool) {
	if !closed {
		r.held.Store(nil)
		return
	}
	now := time.Now() // a clock that is set changes nothing
	r.held.CompareAndSwap(nil, &now)
}

// early is how long before it is sent a request is marked as sent, at most.
const early = 50 * time.Millisecond

// paceWait is how long Pace waits for the server. A host that hears nothing goes on with
// the pace that it knows, and Start waits until anything may be sent.
const paceWait = 2 * time.Second

// Pace changes what all hosts know of the account's pace. Where another host has changed
// it since this one looked, it looks again. So no host holds up others, and one that is
// alone waits for the server once.
func (r *run) Pace(change func(known []byte, now time.Time) []byte) error {
	ctx, cancel := context.WithTimeout(bg, paceWait)
	defer cancel()
	d := db{ctx: ctx, querier: r.s.pool}
	for k := &r.pace; ; k.current = false {
		looked := !k.current
		if looked {
			var now time.Time
			if err := d.get("SELECT pace, clock_timestamp() FROM accounts WHERE id = $1", []any{r.s.account}, &k.known, &now); err != nil {
				return err
			}
			k.ahead = time.Until(now)
		}
		next := change(k.known, time.Now().Add(k.ahead))
		switch {
		case next == nil && looked:
			return nil
		case next == nil:
			continue
		}
		// What a crash of the server takes is found out again.
		changed, err := d.exec(`WITH quickly AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
			UPDATE accounts SET pace = $3 FROM quickly WHERE id = $1 AND pace IS NOT DISTINCT FROM $2`, r.s.account, k.known, next)
		if k.current = err == nil && changed > 0; k.current || err != nil {
			k.known = next
			return err
		}
	}
}

// paceKnown is what a host knows of the account's pace. It is for one goroutine.
type paceKnown struct {
	known   []byte
	current bool          // as far as this host knows
	ahead   time.Duration // the server's clock is, of this host's
}

// A gate is what the account and the batch allow, as a transaction sees it.
type gate struct {
	read   bool
	leased bool
	closed bool // and this host is not to find out whether it is open again
	wait   time.Duration
	said   []byte
	limit  int64 // of the runs that are on
	total  int64 // of all
	spent  int64 // by those that are on, with what is in flight
	ever   int64 // by all
}

// readGate reads the gate for a request that is sent then, once in a transaction. Where
// there is a limit, other hosts wait for the end of the transaction.
func (r *run) readGate(d db, sent time.Time) error {
	g := d.gate
	if g.read {
		return nil
	}
	// Somebody has to find out whether it is open again, but not with the requests that were
	// under way when this host heard of it.
	if since := r.held.Load(); since != nil && sent.Sub(*since) > early {
		_, err := d.exec("UPDATE accounts SET held_by = $2 WHERE id = $1 AND closed IS NOT NULL AND held_by NOT IN (SELECT id FROM alive)", r.s.account, r.host.Load())
		if err != nil {
			return err
		}
	}
	var closed bool
	err := d.get(`SELECT EXISTS (SELECT 1 FROM hosts WHERE id = $2 AND lease_until > now()), a.closed IS NOT NULL, a.closed IS NOT NULL AND a.held_by <> $2,
			CASE WHEN a.paused > now() THEN a.paused - now() ELSE '0' END, coalesce(a.said, ''), b.spend, b.total
		FROM batches b, accounts a WHERE b.id = $1 AND a.id = $3`,
		[]any{r.s.batch, r.host.Load(), r.s.account}, &g.leased, &closed, &g.closed, &g.wait, &g.said, &g.limit, &g.total)
	if err != nil {
		return err
	}
	g.read = true
	if r.holds(closed); g.limit == 0 && g.total == 0 {
		return nil
	}
	if _, err := d.exec("SELECT 1 FROM batches WHERE id = $1 FOR NO KEY UPDATE", r.s.batch); err != nil {
		return err
	}
	return d.get(`SELECT coalesce(sum(spent + flying) FILTER (WHERE joined = (SELECT joined FROM runs WHERE batch = $1 AND run = $2)), 0)::bigint,
		coalesce(sum(spent + flying), 0)::bigint FROM runs WHERE batch = $1`, []any{r.s.batch, r.id}, &g.spent, &g.ever)
}

// admit returns an error if a request that costs so much is not to be sent then.
func (r *run) admit(d db, sent time.Time, cost int64) error {
	if err := r.readGate(d, sent); err != nil {
		return err
	}
	switch g := d.gate; {
	case !g.leased: // until it is renewed, or the host has joined again
		return notStarted{&checkpoint.HeldError{Hold: checkpoint.Hold{Wait: r.s.opts.Lease / 8}}}
	case g.closed:
		return notStarted{&checkpoint.HeldError{Hold: checkpoint.Hold{Said: g.said}}}
	case g.wait > 0:
		return notStarted{&checkpoint.HeldError{Hold: checkpoint.Hold{Wait: g.wait, Said: g.said}}}
	case g.limit > 0 && g.spent+cost > g.limit, g.total > 0 && g.ever+cost > g.total:
		return notStarted{&checkpoint.HeldError{Spent: true}}
	}
	return nil
}

// reopen notes that a request has succeeded, if this host sent it to find out whether
// the account is open again. What was in flight when the account was closed tells
// nothing.
func (r *run) reopen(d db, id int64) error {
	if !r.trials[id] {
		return nil
	}
	_, err := d.exec("UPDATE accounts SET closed = NULL, said = NULL WHERE id = $1 AND held_by = $2", r.s.account, r.host.Load())
	return err
}

// takesOff notes that a request is in flight that may cost so much.
func (r *run) takesOff(d db, cost int64) error {
	_, err := d.exec("UPDATE runs SET flying = flying + $3 WHERE batch = $1 AND run = $2", r.s.batch, r.id, cost)
	d.gate.spent, d.gate.ever = d.gate.spent+cost, d.gate.ever+cost
	return err
}

// landed notes that an attempt of a run has ended: what it may cost is not in flight
// any more. If another host has noted that as perhaps charged, because the lease was
// over, it is known now.
func landed(d db, id, batch, run int64, started time.Time) error {
	flew, err := d.exec(`UPDATE runs r SET flying = flying - q.cost FROM requests q WHERE r.batch = $2 AND r.run = $3
		AND q.id = $1 AND q.state = 'running' AND q.batch = $2 AND q.run = $3 AND q.started = $4`, id, batch, run, millis.Of(started))
	if err == nil && flew == 0 {
		_, err = d.exec(`WITH gone AS (DELETE FROM uncertain WHERE request = $1 AND batch = $2 AND run = $3 AND started = $4 AND finished = 0 RETURNING cost)
			UPDATE runs r SET spent = spent - gone.cost FROM gone WHERE r.batch = $2 AND r.run = $3`, id, batch, run, millis.Of(started))
	}
	return err
}

// paid notes what an attempt of a run cost, or may have cost.
func paid(d db, batch, run, cost int64) error {
	if cost == 0 {
		return nil
	}
	_, err := d.exec("UPDATE runs SET spent = spent + $3 WHERE batch = $1 AND run = $2", batch, run, cost)
	return err
}
