package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// A receiver holds the state of one Receive. What there is much of it copies to the
// server in parts: row by row takes several times as long, and longer the farther
// away that is.
type receiver struct {
	s        *Store
	d        db
	settings map[int64]int64 // numbers here, by those there
	requests map[int64]int64
	waiting  []*received // requests to add before anything refers to them
	rows     [][]any     // rows to add, after those
}

// maxPart is the maximum number of rows that are copied at once.
const maxPart = 500

// Receive takes in all that another checkpoint holds, within one transaction. It
// returns [checkpoint.ErrNotEmpty] unless the batch is empty. Where another batch of
// the service has answered a request, its answer stays, and another one that comes is
// an earlier one. The same answer is there once, and belongs to who paid for it.
func (s *Store) Receive(records checkpoint.Records) error {
	err := pgx.BeginFunc(bg, s.pool, func(tx pgx.Tx) error {
		c := receiver{s: s, d: db{ctx: bg, querier: tx}, settings: map[int64]int64{}, requests: map[int64]int64{}}
		if err := s.lockImports(c.d); err != nil {
			return err
		}
		var used bool
		if err := c.d.get("SELECT EXISTS (SELECT 1 FROM asked WHERE batch = $1) OR EXISTS (SELECT 1 FROM rows WHERE batch = $1) OR EXISTS (SELECT 1 FROM runs WHERE batch = $1)", []any{s.batch}, &used); err != nil {
			return err
		}
		if used {
			return checkpoint.ErrNotEmpty
		}
		for r, err := range records {
			if err == nil {
				err = c.receive(r)
			}
			if err != nil {
				return err
			}
		}
		if err := c.addRequests(); err != nil {
			return err
		}
		if err := c.addRows(); err != nil {
			return err
		}
		// What was spent counts against the limits of all runs.
		_, err := c.d.exec(`UPDATE runs r SET spent = coalesce((SELECT sum(cost) FROM requests WHERE batch = $1 AND run = r.run AND state = 'answered'), 0)
			+ coalesce((SELECT sum(cost) FROM earlier WHERE batch = $1 AND run = r.run), 0) + coalesce((SELECT sum(cost) FROM uncertain WHERE batch = $1 AND run = r.run), 0)
			WHERE r.batch = $1`, s.batch)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy to %s: %w", s.name, away(err))
	}
	s.created = false
	return nil
}

func (c *receiver) receive(r checkpoint.Record) (err error) {
	if r.Request != nil {
		return c.receiveRequest(r.Request)
	}
	if err := c.addRequests(); err != nil {
		return err
	}
	batch := c.s.batch
	switch {
	case r.Note != nil:
		return c.s.keepNote(c.d, r.Note.Name, r.Note.Value)
	case r.Settings != nil:
		c.settings[r.Settings.Number], err = keepSettings(c.d, r.Settings.Value)
	case r.Run != nil:
		v := r.Run
		_, err = c.d.exec("INSERT INTO runs (batch, run, host, joined, started, ended, outcome, summary) VALUES ($1, $2, 0, $2, $3, $4, $5, $6)",
			batch, v.Run, millis.Of(v.Started), millis.Of(v.Ended), v.Outcome, text(string(v.Summary)))
	case r.Row != nil:
		err = c.receiveRow(r.Row)
	case r.Uncertain != nil:
		v := r.Uncertain
		_, err = c.d.exec(`INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			c.requests[v.Request], batch, v.Run, v.Started, v.Finished, v.Cost, text(v.Reason), text(v.RequestID), text(v.Partial))
	case r.Review != nil:
		v := r.Review
		_, err = c.d.exec("INSERT INTO reviews (batch, subject, row, taken, origin, fields, value) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			batch, v.Subject, text(v.Row), v.Taken, text(v.Origin), v.Fields, v.Value)
	case r.Order != nil:
		o := r.Order
		_, err = c.d.exec("INSERT INTO orders (batch, given, by, what, reason, run) VALUES ($1, $2, $3, $4, $5, $6)", batch, millis.Of(o.Given), text(o.By), o.What, text(o.Reason), o.Run)
	}
	return err
}

// receiveRow adds a row, now or later.
func (c *receiver) receiveRow(v *checkpoint.RowRecord) error {
	var request any // NULL: it is skipped
	if id := c.requests[v.Request]; id != 0 {
		request = id
	}
	c.rows = append(c.rows, []any{c.s.batch, v.Position, request, v.Line, text(v.ID), text(v.Skip), orEmpty(v.Fields), v.Originals})
	if len(c.rows) < maxPart {
		return nil
	}
	return c.addRows()
}

// addRows adds the rows that wait.
func (c *receiver) addRows() error {
	rows := c.rows
	c.rows = nil
	return c.copy("rows", []string{"batch", "position", "request", "line", "id", "skip", "fields", "originals"}, rows)
}

// copy copies rows into a table.
func (c *receiver) copy(table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := c.d.CopyFrom(c.d.ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

// orEmpty returns bytes for a column that is NOT NULL.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
