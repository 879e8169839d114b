package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// What a host refreshes stands in the table refreshing, from when it is claimed until
// there is another answer, the host gives up, or the run ends. The request is answered
// all the while.

const (
	markRefresh = `UPDATE refreshing SET failed = false, batch = $2, run = $3, started = $4, cost = $5 WHERE request = $1 AND host = $6 AND started = 0`

	// deadRefresh is the condition that nobody waits for a refresh any more; endDead
	// ends those, and noteEnded lists as perhaps charged what was in flight then.
	deadRefresh = " f.host NOT IN (SELECT id FROM alive)"
	endDead     = "WITH ended AS (DELETE FROM refreshing f WHERE" + deadRefresh
	noteEnded   = ` RETURNING *) INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
		SELECT request, batch, run, started, 0, cost, '` + interrupted + `', '', '' FROM ended WHERE started > 0 ON CONFLICT DO NOTHING`

	// stillOld selects those of a list whose answer is the one that was chosen.
	stillOld = `SELECT q.id, q.mode, a.position, list.nth, list.finished FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY AS list (id, finished, nth)
		JOIN requests q ON q.id = list.id AND q.finished = list.finished AND q.state = 'answered' JOIN asked a ON a.request = q.id AND a.batch = $1 AND a.position > 0`
)

// columns returns the ids of a list, and when the answers arrived.
func columns(list []checkpoint.Chosen) (ids, finished []int64) {
	for _, c := range list {
		ids, finished = append(ids, c.ID), append(finished, c.Finished)
	}
	return ids, finished
}

// refreshing returns the next n requests to refresh, or fewer at the end. Those that
// another host has in hand it passes over until that has refreshed them or is dead.
func (r *run) refreshing(n int) (page []checkpoint.Request, err error) {
	var passed []checkpoint.Chosen
	for len(page) < n && len(r.refresh) > 0 && err == nil {
		next := r.refresh[:min(n-len(page), len(r.refresh))]
		ids, finished := columns(next)
		var found []checkpoint.Request
		found, err = r.take(`WITH found AS (`+stillOld+` FOR NO KEY UPDATE OF q SKIP LOCKED),
			added AS (INSERT INTO refreshing (request, host, batch, run) SELECT id, $2, $1, $5 FROM found ON CONFLICT DO NOTHING RETURNING request),
			taken AS (SELECT found.* FROM found JOIN added ON added.request = found.id)`, ids, finished, r.id)
		if err == nil && len(found) < len(next) {
			var left []checkpoint.Chosen
			err = r.s.write(func(d db) (err error) {
				left, _, err = r.withOthers(d, next)
				return err
			})
			passed = append(passed, left...)
		}
		if err == nil {
			r.refresh = r.refresh[len(next):]
		}
		page = append(page, found...)
	}
	r.refresh = slices.Insert(r.refresh, 0, passed...)
	return page, err
}

// withOthers returns those of a list that are to be refreshed, and that this host
// has not claimed, and how many of them no other has claimed.
func (r *run) withOthers(d db, list []checkpoint.Chosen) (left []checkpoint.Chosen, free int, err error) {
	if len(list) == 0 {
		return nil, 0, nil
	}
	ids, finished := columns(list)
	err = d.each(func(rows pgx.Rows) (bool, error) {
		var c checkpoint.Chosen
		var unclaimed bool
		err := rows.Scan(&c.ID, &c.Finished, &c.Mode, &unclaimed)
		left = append(left, c)
		if unclaimed {
			free++
		}
		return true, err
	}, "SELECT s.id, s.finished, s.mode, f.request IS NULL FROM ("+stillOld+`) s LEFT JOIN refreshing f ON f.request = s.id
		WHERE f.host IS DISTINCT FROM $2 AND f.failed IS NOT TRUE ORDER BY s.nth`, r.s.batch, r.host.Load(), ids, finished)
	return left, free, err
}

// openRefresh returns how many of the answers that the run was to refresh nobody has,
// by mode, without those that it gave up, and how many of them nobody has claimed.
func (r *run) openRefresh(d db) (modes map[string]int, free int, err error) {
	modes = map[string]int{}
	left, free, err := r.withOthers(d, r.refresh)
	if err != nil {
		return nil, 0, err
	}
	r.refresh = left
	for _, c := range left {
		modes[c.Mode]++
	}
	err = d.each(func(rows pgx.Rows) (bool, error) {
		var mode string
		var n int
		err := rows.Scan(&mode, &n)
		modes[mode] += n
		return true, err
	}, "SELECT q.mode, count(*) FROM refreshing f JOIN requests q ON q.id = f.request WHERE f.host = $1 AND NOT f.failed GROUP BY q.mode", r.host.Load())
	return modes, free, err
}

// replace sets the answer of a request aside, within a transaction that saves
// another: one that the host claimed to refresh. If the host is 0, or its lease was
// over, another may have refreshed it since; then only an older answer gives way.
func replace(d db, id, host int64, started time.Time) error {
	var mine bool
	err := d.get(`WITH gone AS (DELETE FROM refreshing WHERE request = $1 AND (host = $2 OR started = $3) RETURNING *),
			landed AS (UPDATE runs r SET flying = flying - gone.cost FROM gone WHERE r.batch = gone.batch AND r.run = gone.run AND gone.started > 0)
		SELECT count(*) > 0 FROM gone`, []any{id, host, millis.Of(started)}, &mine)
	if err != nil {
		return err
	}
	old, err := d.exec("SELECT 1 FROM requests WHERE id = $1 AND state = 'answered' AND ($2 OR started < $3) FOR NO KEY UPDATE", id, mine, millis.Of(started))
	if err != nil || old == 0 {
		return err
	}
	if err := setAside(d, id); err != nil {
		return err
	}
	_, err = d.exec("UPDATE requests SET host = nullif($2::bigint, 0) WHERE id = $1", id, host)
	return err
}

// keepOld notes that an attempt to refresh an answer has ended without another, and
// whether the host gives up.
func (r *run) keepOld(d db, id int64, failed bool) error {
	_, err := d.exec(`WITH f AS (SELECT cost FROM refreshing WHERE request = $1 AND host = $2 AND started > 0 FOR UPDATE),
			landed AS (UPDATE runs r SET flying = flying - f.cost FROM f WHERE r.batch = $3 AND r.run = $4)
		UPDATE refreshing SET started = 0, failed = $5 WHERE request = $1 AND host = $2`, id, r.host.Load(), r.s.batch, r.id, failed)
	return err
}

// refreshing reads the requests of the batch that are answered and in flight, or were
// when their host died.
func (s *Store) refreshing(f *checkpoint.Flights, rescued map[int64]int64) error {
	return s.each("what was in flight", func(rows pgx.Rows) (bool, error) {
		var q checkpoint.Flight
		var id int64
		var dead bool
		err := rows.Scan(&id, &q.RowID, &q.Line, &q.Run, millis.Into(&q.Started), &q.Mode, &q.Cost, &dead)
		_, found := rescued[id]
		switch {
		case err != nil:
		case found:
			f.Rescued = append(f.Rescued, q)
		case dead: // it is not asked again by itself
			q.Reason = interrupted
			f.Uncertain = append(f.Uncertain, q)
		default:
			f.InFlight = append(f.InFlight, q)
		}
		return true, err
	}, `SELECT q.id, coalesce(r.id, ''), coalesce(r.line, 0), f.run, f.started, q.mode, f.cost,`+deadRefresh+` FROM refreshing f JOIN requests q ON q.id = f.request
		LEFT JOIN asked a ON a.batch = f.batch AND a.request = f.request LEFT JOIN rows r ON r.batch = f.batch AND r.position = a.position
		WHERE f.batch = $1 AND f.started > 0 ORDER BY a.position`, s.batch)
}
