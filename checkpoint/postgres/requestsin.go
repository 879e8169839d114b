package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
)

// A received is a request to add.
type received struct {
	*checkpoint.RequestRecord
	attempt   checkpoint.AnswerRecord // to refresh it
	refreshed bool                    // when its run was killed
	id        int64                   // here
	known     bool                    // it was there already
}

// receiveRequest adds a request with its answers, now or later.
func (c *receiver) receiveRequest(r *checkpoint.RequestRecord) error {
	q := &received{RequestRecord: r}
	q.attempt, q.refreshed = takeBackRefresh(r)
	if c.waiting = append(c.waiting, q); len(c.waiting) < maxPart {
		return nil
	}
	return c.addRequests()
}

// addRequests adds the requests that wait, or finds them, and then their answers.
func (c *receiver) addRequests() error {
	list := c.waiting
	if c.waiting = nil; len(list) == 0 {
		return nil
	}
	if err := c.findOrAdd(list); err != nil {
		return err
	}
	var asked, answers, earlier [][]any
	for _, q := range list {
		c.requests[q.Number] = q.id
		asked = append(asked, []any{c.s.batch, q.id, q.Position, c.settings[q.Settings], q.Agreed})
		if q.known {
			continue
		}
		if q.State == checkpoint.Answered {
			answers = append(answers, []any{q.id, q.Answer})
		}
		for i, a := range q.Earlier {
			waits := ""
			if i == len(q.Earlier)-1 {
				waits = q.Waits
			}
			earlier = append(earlier, []any{q.id, c.s.batch, a.Run, text(a.Label), a.Cost, a.Started, a.Finished, waits, orEmpty(a.Answer)})
		}
	}
	err := c.copy("asked", []string{"batch", "request", "position", "settings", "agreed"}, asked)
	if err == nil {
		err = c.copy("answers", []string{"request", "answer"}, answers)
	}
	if err == nil {
		err = c.copy("earlier", []string{"request", "batch", "run", "label", "cost", "started", "finished", "waits", "answer"}, earlier)
	}
	for i := 0; i < len(list) && err == nil; i++ {
		err = c.addRest(list[i])
	}
	return err
}

// findOrAdd gives requests their numbers.
func (c *receiver) findOrAdd(list []*received) error {
	added := map[keys.Key]*received{}
	var rows [][]any
	for _, q := range list {
		key := keys.Of(q.Payload)
		added[key] = q
		rows = append(rows, []any{key[:], q.State, q.Run, text(q.Mode), q.Subject, q.Attempts, q.Interrupted, q.Passing, q.Started, q.Finished, q.Cost,
			text(q.Reason), text(q.Error), text(q.RequestID), q.Payload})
	}
	columns := []string{"key", "state", "run", "mode", "subject", "attempts", "interrupted", "passing", "started", "finished", "cost", "reason", "error", "request_id", "payload"}
	these := strings.Join(columns, ", ")
	if _, err := c.d.exec("CREATE TEMPORARY TABLE IF NOT EXISTS received ON COMMIT DROP AS SELECT " + these + " FROM requests WITH NO DATA"); err != nil {
		return err
	}
	if err := c.copy("received", columns, rows); err != nil {
		return err
	}
	number := func(rows pgx.Rows) (bool, error) {
		var id int64
		var key []byte
		err := rows.Scan(&id, &key)
		if err == nil {
			added[keys.Key(key)].id = id
		}
		return true, err
	}
	err := c.d.each(number, "INSERT INTO requests (service, batch, "+these+") SELECT $1, $2, "+these+" FROM received ON CONFLICT DO NOTHING RETURNING id, key", c.s.service, c.s.batch)
	if err != nil {
		return err
	}
	var known [][]byte
	for key, q := range added {
		if q.known = q.id == 0; q.known {
			known = append(known, key[:])
		}
	}
	if len(known) > 0 {
		err = c.d.each(number, "SELECT id, key FROM requests WHERE service = $1 AND key = ANY ($2)", c.s.service, known)
	}
	if err == nil {
		_, err = c.d.exec("TRUNCATE received")
	}
	return err
}

// addRest adds what few requests have.
func (c *receiver) addRest(q *received) error {
	if q.refreshed { // and nobody knows what came of it
		_, err := c.d.exec("INSERT INTO refreshing (request, host, batch, run, started, cost) VALUES ($1, 0, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			q.id, c.s.batch, q.attempt.Run, q.attempt.Started, q.attempt.Cost)
		if err != nil {
			return err
		}
	}
	if !q.known {
		if !q.Unfit {
			return nil
		}
		_, err := c.d.exec("INSERT INTO unfit VALUES ($1, $2)", q.id, q.Times)
		return err
	}
	for _, a := range q.Earlier {
		if err := c.addEarlier(q.id, a); err != nil {
			return err
		}
	}
	if q.State != checkpoint.Answered {
		return nil
	}
	return c.addAnswer(q.id, q.RequestRecord)
}

// addAnswer adds an answer to a request that was known: as its answer if it has
// none, else as an earlier one, unless it is the same.
func (c *receiver) addAnswer(id int64, q *checkpoint.RequestRecord) error {
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
	return c.addEarlier(id, a)
}

// addEarlier adds an earlier answer to a request that was known, unless it is there.
func (c *receiver) addEarlier(id int64, a checkpoint.AnswerRecord) error {
	_, err := c.d.exec(`INSERT INTO earlier (request, batch, run, label, cost, started, finished, waits, answer) SELECT $1, $2, $3, $4, $5, $6, $7, '', $8
		WHERE NOT EXISTS (SELECT 1 FROM earlier WHERE request = $1 AND started = $6 AND answer = $8)`,
		id, c.s.batch, a.Run, text(a.Label), a.Cost, a.Started, a.Finished, orEmpty(a.Answer))
	return err
}
