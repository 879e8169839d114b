package postgres

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// An answer may be asked for again, because it does not fit what was asked for or
// because it is old. It stays the request's answer until there is another: meanwhile
// the request is pending or running, and its answer waits in the table earlier.
// Answers that were replaced stay there, with what they cost.

// Why an answer waits to be replaced.
const (
	forUnfit   = "unfit"
	forRefresh = "refresh"
)

// setAside has an answered request asked once more, within a transaction.
func setAside(d db, id int64, why string) error {
	_, err := d.exec(`WITH q AS (SELECT * FROM requests WHERE id = $1 AND state = 'answered'),
		w AS (DELETE FROM answers WHERE request IN (SELECT id FROM q) RETURNING *),
		e AS (INSERT INTO earlier (request, batch, run, label, cost, started, finished, waits, answer)
			SELECT q.id, q.batch, q.run, q.reason, q.cost, q.started, q.finished, $2, w.answer FROM q JOIN w ON w.request = q.id)
		UPDATE requests SET state = 'pending', cost = 0, reason = '' WHERE id = $1 AND state = 'answered'`, id, why)
	return err
}

// setAsideOlder sets an answer aside to a request that was sent before a time, within a
// transaction.
func setAsideOlder(d db, id int64, than time.Time) error {
	err := d.get("SELECT 1 FROM requests WHERE id = $1 AND state = 'answered' AND started < $2", []any{id, millis(than)}, new(int))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = setAside(d, id, forRefresh)
	}
	return err
}

// takeBack makes the answer that waits to be replaced its request's answer again,
// where there is one, within a transaction.
func takeBack(d db, id int64) error {
	_, err := d.exec("WITH e AS (DELETE FROM earlier WHERE request = $1 AND waits <> '' RETURNING *)"+backFrom, id)
	return err
}

// backFrom makes the rows e of the table earlier answers again.
const backFrom = `, w AS (INSERT INTO answers SELECT request, answer FROM e)
		UPDATE requests q SET state = 'answered', passing = false, interrupted = false, error = '', request_id = '',
			reason = e.label, cost = e.cost, started = e.started, finished = e.finished, batch = e.batch, run = e.run, host = NULL
		FROM e WHERE q.id = e.request`

// askUnfit has those answers of the input that do not fit asked for again, as often
// as is wanted and was not done. Those that are waiting for that in vain are
// answers again, unless a host has claimed them.
func (im *importer) askUnfit() error {
	if err := im.countInterrupted(); err != nil {
		return err
	}
	done, err := im.numbers(`SELECT q.id FROM earlier e JOIN requests q ON q.id = e.request JOIN asked a ON a.request = q.id AND a.batch = $1
		LEFT JOIN unfit u ON u.request = q.id WHERE e.waits <> '' AND q.batch = $1 AND (e.waits = 'refresh' OR a.position = 0 OR coalesce(u.times, 0) >= $2)`+deadHost,
		im.s.batch, im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range done {
		wasRunning, err := im.d.exec(noteInterrupted+" AND q.id = $1 ON CONFLICT DO NOTHING", id)
		if err != nil {
			return err
		}
		if wasRunning > 0 {
			im.kept = append(im.kept, id)
		}
		if err := takeBack(im.d, id); err != nil {
			return err
		}
	}
	again, err := im.numbers(`SELECT q.id FROM unfit u JOIN requests q ON q.id = u.request JOIN asked a ON a.request = q.id AND a.batch = $1
		WHERE q.state = 'answered' AND a.position > 0 AND u.times < $2`, im.s.batch, im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range again {
		if err := setAside(im.d, id, forUnfit); err != nil {
			return err
		}
	}
	return im.countUnfit()
}

// countUnfit counts what is to be asked again, and how often more it may be.
func (im *importer) countUnfit() error {
	if im.opts.AskUnfit == 0 {
		return nil
	}
	im.plan.Again = map[string]int{}
	return im.d.each(func(rows pgx.Rows) (bool, error) {
		var mode string
		var unfit, again int
		err := rows.Scan(&mode, &unfit, &again)
		im.plan.Unfit += unfit
		im.plan.Again[mode] = again
		return true, err
	}, `SELECT q.mode, count(e.request), sum(greatest(0, $2 - coalesce(u.times, 0) - (e.request IS NOT NULL)::int))
		FROM asked a JOIN requests q ON q.id = a.request LEFT JOIN unfit u ON u.request = q.id LEFT JOIN earlier e ON e.request = q.id AND e.waits <> ''
		WHERE a.batch = $1 AND a.position > 0 AND q.state IN ('pending', 'running') GROUP BY q.mode`, im.s.batch, im.opts.AskUnfit)
}
