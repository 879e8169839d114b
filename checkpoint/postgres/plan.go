package postgres

import (
	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// conflicting selects the requests that are to be asked, without an agreement,
// although their subject is answered for this batch under other settings.
const conflicting = `
	WITH old AS (SELECT q.subject, max(a.settings) AS settings FROM asked a JOIN requests q ON q.id = a.request
		WHERE a.batch = $1 AND q.state = 'answered' AND a.settings <> $2 GROUP BY q.subject)
	SELECT q.id, q.mode, old.settings FROM asked a JOIN requests q ON q.id = a.request JOIN old ON old.subject = q.subject
	WHERE a.batch = $1 AND a.position > 0 AND q.state IN ('pending', 'running') AND NOT a.agreed`

// findConflicts finds the requests that would pay again for what is answered
// under other settings, whenever they came into the batch, and remembers an agreement
// to that.
func (im *importer) findConflicts() error {
	if im.plan.ToAsk() == 0 {
		return nil
	}
	modes, latest := map[string]int{}, int64(0)
	err := im.d.each(func(rows pgx.Rows) (bool, error) {
		var mode string
		var n int
		var settings int64
		err := rows.Scan(&mode, &n, &settings)
		modes[mode], latest = n, max(latest, settings)
		return true, err
	}, "SELECT mode, count(*), max(settings) FROM ("+conflicting+") c GROUP BY mode", im.s.batch, im.settings)
	if err != nil || latest == 0 {
		return err
	}
	im.plan.Conflicts = &checkpoint.Conflicts{Modes: modes}
	err = im.d.get("SELECT value FROM settings WHERE id = $1", []any{latest}, &im.plan.Conflicts.Settings)
	if err == nil && im.opts.Agree {
		_, err = im.d.exec("UPDATE asked SET agreed = true WHERE batch = $1 AND request IN (SELECT id FROM ("+conflicting+") c)", im.s.batch, im.settings)
	}
	return err
}

// countInterrupted counts what was in flight when a run was killed, until the next
// one notes it.
func (im *importer) countInterrupted() error {
	var n int
	var cost int64
	err := im.d.get("SELECT count(*), coalesce(sum(q.cost), 0)::bigint FROM requests q WHERE q.batch = $1 AND q.state = 'running'"+deadHost, []any{im.s.batch}, &n, &cost)
	im.plan.Interrupted += n
	im.plan.InterruptedCost += cost
	return err
}

// count counts the requests of this input by state, and makes failed ones
// pending where they are to be asked again.
func (im *importer) count() error {
	again := false
	var before int64
	if rule := im.opts.ByAge(); rule != nil {
		before = millis.Of(rule.Before)
	}
	im.older = map[string]int{}
	im.plan.Pending = map[string]int{}
	err := im.d.each(func(rows pgx.Rows) (bool, error) {
		more, err := im.plan.AddRequests(im.opts, im.older, rows.Scan)
		again = again || more
		return true, err
	}, "SELECT q.state, q.mode, q.passing, count(*), count(*) FILTER (WHERE q.finished < $2) FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1 AND a.position > 0 GROUP BY 1, 2, 3", im.s.batch, before)
	if err != nil || !again {
		return err
	}
	failed, err := im.numbers(`UPDATE requests q SET state = 'pending', passing = false FROM asked a
		WHERE a.batch = $1 AND a.request = q.id AND a.position > 0 AND q.state = 'failed' AND (q.passing OR $2) RETURNING q.id`, im.s.batch, im.opts.RetryFailed)
	if err == nil {
		_, err = im.d.exec(outdateBy+"($1)", failed)
	}
	return err
}

// numbers returns the numbers that a query finds.
func (im *importer) numbers(text string, args ...any) (list []int64, err error) {
	err = im.d.each(func(rows pgx.Rows) (bool, error) {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return true, err
	}, text, args...)
	return list, err
}
