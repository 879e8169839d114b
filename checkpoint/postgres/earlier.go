package postgres

import "github.com/jackc/pgx/v5"

// An answer that does not fit what was asked for may be asked for again. It stays
// the request's answer until there is another: meanwhile the request is pending or
// running, and its answer is the last one in the table earlier. Answers that were
// replaced stay there, with what they cost.

// setAside has an answered request asked once more, within a transaction.
func setAside(d db, id int64) error {
	_, err := d.exec(`WITH w AS (DELETE FROM answers WHERE request = $1 RETURNING *),
		e AS (INSERT INTO earlier (request, batch, run, label, cost, started, finished, answer)
			SELECT q.id, q.batch, q.run, q.reason, q.cost, q.started, q.finished, w.answer FROM requests q JOIN w ON w.request = q.id)
		UPDATE requests SET state = 'pending', cost = 0, reason = '' WHERE id = $1`, id)
	return err
}

// takeBack makes the last earlier answer of a request its answer again, where it has
// no other and there is one, within a transaction.
func takeBack(d db, id int64) error {
	_, err := d.exec(`WITH e AS (DELETE FROM earlier WHERE id = (SELECT max(e.id) FROM earlier e JOIN requests q ON q.id = e.request
			WHERE e.request = $1 AND q.state <> 'answered') RETURNING *),
		w AS (INSERT INTO answers SELECT request, answer FROM e)
		UPDATE requests q SET state = 'answered', passing = false, interrupted = false, error = '', request_id = '',
			reason = e.label, cost = e.cost, started = e.started, finished = e.finished, batch = e.batch, run = e.run, host = NULL
		FROM e WHERE q.id = e.request`, id)
	return err
}

// askUnfit has those answers of the input that do not fit asked for again, as often
// as is wanted and was not done. Those that are waiting for that in vain are
// answers again, unless a host has claimed them.
func (im *importer) askUnfit() error {
	if err := im.countInterrupted(); err != nil {
		return err
	}
	done, err := im.numbers(`SELECT DISTINCT q.id FROM earlier e JOIN requests q ON q.id = e.request JOIN asked a ON a.request = q.id AND a.batch = $1
		LEFT JOIN unfit u ON u.request = q.id WHERE q.batch = $1 AND q.state IN ('pending', 'running') AND (a.position = 0 OR coalesce(u.times, 0) >= $2)`+deadHost,
		im.s.batch, im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range done {
		wasRunning, err := im.d.exec(noteInterrupted+" AND q.id = $1 ON CONFLICT DO NOTHING", id)
		if err != nil {
			return err
		}
		im.plan.Kept += int(wasRunning)
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
		if err := setAside(im.d, id); err != nil {
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
		FROM asked a JOIN requests q ON q.id = a.request LEFT JOIN unfit u ON u.request = q.id LEFT JOIN (SELECT DISTINCT request FROM earlier) e ON e.request = q.id
		WHERE a.batch = $1 AND a.position > 0 AND q.state IN ('pending', 'running') GROUP BY q.mode`, im.s.batch, im.opts.AskUnfit)
}
