package checkpoint

import (
	"database/sql"

	"bizbatch/checkpoint/internal/millis"
)

// conflicting selects the requests that are to be asked, without an agreement,
// although their subject is answered under other settings than ?1.
const conflicting = `
	WITH old AS (SELECT subject, max(settings) AS settings FROM requests
		WHERE state = 'answered' AND settings <> ?1 GROUP BY subject)
	SELECT q.id, q.mode, old.settings FROM requests q JOIN old USING (subject)
	WHERE q.position > 0 AND q.state IN ('pending', 'running') AND q.id NOT IN (SELECT request FROM agreed)`

// findConflicts finds the requests that would pay again for what is answered
// under other settings, whenever they came into the checkpoint, and remembers
// an agreement to that.
func (im *importer) findConflicts() error {
	w := im.s.writer
	var several bool
	err := w.QueryRowContext(bg, "SELECT count(*) > 1 FROM settings").Scan(&several)
	if err != nil || !several || im.plan.ToAsk() == 0 {
		return err
	}
	modes, latest := map[string]int{}, 0
	err = query(w, func(rows *sql.Rows) (bool, error) {
		var mode string
		var n, settings int
		err := rows.Scan(&mode, &n, &settings)
		modes[mode], latest = n, max(latest, settings)
		return true, err
	}, "SELECT mode, count(*), max(settings) FROM ("+conflicting+") GROUP BY mode", im.settings)
	if err != nil || latest == 0 {
		return err
	}
	im.plan.Conflicts = &Conflicts{Modes: modes}
	err = w.QueryRowContext(bg, "SELECT value FROM settings WHERE id = ?", latest).Scan(&im.plan.Conflicts.Settings)
	if err == nil && im.opts.Agree {
		err = im.s.exec("INSERT INTO agreed SELECT id FROM ("+conflicting+")", im.settings)
	}
	return err
}

// count counts the requests of this input by state, and makes failed ones
// pending where they are to be asked again.
func (im *importer) count() error {
	w := im.s.writer
	var running int
	var cost int64
	err := w.QueryRowContext(bg, "SELECT count(*), coalesce(sum(cost), 0) FROM requests WHERE state = 'running'").Scan(&running, &cost)
	if err != nil {
		return err
	}
	im.plan.Interrupted += running
	im.plan.InterruptedCost += cost
	if err := im.askUnfit(); err != nil {
		return err
	}
	again := false
	var before int64
	if rule := im.opts.ByAge(); rule != nil {
		before = millis.Of(rule.Before)
	}
	im.older = map[string]int{}
	im.plan.Answered, im.plan.Failed, im.plan.Pending = 0, 0, map[string]int{}
	err = query(w, func(rows *sql.Rows) (bool, error) {
		more, err := im.plan.AddRequests(im.opts, im.older, rows.Scan)
		again = again || more
		return true, err
	}, "SELECT state, mode, passing, count(*), sum(finished < ?) FROM requests WHERE position > 0 GROUP BY state, mode, passing", before)
	if err != nil {
		return err
	}
	if again || im.plan.Rescued > 0 || len(im.plan.Reused) > 0 {
		if err := im.s.outdate(); err != nil {
			return err
		}
	}
	if !again {
		return nil
	}
	return im.s.exec(`UPDATE requests SET state = 'pending', passing = 0
		WHERE state = 'failed' AND position > 0 AND (passing OR ?)`, im.opts.RetryFailed)
}
