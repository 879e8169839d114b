package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// Counts returns the counts, all read at one moment. The money is what this batch
// paid; an answer that another batch paid for costs nothing.
func (s *Store) Counts() (checkpoint.Counts, error) {
	c := checkpoint.NewCounts()
	err := pgx.BeginTxFunc(bg, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		d := db{ctx: bg, querier: tx}
		err := d.each(func(rows pgx.Rows) (bool, error) { return true, c.AddRequests(rows.Scan) },
			`SELECT a.position > 0, q.state, q.mode, CASE WHEN q.state IN ('failed', 'answered') THEN q.reason ELSE '' END, count(*),
				count(*) FILTER (WHERE q.batch = a.batch), coalesce(sum(q.cost) FILTER (WHERE q.state = 'answered' AND q.batch = a.batch), 0)::bigint
			FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1 GROUP BY 1, 2, 3, 4`, s.batch)
		if err == nil {
			err = d.each(func(rows pgx.Rows) (bool, error) { return true, c.AddEarlier(rows.Scan) },
				`SELECT a.position > 0, q.mode, count(*), sum(e.cost)::bigint FROM earlier e JOIN requests q ON q.id = e.request
				JOIN asked a ON a.batch = e.batch AND a.request = e.request WHERE e.batch = $1 GROUP BY 1, 2`, s.batch)
		}
		if err == nil {
			err = d.get("SELECT count(*), count(*) - count(request) FROM rows WHERE batch = $1", []any{s.batch}, &c.Rows, &c.Skipped)
		}
		return err
	})
	if err != nil {
		return c, fmt.Errorf("count questions in %s: %w", s.name, away(err))
	}
	return c, nil
}

// Failures returns the failed requests of the last input by reason, the most
// frequent first.
func (s *Store) Failures() (groups []checkpoint.FailureGroup, err error) {
	err = s.each("failures", func(rows pgx.Rows) (bool, error) {
		var g checkpoint.FailureGroup
		err := rows.Scan(&g.Reason, &g.Count, &g.RowID, &g.Error)
		groups = append(groups, g)
		return true, err
	}, `SELECT reason, n, id, error FROM (
			SELECT q.reason, count(*) OVER (PARTITION BY q.reason) AS n, r.id, q.error, row_number() OVER (PARTITION BY q.reason ORDER BY r.position) AS nth
			FROM asked a JOIN requests q ON q.id = a.request JOIN rows r ON r.batch = a.batch AND r.position = a.position
			WHERE a.batch = $1 AND q.state = 'failed') f WHERE nth = 1 ORDER BY n DESC, reason`, s.batch)
	return groups, err
}

// Slowest returns the n answers that took longest, the longest first, of the store's
// last run. If it has had none, they are those of the batch's.
func (s *Store) Slowest(n int) (list []checkpoint.Outcome, err error) {
	err = s.each("the slowest answers", func(rows pgx.Rows) (bool, error) {
		o, err := scanOutcome(rows)
		list = append(list, o)
		return true, err
	}, `SELECT r.id, q.state, q.mode, '', q.cost, q.started, q.finished FROM asked a JOIN requests q ON q.id = a.request
		JOIN rows r ON r.batch = a.batch AND r.position = a.position WHERE a.batch = $1 AND q.state = 'answered' AND q.batch = $1
		AND q.run = coalesce(nullif($3::bigint, 0), (SELECT max(run) FROM runs WHERE batch = $1)) ORDER BY q.finished - q.started DESC, a.position LIMIT $2`, s.batch, n, s.ran.Load())
	return list, err
}

// Reused returns the number of answers of the last input that each other batch paid
// for.
func (s *Store) Reused() (list []checkpoint.Reused, err error) {
	err = s.each("which answers were taken over", func(rows pgx.Rows) (bool, error) {
		r, err := scanReused(rows)
		list = append(list, r)
		return true, err
	}, reused+"GROUP BY p.name ORDER BY p.name", s.batch)
	return list, err
}

func scanReused(rows pgx.Rows) (r checkpoint.Reused, err error) {
	err = rows.Scan(&r.Checkpoint, &r.Answers)
	return r, err
}

// reused counts the answers of the last input that other batches paid for.
const reused = `SELECT p.name, count(*) FROM asked a JOIN requests q ON q.id = a.request JOIN batches p ON p.id = q.batch
	WHERE a.batch = $1 AND a.position > 0 AND q.state = 'answered' AND q.batch <> a.batch `
