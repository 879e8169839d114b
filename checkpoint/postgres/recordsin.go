package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
)

// A receiver holds the state of one Receive.
type receiver struct {
	s        *Store
	d        db
	settings map[int64]int64 // numbers here, by those there
	requests map[int64]int64
}

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
	case r.Request != nil:
		err = c.receiveRequest(r.Request)
	case r.Row != nil:
		v := r.Row
		if v.Fields == nil {
			v.Fields = []byte{}
		}
		_, err = c.d.exec("INSERT INTO rows (batch, position, request, line, id, skip, fields, originals) VALUES ($1, $2, nullif($3, 0), $4, $5, $6, $7, $8)",
			batch, v.Position, c.requests[v.Request], v.Line, text(v.ID), text(v.Skip), v.Fields, v.Originals)
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

// receiveRequest adds a request, or finds it, and then its answers.
func (c *receiver) receiveRequest(q *checkpoint.RequestRecord) error {
	attempt, refreshed := takeBackRefresh(q)
	key, id, batch := keys.Of(q.Payload), int64(0), c.s.batch
	err := c.d.get(`INSERT INTO requests (service, key, state, batch, run, mode, subject, attempts, interrupted, passing, started, finished, cost, reason, error, request_id, payload)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING RETURNING id`,
		[]any{c.s.service, key[:], q.State, batch, q.Run, text(q.Mode), q.Subject, q.Attempts, q.Interrupted, q.Passing, q.Started, q.Finished, q.Cost,
			text(q.Reason), text(q.Error), text(q.RequestID), q.Payload}, &id)
	known := errors.Is(err, pgx.ErrNoRows)
	if known {
		err = c.d.get("SELECT id FROM requests WHERE service = $1 AND key = $2", []any{c.s.service, key[:]}, &id)
	}
	if err != nil {
		return err
	}
	c.requests[q.Number] = id
	if refreshed { // and nobody knows what came of it
		if _, err := c.d.exec("INSERT INTO refreshing (request, host, batch, run, started, cost) VALUES ($1, 0, $2, $3, $4, $5) ON CONFLICT DO NOTHING", id, batch, attempt.Run, attempt.Started, attempt.Cost); err != nil {
			return err
		}
	}
	if _, err := c.d.exec("INSERT INTO asked (batch, request, position, settings, agreed) VALUES ($1, $2, $3, $4, $5)", batch, id, q.Position, c.settings[q.Settings], q.Agreed); err != nil {
		return err
	}
	for i, a := range q.Earlier {
		waits := ""
		if i == len(q.Earlier)-1 && !known {
			waits = q.Waits
		}
		if err := c.receiveEarlier(id, a, waits); err != nil {
			return err
		}
	}
	if !known && q.Unfit {
		if _, err := c.d.exec("INSERT INTO unfit VALUES ($1, $2)", id, q.Times); err != nil {
			return err
		}
	}
	if q.State != checkpoint.Answered {
		return nil
	}
	if known {
		return c.receiveKnown(id, q)
	}
	_, err = c.d.exec("INSERT INTO answers VALUES ($1, $2)", id, q.Answer)
	return err
}

// receiveKnown adds an answer to a request that is known already: as its answer if it
// has none, else as an earlier one, unless it is the same.
func (c *receiver) receiveKnown(id int64, q *checkpoint.RequestRecord) error {
	a := q.AnswerRecord
	a.Label = q.Reason
	var same bool
	err := c.d.get("SELECT EXISTS (SELECT 1 FROM requests q JOIN answers w ON w.request = q.id WHERE q.id = $1 AND q.started = $2 AND w.answer = $3)", []any{id, a.Started, a.Answer}, &same)
	if err != nil || same {
		return err
	}
	first, err := complete(c.d, id, c.s.batch, q.Run, checkpoint.Completion{Answer: a.Answer, Label: a.Label, Attempts: q.Attempts, Cost: a.Cost,
		Started: millis.Time(a.Started), Finished: millis.Time(a.Finished), Unfit: q.Unfit})
	if err != nil || first {
		return err
	}
	return c.receiveEarlier(id, a, "")
}

func (c *receiver) receiveEarlier(id int64, a checkpoint.AnswerRecord, waits string) error {
	if a.Answer == nil {
		a.Answer = []byte{} // it was pruned
	}
	_, err := c.d.exec(`INSERT INTO earlier (request, batch, run, label, cost, started, finished, waits, answer) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
		WHERE NOT EXISTS (SELECT 1 FROM earlier WHERE request = $1 AND started = $6 AND answer = $9)`,
		id, c.s.batch, a.Run, text(a.Label), a.Cost, a.Started, a.Finished, waits, a.Answer)
	return err
}
