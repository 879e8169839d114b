package postgres

import "github.com/jackc/pgx/v5"

// An answer that does not fit what was asked for may be asked for again. It stays
// the request's answer until there is another: meanwhile the request is pending or
// running, and its answer waits in the table earlier. Answers that were replaced stay
// there, with what they cost.

// setAside has an answered request asked once more, within a transaction.
func setAside(d db, id int64) error {
	_, err := d.exec(`WITH w AS (DELETE FROM answers WHERE request = $1 RETURNING *),
		e AS (INSERT INTO earlier (request, batch, run, label, cost, started, finished, waits, answer)
			SELECT q.id, q.batch, q.run, q.reason, q.cost, q.started, q.finished, 'unfit', w.answer FROM requests q JOIN w ON w.request = q.id)
		UPDATE requests SET state = 'pending', cost = 0, reason = '' WHERE id = $1 AND state = 'answered'`, id)
	return err
}

// takeBack makes the answers that wait to be replaced their requests' answers again,
// where they meet the condition, in SQL, within a transaction.
func takeBack(d db, condition string, args ...any) error {
	_, err := d.exec(`WITH e AS (DELETE FROM earlier e USING requests q WHERE q.id = e.request AND e.waits <> '' AND `+condition+` RETURNING e.*),
		w AS (INSERT INTO answers SELECT request, answer FROM e)
		UPDATE requests q SET state = 'answered', passing = false, interrupted = false, error = '', request_id = '',
			reason = e.label, cost = e.cost, started = e.started, finished = e.finished, batch = e.batch, run = e.run, host = NULL
		FROM e WHERE q.id = e.request`, args...)
	return err
}

// takeBackLeft takes back the answers for this batch that wait and meet the condition,
// in SQL, unless a host has claimed them. Those that were in flight are noted as
// perhaps charged, and returned.
func (im *importer) takeBackLeft(condition string, args ...any) (running []int64, err error) {
	condition = "q.batch = $1 AND (" + condition + ")" + deadHost
	args = append([]any{im.s.batch}, args...)
	const those = " AND q.id IN (SELECT q.id FROM earlier e JOIN requests q ON q.id = e.request WHERE e.waits <> '' AND "
	running, err = im.numbers(noteInterrupted+those+condition+") ON CONFLICT DO NOTHING RETURNING request", args...)
	if err == nil {
		err = takeBack(im.d, condition, args...)
	}
	return running, err
}

// askUnfit has those answers of the input that do not fit asked for again, as often
// as is wanted and was not done. Those that are waiting for that in vain are
// answers again, unless a host has claimed them.
func (im *importer) askUnfit() error {
	if err := im.countInterrupted(); err != nil {
		return err
	}
	kept, err := im.takeBackLeft(`coalesce((SELECT times FROM unfit WHERE request = q.id), 0) >= $2
		OR (SELECT position FROM asked WHERE batch = $1 AND request = q.id) = 0`, im.opts.AskUnfit)
	if err != nil {
		return err
	}
	im.kept = append(im.kept, kept...)
	again, err := im.numbers(`SELECT q.id FROM unfit u JOIN requests q ON q.id = u.request JOIN asked a ON a.request = q.id AND a.batch = $1
		WHERE q.state = 'answered' AND a.position > 0 AND u.times < $2 AND NOT EXISTS (SELECT 1 FROM refreshing f JOIN alive h ON h.id = f.host WHERE f.request = q.id)`, im.s.batch, im.opts.AskUnfit)
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
	return im.d.each(func(rows pgx.Rows) (bool, error) { return true, im.plan.AddUnfit(rows.Scan) },
		`SELECT q.mode, count(e.request), sum(greatest(0, $2 - coalesce(u.times, 0) - (e.request IS NOT NULL)::int))
		FROM asked a JOIN requests q ON q.id = a.request LEFT JOIN unfit u ON u.request = q.id LEFT JOIN earlier e ON e.request = q.id AND e.waits <> ''
		WHERE a.batch = $1 AND a.position > 0 AND q.state IN ('pending', 'running') GROUP BY q.mode`, im.s.batch, im.opts.AskUnfit)
}
