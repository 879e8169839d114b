package checkpoint

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/rescue"
)

// A run implements Run.
type run struct {
	s      *Store
	id     int64
	rescue rescue.Rescue

	ending atomic.Bool

	claiming sync.Mutex     // guards what follows
	after    int64          // position of the last request that Claim gave out
	last     int64          // that of the last row
	early    map[int64]bool // what ClaimAny gave out
	refresh  []int64        // answered requests to give out after those

	claims claims.Claims // what was given out
}

// Begin begins a run; see [Run] for the rules. It returns ErrReadOnly for a view,
// ErrCopy for a copy, and ErrBegun if the last run has not ended.
func (s *Store) Begin(now time.Time) (Run, Begun, error) {
	r := &run{s: s, early: map[int64]bool{}}
	r.rescue.Place = s.rescuePlace()
	switch {
	case s.original != "":
		return nil, Begun{}, ErrCopy
	case s.writer == nil:
		return nil, Begun{}, ErrReadOnly
	case !s.begun.CompareAndSwap(nil, r):
		return nil, Begun{}, ErrBegun
	}
	b, err := r.begin(now)
	if err != nil {
		s.begun.Store(nil)
		return nil, b, fmt.Errorf("begin a run: %w", err)
	}
	return r, b, nil
}

func (r *run) begin(now time.Time) (b Begun, err error) {
	s := r.s
	s.mu.Lock()
	s.setWait()
	s.mu.Unlock()
	err = s.write(func() error {
		if err := s.recover(); err != nil {
			return err
		}
		added, err := s.writer.ExecContext(bg, "INSERT INTO runs (started) VALUES (?)", millis.Of(now))
		if err == nil {
			r.id, err = added.LastInsertId()
		}
		return err
	})
	if err != nil {
		return b, err
	}
	s.mu.Lock()
	s.moveLog()
	s.mu.Unlock()
	if b.Counts, err = s.Counts(); err != nil {
		return b, err
	}
	err = s.db.QueryRow(`SELECT (SELECT coalesce(sum(cost), 0) FROM uncertain), (SELECT coalesce(max(position), 0) FROM rows),
		(SELECT coalesce(max(started), 0) FROM requests), coalesce((SELECT outcome FROM runs WHERE id < ? ORDER BY id DESC LIMIT 1), '')`, r.id).
		Scan(&b.Uncertain, &r.last, millis.Into(&b.LastSent), &b.LastOutcome)
	if err == nil {
		b.Refresh, r.refresh, err = s.takeRefresh()
	}
	return b, err
}

// recover makes the requests pending that a killed run had in flight, and records
// that they may have been charged.
func (s *Store) recover() error {
	if _, _, err := s.takeBackAll("e.waits = '" + forRefresh + "'"); err != nil {
		return err
	}
	err := s.exec(noteInterrupted + "; UPDATE runs SET outcome = '" + interrupted + "' WHERE ended = 0")
	if err != nil {
		return err
	}
	changed, err := changes(s.writer.ExecContext(bg, "UPDATE requests SET state = 'pending', interrupted = 1 WHERE state = 'running'"))
	if changed && err == nil {
		err = s.outdate()
	}
	return err
}

// interrupted is the outcome of a run that ended without a word, and why an
// attempt of it is uncertain; noteInterrupted lists its attempts as such.
const (
	interrupted     = "interrupted"
	noteInterrupted = `INSERT INTO uncertain (request, run, started, finished, cost, reason, request_id, partial)
		SELECT id, run, started, 0, cost, '` + interrupted + `', '', '' FROM requests WHERE state = 'running'`
)

// Active reports whether a run is in progress: a run of this store or, for a view
// or a copy, a run of any process.
func (s *Store) Active() bool {
	if s.writer != nil && s.original == "" {
		return s.begun.Load() != nil
	}
	return inUse(s.Path())
}

func (r *run) Claim(n int) (page []Request, err error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	if err := r.on(); err != nil {
		return nil, err
	}
	for len(page) < n {
		found, err := r.s.pending(r.after, n-len(page))
		if err != nil {
			return page, err
		}
		if len(found) == 0 {
			more, err := r.refreshing(n - len(page))
			return append(page, more...), err
		}
		r.after = found[len(found)-1].Position
		for _, q := range found {
			if !r.early[q.ID] {
				r.claims.Give(q.ID, q.Payload, q.Refresh)
				page = append(page, q)
			}
		}
	}
	return page, nil
}

func (r *run) ClaimAny() (*Request, error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	if err := r.on(); err != nil || r.last <= r.after {
		return nil, err
	}
	found, err := r.s.pending(r.after+rand.Int64N(r.last-r.after), 1)
	if err != nil || len(found) == 0 || r.early[found[0].ID] {
		return nil, err
	}
	r.early[found[0].ID] = true
	r.claims.Give(found[0].ID, found[0].Payload, false)
	return &found[0], nil
}

// on returns ErrEnded after the run has ended.
func (r *run) on() error {
	if r.s.begun.Load() != r {
		return ErrEnded
	}
	return nil
}

func (r *run) End(now time.Time, outcome string, summary []byte) error {
	if r.on() != nil || !r.ending.CompareAndSwap(false, true) {
		return ErrEnded
	}
	defer r.s.begun.Store(nil)
	defer r.rescue.Close()
	lost := r.saveRescued()
	err := r.s.write(func() error {
		return r.s.exec("UPDATE runs SET ended = ?, outcome = ?, summary = ? WHERE id = ?", millis.Of(now), outcome, string(summary), r.id)
	})
	switch {
	case errors.Is(err, ErrGone):
		return r.rescueAll(err) // the file under that name is another one now
	case lost != nil:
		return lost // the more useful error
	case err != nil:
		return fmt.Errorf("note the end of the run: %w", err)
	}
	return nil
}
