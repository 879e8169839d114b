package checkpoint

import "database/sql"

// An answer may be asked for again, because it does not fit what was asked for or
// because it is old. It stays the request's answer until there is another: meanwhile
// the request is pending or running, and its answer waits in the table earlier.
// Answers that were replaced stay there, with what they cost.
//
// An answer that does not fit waits across runs. One that is refreshed waits only
// while its request is running: whatever else comes of that, it is the answer again.

// Why an answer waits to be replaced.
const (
	forUnfit   = "unfit"
	forRefresh = "refresh"
)

// setAside has an answered request asked once more, within a transaction. A copy,
// made to plan with, holds no answers.
func (s *Store) setAside(id int64, why string) error {
	return s.exec(`INSERT INTO earlier (request, run, label, cost, started, finished, origin, waits, crc, answer)
			SELECT q.id, q.run, q.reason, q.cost, q.started, q.finished, coalesce(u.origin, ''), ?2, coalesce(a.crc, 0), coalesce(a.answer, 'null')
			FROM requests q LEFT JOIN answers a ON a.request = q.id LEFT JOIN reused u ON u.request = q.id WHERE q.id = ?1 AND q.state = 'answered';
		DELETE FROM answers WHERE request = ?1;
		DELETE FROM reused WHERE request = ?1;
		UPDATE requests SET state = 'pending', cost = 0, reason = '' WHERE id = ?1 AND state = 'answered'`, id, why)
}

// takeBack makes the answer that waits to be replaced its request's answer again,
// where there is one, within a transaction.
func (s *Store) takeBack(id int64) error {
	return s.exec(`INSERT INTO answers SELECT request, crc, answer FROM earlier WHERE request = ?1 AND waits <> '';
		INSERT INTO reused SELECT request, origin FROM earlier WHERE request = ?1 AND waits <> '' AND origin <> '';
		UPDATE requests SET state = 'answered', passing = 0, interrupted = 0, error = '', request_id = '',
			run = e.run, reason = e.label, cost = e.cost, started = e.started, finished = e.finished
			FROM earlier e WHERE requests.id = ?1 AND e.request = ?1 AND e.waits <> '';
		DELETE FROM earlier WHERE request = ?1 AND waits <> ''`, id)
}

// takeBackAll takes back the answers that wait and meet the condition, in SQL. Those
// that were in flight are listed as perhaps charged, and returned.
func (s *Store) takeBackAll(condition string, args ...any) (running []int64, cost int64, err error) {
	type waiting struct {
		id, cost int64
		running  bool
	}
	var list []waiting
	err = query(s.writer, func(rows *sql.Rows) (bool, error) {
		var w waiting
		err := rows.Scan(&w.id, &w.running, &w.cost)
		list = append(list, w)
		return true, err
	}, `SELECT q.id, q.state = 'running', q.cost FROM earlier e JOIN requests q ON q.id = e.request LEFT JOIN unfit u ON u.request = q.id
		WHERE e.waits <> '' AND (`+condition+")", args...)
	if err != nil {
		return nil, 0, err
	}
	for _, w := range list {
		if w.running {
			running = append(running, w.id)
			cost += w.cost
		}
		if err := s.exec(noteInterrupted+" AND id = ?", w.id); err != nil {
			return running, cost, err
		}
		if err := s.takeBack(w.id); err != nil {
			return running, cost, err
		}
	}
	return running, cost, nil
}

// askUnfit has those answers of the input that do not fit asked for again, as often
// as is wanted and was not done. Those that are waiting for that in vain are
// answers again.
func (im *importer) askUnfit() error {
	s := im.s
	kept, _, err := s.takeBackAll("q.position = 0 OR coalesce(u.times, 0) >= ?", im.opts.AskUnfit)
	if err != nil {
		return err
	}
	im.kept = append(im.kept, kept...)
	again, err := im.numbers("SELECT q.id FROM unfit u JOIN requests q ON q.id = u.request WHERE q.state = 'answered' AND q.position > 0 AND u.times < ?", im.opts.AskUnfit)
	if err != nil {
		return err
	}
	for _, id := range again {
		if err := s.setAside(id, forUnfit); err != nil {
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
	return query(im.s.writer, func(rows *sql.Rows) (bool, error) { return true, im.plan.AddUnfit(rows.Scan) },
		`SELECT q.mode, sum(e.request IS NOT NULL), sum(max(0, ? - coalesce(u.times, 0) - (e.request IS NOT NULL)))
		FROM requests q LEFT JOIN unfit u ON u.request = q.id LEFT JOIN earlier e ON e.request = q.id AND e.waits <> ''
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
