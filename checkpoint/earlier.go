package checkpoint

import "database/sql"

// An answer that does not fit what was asked for may be asked for again. It stays
// the request's answer until there is another: meanwhile the request is pending or
// running, and its answer is the last one in the table earlier. Answers that were
// replaced stay there, with what they cost.

// setAside has an answered request asked once more, within a transaction. A copy,
// made to plan with, holds no answers.
func (s *Store) setAside(id int64) error {
	return s.exec(`INSERT INTO earlier (request, run, label, cost, started, finished, origin, crc, answer)
			SELECT q.id, q.run, q.reason, q.cost, q.started, q.finished, coalesce(u.origin, ''), coalesce(a.crc, 0), coalesce(a.answer, 'null')
			FROM requests q LEFT JOIN answers a ON a.request = q.id LEFT JOIN reused u ON u.request = q.id WHERE q.id = ?1;
		DELETE FROM answers WHERE request = ?1;
		DELETE FROM reused WHERE request = ?1;
		UPDATE requests SET state = 'pending', cost = 0, reason = '' WHERE id = ?1`, id)
}

// takeBack makes the last earlier answer of a request its answer again, where it has
// no other and there is one, within a transaction.
func (s *Store) takeBack(id int64) error {
	return s.exec(`INSERT INTO answers SELECT e.request, e.crc, e.answer FROM earlier e JOIN requests q ON q.id = e.request
			WHERE q.id = ?1 AND q.state <> 'answered' ORDER BY e.id DESC LIMIT 1;
		INSERT INTO reused SELECT e.request, e.origin FROM earlier e JOIN requests q ON q.id = e.request
			WHERE e.id = (SELECT max(id) FROM earlier WHERE request = ?1) AND e.origin <> '' AND q.state <> 'answered';
		UPDATE requests SET state = 'answered', passing = 0, interrupted = 0, error = '', request_id = '',
			run = e.run, reason = e.label, cost = e.cost, started = e.started, finished = e.finished
			FROM (SELECT * FROM earlier WHERE request = ?1 ORDER BY id DESC LIMIT 1) e WHERE requests.id = ?1 AND state <> 'answered';
		DELETE FROM earlier WHERE id = (SELECT max(id) FROM earlier WHERE request = ?1) AND changes() > 0`, id)
}

// askUnfit has those answers of the input that do not fit asked for again, as often
// as is wanted and was not done. Those that are waiting for that in vain are
// answers again.
func (im *importer) askUnfit() error {
	s := im.s
	done, err := im.numbers(`SELECT DISTINCT q.id FROM earlier e JOIN requests q ON q.id = e.request LEFT JOIN unfit u ON u.request = q.id
		WHERE q.state IN ('pending', 'running') AND (q.position = 0 OR coalesce(u.times, 0) >= ?)`, im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range done {
		wasRunning, err := changes(s.writer.ExecContext(bg, noteInterrupted+" AND id = ?", id))
		if err != nil {
			return err
		}
		if wasRunning {
			im.plan.Kept++
		}
		if err := s.takeBack(id); err != nil {
			return err
		}
	}
	again, err := im.numbers("SELECT q.id FROM unfit u JOIN requests q ON q.id = u.request WHERE q.state = 'answered' AND q.position > 0 AND u.times < ?", im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range again {
		if err := s.setAside(id); err != nil {
			return err
		}
	}
	return im.countUnfit()
}

// countUnfit counts what is to be asked again, and how often more it may be.
func (im *importer) countUnfit() error {
	im.plan.Unfit, im.plan.Again = 0, nil
	if im.opts.AskUnfit == 0 {
		return nil
	}
	im.plan.Again = map[string]int{}
	return query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var mode string
		var unfit, again int
		err := rows.Scan(&mode, &unfit, &again)
		im.plan.Unfit += unfit
		im.plan.Again[mode] = again
		return true, err
	}, `SELECT q.mode, sum(e.request IS NOT NULL), sum(max(0, ? - coalesce(u.times, 0) - (e.request IS NOT NULL)))
		FROM requests q LEFT JOIN unfit u ON u.request = q.id LEFT JOIN (SELECT DISTINCT request FROM earlier) e ON e.request = q.id
		WHERE q.position > 0 AND q.state IN ('pending', 'running') GROUP BY q.mode`, im.opts.AskUnfit)
}

// numbers returns the numbers that a query finds.
func (im *importer) numbers(text string, args ...any) (list []int64, err error) {
	err = query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return true, err
	}, text, args...)
	return list, err
}

// countEarlier adds what earlier answers cost.
func (s *Store) countEarlier(c *Counts) error {
	return s.query(func(rows *sql.Rows) (bool, error) {
		var current bool
		var mode string
		var n int
		var cost int64
		err := rows.Scan(&current, &mode, &n, &cost)
		c.SpentTotal += cost
		if current {
			c.Spent += cost
			c.PaidByMode[mode] += n
			c.SpentByMode[mode] += cost
		}
		return true, err
	}, "SELECT q.position > 0, q.mode, count(*), sum(e.cost) FROM earlier e JOIN requests q ON q.id = e.request GROUP BY 1, 2")
}
