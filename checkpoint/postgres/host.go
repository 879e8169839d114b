package postgres

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// waitForKilled waits for runs on the batch whose connections have ended, unless
// others are on: they were killed, and are dead soon.
func (s *Store) waitForKilled() error {
	for {
		used, connected, err := s.used(s.db())
		switch {
		case err != nil:
			return fmt.Errorf("open %s: %w", s.name, away(err))
		case !used || connected:
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// used reports whether a run of another host is on, and whether the connection of one
// is there.
func (s *Store) used(d db) (used, connected bool, err error) {
	err = d.get(`SELECT count(*) > 0, coalesce(bool_or(EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = h.backend AND backend_start = h.backend_start)), false)
		FROM runs r JOIN alive h ON h.id = r.host WHERE r.batch = $1 AND r.ended = 0`, []any{s.batch}, &used, &connected)
	return used, connected, err
}

// Active reports whether a run is in progress on the batch, on any machine.
func (s *Store) Active() bool {
	if s.begun.Load() != nil {
		return true
	}
	used, _, err := s.used(s.db())
	return used && err == nil
}

// join makes this process a host, within a transaction.
func (r *run) join(d db) (host int64, err error) {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	err = d.get(`INSERT INTO hosts (name, lease, lease_until, backend, backend_start)
		VALUES ($1, $2, now(), pg_backend_pid(), now()) RETURNING id`, []any{fmt.Sprintf("%s %d", name, os.Getpid()), r.s.opts.Lease}, &host)
	if err == nil {
		_, err = renew(d, host)
	}
	return host, err
}

// renew renews a lease from this connection. It reports false for that of a host that
// others have buried.
func renew(d db, host int64) (bool, error) {
	renewed, err := d.exec(`UPDATE hosts SET lease_until = now() + lease, (backend, backend_start) =
		(SELECT pid, a.backend_start FROM pg_stat_activity a WHERE pid = pg_backend_pid()) WHERE id = $1 AND lease_until > '-infinity'`, host)
	return renewed > 0, err
}

// rejoin makes the process a host again, which others have buried. What it was given
// and nobody else has claimed since it keeps: what is in flight is not to be sent twice
// by this host, too.
func (r *run) rejoin(ctx context.Context, conn *pgx.Conn) error {
	var host int64
	err := r.s.begin(ctx, conn, func(d db) (err error) {
		if host, err = r.join(d); err != nil {
			return err
		}
		_, err = d.exec("UPDATE requests SET host = $1 WHERE id = ANY ($2) AND state = 'pending' AND (host IS NULL OR host = $3)", host, r.claims.IDs(), r.host.Load())
		if err == nil {
			_, err = d.exec("UPDATE runs SET host = $3, outcome = '' WHERE batch = $1 AND run = $2 AND ended = 0", r.s.batch, r.id, host)
		}
		return err
	})
	if err == nil {
		r.host.Store(host)
		r.rejoined.Store(true)
	}
	return err
}

// Rejoined reports whether the host joined again since the last call.
func (r *run) Rejoined() bool { return r.rejoined.Swap(false) }

// keepLease renews the lease until the run ends, on a connection of its own, which
// ends with the process.
func (r *run) keepLease() {
	defer close(r.left)
	var conn *pgx.Conn
	heard, judges := time.Now(), time.Now()
	for {
		if conn == nil || conn.IsClosed() {
			conn, _ = pgx.ConnectConfig(r.renewing, r.s.pool.Config().ConnConfig) // else with the next try
		}
		if conn != nil {
			ctx, cancel := context.WithTimeout(r.renewing, r.s.opts.Lease/4)
			renewed, err := renew(db{ctx: ctx, querier: conn}, r.host.Load())
			if err == nil && !renewed {
				err = r.rejoin(ctx, conn)
			}
			if err == nil { // else nothing is sent
				now := time.Now()
				if now.Sub(heard) > r.s.opts.Lease { // others may have been away as long: they come first
					judges = now.Add(r.s.opts.Lease)
				}
				if heard = now; now.After(judges) {
					_ = r.s.judge(ctx, conn) // else the next time
				}
			}
			cancel()
		}
		select {
		case <-r.renewing.Done():
			if conn != nil {
				_ = conn.Close(bg)
			}
			return
		case <-time.After(r.s.opts.Lease / 8):
		}
	}
}

// judge buries the dead, if there are any. One that does not know yet that it was
// buried may have claimed something since.
func (s *Store) judge(ctx context.Context, conn *pgx.Conn) error {
	var dead bool
	err := db{ctx: ctx, querier: conn}.get(`SELECT EXISTS (SELECT 1 FROM hosts WHERE id NOT IN (SELECT id FROM alive))
		OR EXISTS (SELECT 1 FROM requests q WHERE q.host IS NOT NULL`+deadHost+`) OR EXISTS (SELECT 1 FROM refreshing f WHERE`+deadRefresh+")", nil, &dead)
	if err != nil || !dead {
		return err
	}
	return s.begin(ctx, conn, bury)
}

// leave ends the lease at once. What is claimed and what is in flight is left to the
// others.
func (r *run) leave() {
	r.stopRenewing()
	<-r.left
	ctx, cancel := context.WithTimeout(bg, r.s.opts.Lease/4)
	defer cancel()
	_, _ = r.s.pool.Exec(ctx, "UPDATE hosts SET lease_until = '-infinity' WHERE id = $1", r.host.Load()) // else it ends by itself
}

// bury notes what dead hosts had in flight as perhaps charged, and makes all that
// they claimed pending, within a transaction.
func bury(d db) error {
	_, err := d.exec("SELECT 1 FROM requests q WHERE (q.host IS NOT NULL OR q.state = 'running')" + deadHost + " ORDER BY id FOR UPDATE")
	for _, text := range []string{
		noteInterrupted + deadHost + " ON CONFLICT DO NOTHING",
		endDead + noteEnded,
		"UPDATE runs SET outcome = CASE WHEN ended = 0 THEN '" + interrupted + "' ELSE outcome END, spent = spent + flying, flying = 0 WHERE host IN (SELECT id FROM hosts) AND host NOT IN (SELECT id FROM alive)",
		outdateBy + "(SELECT q.id FROM requests q WHERE q.state = 'running'" + deadHost + ")",
		"UPDATE requests q SET interrupted = (state = 'running' OR interrupted), state = CASE state WHEN 'running' THEN 'pending' ELSE state END, host = NULL WHERE (q.host IS NOT NULL OR q.state = 'running')" + deadHost,
		"DELETE FROM hosts WHERE id NOT IN (SELECT id FROM alive)",
	} {
		if err == nil {
			_, err = d.exec(text)
		}
	}
	return err
}

// interrupted is the outcome of a run that ended without a word, and why an attempt
// of it is uncertain; noteInterrupted lists running requests as such, deadHost is
// the condition that nobody waits for them any more.
const (
	interrupted     = "interrupted"
	noteInterrupted = `INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
		SELECT q.id, q.batch, q.run, q.started, 0, q.cost, '` + interrupted + `', '', '' FROM requests q WHERE q.state = 'running'`
	deadHost = " AND (q.host IS NULL OR q.host NOT IN (SELECT id FROM alive))"
)
