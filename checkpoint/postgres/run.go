package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/rescue"
	"bizbatch/internal/disk"
)

// A run implements checkpoint.Run.
type run struct {
	s      *Store
	id     int64 // of the batch
	host   atomic.Int64
	rescue rescue.Rescue

	renewing     context.Context // done when the lease is not to be renewed any more
	stopRenewing context.CancelFunc
	left         chan struct{} // closed when nothing renews it any more

	ending   atomic.Bool
	rejoined atomic.Bool               // see Rejoined
	held     atomic.Pointer[time.Time] // when this run saw the account closed; nil: it was open at the last look
	trials   map[int64]bool            // requests that were sent since; for the goroutine that saves
	pace     paceKnown                 // for the caller of Pace

	claiming sync.Mutex          // guards what follows
	after    int64               // position of the last request that Claim gave out
	last     int64               // that of the last row
	refresh  []checkpoint.Chosen // answered requests to give out after those

	claims claims.Claims // what was given out
}

var _ checkpoint.Shared = (*run)(nil)

// Begin begins a run; see [checkpoint.Run] for the rules. It returns ErrReadOnly for
// a view, ErrCopy for a copy, and ErrBegun if the store's last run has not ended. Runs of
// other processes on the same batch share it.
func (s *Store) Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error) {
	r := &run{s: s, left: make(chan struct{}), trials: map[int64]bool{}}
	r.rescue.Place = s.rescuePlace()
	switch {
	case s.mode == planning:
		return nil, checkpoint.Begun{}, checkpoint.ErrCopy
	case s.mode == viewing:
		return nil, checkpoint.Begun{}, checkpoint.ErrReadOnly
	case !s.begun.CompareAndSwap(nil, r):
		return nil, checkpoint.Begun{}, checkpoint.ErrBegun
	}
	b, err := r.begin(now)
	if err != nil {
		s.begun.Store(nil)
		return nil, b, fmt.Errorf("begin a run: %w", err)
	}
	s.ran.Store(r.id)
	r.renewing, r.stopRenewing = context.WithCancel(bg)
	go r.keepLease()
	return r, b, nil
}

func (r *run) begin(now time.Time) (b checkpoint.Begun, err error) {
	s := r.s
	var rescued importer
	err = s.write(func(d db) error {
		rescued = importer{s: s, d: d}
		if err := d.get("SELECT 1 FROM batches WHERE id = $1 FOR NO KEY UPDATE", []any{s.batch}, new(int)); err != nil {
			return err
		}
		if err := s.stays(d); err != nil {
			return err
		}
		// What this machine could not save is known before it counts as interrupted.
		if err := errors.Join(rescued.takeRescued(), bury(d)); err != nil {
			return err
		}
		if err := s.findAccount(d); err != nil {
			return err
		}
		// Somebody wants to try again. Where the host that was refused is still on, it does.
		if _, err := d.exec("UPDATE accounts SET closed = NULL, said = NULL WHERE id = $1 AND closed IS NOT NULL AND held_by NOT IN (SELECT id FROM alive)", s.account); err != nil {
			return err
		}
		host, err := r.join(d)
		if err != nil {
			return err
		}
		r.host.Store(host)
		err = d.get(`WITH next AS (SELECT coalesce(max(run), 0) + 1 AS run FROM runs WHERE batch = $1),
				others AS (SELECT min(joined) AS joined FROM runs r JOIN alive h ON h.id = r.host WHERE r.batch = $1 AND r.ended = 0)
			INSERT INTO runs (batch, run, host, joined, started) SELECT $1, next.run, $2, coalesce(others.joined, next.run), $3 FROM next, others RETURNING run`,
			[]any{s.batch, host, millis.Of(now)}, &r.id)
		if err == nil { // the limits are those of the runs that are on at the same time
			_, err = d.exec("UPDATE batches SET spend = 0, total = 0 WHERE id = $1 AND (SELECT joined = run FROM runs WHERE batch = $1 AND run = $2)", s.batch, r.id)
		}
		return err
	})
	if err == nil {
		err = disk.Remove(rescued.rescueFiles...)
	}
	if err != nil {
		return b, err
	}
	if b.Counts, err = s.Counts(); err != nil {
		return b, err
	}
	err = s.db().get(`SELECT (SELECT coalesce(sum(cost), 0)::bigint FROM uncertain WHERE batch = $1), (SELECT coalesce(max(position), 0) FROM rows WHERE batch = $1),
		(SELECT coalesce(max(started), 0) FROM requests WHERE batch = $1),
		coalesce((SELECT outcome FROM runs WHERE batch = $1 AND run < $2 ORDER BY run DESC LIMIT 1), '')`,
		[]any{s.batch, r.id}, &b.Uncertain, &r.last, millis.Into(&b.LastSent), &b.LastOutcome)
	if err == nil {
		b.Refresh, r.refresh, err = s.takeRefresh()
	}
	return b, err
}

// db returns the database for calls that are no transaction.
func (s *Store) db() db { return db{ctx: bg, querier: s.pool} }

func (r *run) Claim(n int) (page []checkpoint.Request, err error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	for len(page) < n {
		found, err := r.next(n - len(page))
		page = append(page, found...)
		if err != nil || len(found) == 0 {
			return page, err
		}
	}
	return page, r.on()
}

// next claims up to n requests: pending ones, then those to refresh, then what dead
// hosts left, which takes a look at all rows.
func (r *run) next(n int) (found []checkpoint.Request, err error) {
	if found, err = r.claim(r.after, n); err == nil && len(found) == 0 {
		r.after = r.last
		if found, err = r.refreshing(n); err != nil || len(found) > 0 {
			return found, err
		}
		found, err = r.claim(0, n)
	}
	if len(found) > 0 {
		r.after = found[len(found)-1].Position
	}
	return found, err
}

func (r *run) ClaimAny() (*checkpoint.Request, error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	if err := r.on(); err != nil || r.last <= r.after {
		return nil, err
	}
	page, err := r.claim(r.after+rand.Int64N(r.last-r.after), 1)
	if err != nil || len(page) == 0 {
		return nil, err
	}
	return &page[0], nil
}

// claim makes up to n pending requests, from the first whose position is greater
// than after, this host's. Those that another host claims now it passes over.
func (r *run) claim(after int64, n int) ([]checkpoint.Request, error) {
	if n < 1 {
		return nil, r.on()
	}
	return r.take(`WITH found AS (SELECT q.id, a.position FROM asked a JOIN requests q ON q.id = a.request
			WHERE a.batch = $1 AND a.position > $3 AND q.state = 'pending' AND q.host IS NULL
			ORDER BY a.position LIMIT $4 FOR UPDATE OF q SKIP LOCKED),
		taken AS (UPDATE requests q SET host = $2 FROM found f WHERE q.id = f.id RETURNING q.id, f.position, f.position AS nth)`, after, n)
}

// take makes requests this host's, as SQL does, which makes the table taken of them,
// with their positions and in which order they are given out.
func (r *run) take(taken string, args ...any) (page []checkpoint.Request, err error) {
	if err := r.on(); err != nil {
		return nil, err
	}
	tried := false
	err = r.s.write(func(d db) error {
		if tried { // and it is not known what that has claimed
			if err := r.unclaim(d); err != nil {
				return err
			}
		}
		tried, page = true, nil
		return d.each(func(rows pgx.Rows) (bool, error) {
			var q checkpoint.Request
			var key []byte
			var state checkpoint.State
			err := rows.Scan(&q.ID, &q.Position, &q.RowID, &q.Mode, &q.Attempts, &q.Reason, &q.Answered, &state, &q.Again, &key, &q.Payload)
			if err == nil && !keys.Of(q.Payload).Is(key) {
				err = fmt.Errorf("question %s: %w", q.RowID, checkpoint.ErrNotCheckpoint) // not to pay for what nobody asked
			}
			q.Refresh = state == checkpoint.Answered
			q.Answered = q.Answered || q.Refresh
			page = append(page, q)
			return true, err
		}, taken+`SELECT q.id, t.position, r.id, q.mode, q.attempts, CASE q.state WHEN 'pending' THEN q.reason ELSE '' END, EXISTS (SELECT 1 FROM earlier WHERE request = q.id AND waits <> ''), q.state, coalesce(u.times, 0), q.key, q.payload
			FROM taken t JOIN requests q ON q.id = t.id JOIN rows r ON r.batch = $1 AND r.position = t.position LEFT JOIN unfit u ON u.request = q.id ORDER BY t.nth`,
			append([]any{r.s.batch, r.host.Load()}, args...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("claim questions of %s: %w", r.s.name, err)
	}
	// What the run has in hand it lost while it was away, and now it is free again.
	return slices.DeleteFunc(page, func(q checkpoint.Request) bool { return !r.claims.Give(q.ID, q.Payload, q.Refresh) }), nil
}

// unclaim gives back what is claimed for this host and was not given out.
func (r *run) unclaim(d db) error {
	given := r.claims.IDs()
	_, err := d.exec("UPDATE requests SET host = NULL WHERE host = $1 AND state = 'pending' AND id <> ALL ($2)", r.host.Load(), given)
	if err == nil {
		_, err = d.exec("DELETE FROM refreshing WHERE host = $1 AND started = 0 AND NOT failed AND request <> ALL ($2)", r.host.Load(), given)
	}
	return err
}

// on returns ErrEnded after the run has ended.
func (r *run) on() error {
	if r.s.begun.Load() != r {
		return checkpoint.ErrEnded
	}
	return nil
}

func (r *run) End(now time.Time, outcome string, summary []byte) error {
	if r.on() != nil || !r.ending.CompareAndSwap(false, true) {
		return checkpoint.ErrEnded
	}
	defer r.s.begun.Store(nil)
	defer r.leave()
	defer r.rescue.Close()
	lost := r.saveRescued()
	err := r.s.write(func(d db) error {
		if _, err := d.exec("UPDATE requests SET host = NULL WHERE host = $1 AND state <> 'running'", r.host.Load()); err != nil {
			return err
		}
		if _, err := d.exec("DELETE FROM refreshing WHERE host = $1 AND started = 0", r.host.Load()); err != nil {
			return err
		}
		_, err := d.exec("UPDATE runs SET ended = $3, outcome = $4, summary = $5 WHERE batch = $1 AND run = $2", r.s.batch, r.id, millis.Of(now), outcome, text(string(summary)))
		return err
	})
	switch {
	case lost != nil:
		return lost // the more useful error
	case err != nil:
		return fmt.Errorf("note the end of the run: %w", err)
	}
	return nil
}
