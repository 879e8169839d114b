package postgres

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// A chosen is an answer that is to be asked for again.
type chosen struct {
	id, finished, position int64
	mode                   string
}

// chooseRefresh chooses the answers to ask for again. The rules change nothing in the
// database: what is not asked in the end is answered.
func (im *importer) chooseRefresh() error {
	if rule := im.byAge(); rule != nil {
		return im.chooseOlder(*rule)
	}
	var all []chosen
	known := map[int64]bool{}
	for _, rule := range im.opts.Refresh {
		list, err := im.chosenBy(rule)
		if err != nil {
			return err
		}
		found := checkpoint.Refresh{Rule: rule.Name, Answers: map[string]int{}}
		for _, c := range list {
			if !known[c.id] {
				known[c.id] = true
				all = append(all, c)
				found.Answers[c.mode]++
			}
		}
		im.planRefresh(found)
	}
	im.plan.Kept = len(slices.DeleteFunc(im.kept, func(id int64) bool { return known[id] }))
	im.refresh = func() ([]chosen, error) { return all, nil }
	return nil
}

// byAge returns the only rule, if it is one by age.
func (im *importer) byAge() *checkpoint.RefreshRule {
	if rules := im.opts.Refresh; len(rules) == 1 && rules[0].Matches == nil && rules[0].IDs == nil {
		return &rules[0]
	}
	return nil
}

// chooseOlder plans for a rule by age alone, of which count has counted the answers.
// They are listed only when a run begins, so that a plan takes no longer.
func (im *importer) chooseOlder(rule checkpoint.RefreshRule) error {
	im.planRefresh(checkpoint.Refresh{Rule: rule.Name, Answers: im.older})
	again, err := im.choose(nil, "q.finished < $2 AND q.id = ANY ($3)", millis(rule.Before), im.kept)
	im.plan.Kept = len(im.kept) - len(again)
	im.refresh = func() ([]chosen, error) {
		later := importer{s: im.s, d: im.s.db()}
		return later.chosenBy(rule)
	}
	return err
}

func (im *importer) planRefresh(found checkpoint.Refresh) {
	im.plan.Refresh = append(im.plan.Refresh, found)
	for mode, n := range found.Answers {
		im.plan.Pending[mode] += n
		im.plan.Answered -= n
	}
}

// takeRefresh hands the run what the last import chose: the number of requests by
// mode, and these, the oldest answer first.
func (s *Store) takeRefresh() (modes map[string]int, list []chosen, err error) {
	modes = map[string]int{}
	if s.refresh == nil {
		return modes, nil, nil
	}
	list, err = s.refresh()
	slices.SortFunc(list, func(a, b chosen) int {
		return cmp.Or(cmp.Compare(a.finished, b.finished), cmp.Compare(a.position, b.position))
	})
	for _, c := range list {
		modes[c.mode]++
	}
	s.refresh = nil
	return modes, list, err
}

func (im *importer) chosenBy(rule checkpoint.RefreshRule) ([]chosen, error) {
	since := int64(math.MaxInt64)
	if !rule.Since.IsZero() {
		since = millis(rule.Since)
	}
	switch {
	case rule.Matches != nil:
		return im.choose(rule.Matches, "q.started < $2", since)
	case rule.IDs != nil:
		if err := im.checkIDs(rule.IDs); err != nil {
			return nil, err
		}
		return im.choose(nil, "q.started < $2 AND q.id IN (SELECT request FROM rows WHERE batch = $1 AND id = ANY ($3))", since, rule.IDs)
	}
	return im.choose(nil, "q.finished < $2", millis(rule.Before))
}

// choose returns the answered requests of the input that meet the condition, in SQL,
// and whose answer matches, unless that is nil.
func (im *importer) choose(matches func(label string, payload, answer []byte) bool, condition string, args ...any) (list []chosen, err error) {
	read := "NULL, NULL"
	if matches != nil {
		read = "q.payload, (SELECT answer FROM answers WHERE request = q.id)"
	}
	err = im.d.each(func(rows pgx.Rows) (bool, error) {
		var c chosen
		var label string
		var payload, answer []byte
		err := rows.Scan(&c.id, &c.finished, &c.position, &c.mode, &label, &payload, &answer)
		if err == nil && (matches == nil || matches(label, payload, answer)) {
			list = append(list, c)
		}
		return true, err
	}, "SELECT q.id, q.finished, a.position, q.mode, q.reason, "+read+` FROM asked a JOIN requests q ON q.id = a.request
		WHERE a.batch = $1 AND a.position > 0 AND q.state = 'answered' AND `+condition, append([]any{im.s.batch}, args...)...)
	return list, err
}

// checkIDs returns an UnknownIDsError if a list of IDs has one that no row has.
func (im *importer) checkIDs(ids []string) error {
	var e checkpoint.UnknownIDsError
	err := im.d.each(func(rows pgx.Rows) (bool, error) {
		var id string
		err := rows.Scan(&id)
		e.IDs = append(e.IDs, id)
		return true, err
	}, "SELECT id FROM unnest($2::text[]) WITH ORDINALITY AS list (id, nth) WHERE id NOT IN (SELECT id FROM rows WHERE batch = $1) ORDER BY nth", im.s.batch, ids)
	if err == nil && len(e.IDs) > 0 {
		im.refused = &e
		return &e
	}
	return err
}

// What a host refreshes stands in the table refreshing, from when it is claimed until
// there is another answer, the host gives up, or the run ends. The request is answered
// all the while.

const (
	markRefresh = `UPDATE refreshing SET failed = false, batch = $2, run = $3, started = $4, cost = $5 WHERE request = $1 AND host = $6 AND started = 0`

	// deadRefresh is the condition that nobody waits for a refresh any more; endDead
	// ends those, and noteEnded lists as perhaps charged what was in flight then.
	deadRefresh = " f.host NOT IN (SELECT id FROM alive)"
	endDead     = "WITH ended AS (DELETE FROM refreshing f WHERE" + deadRefresh
	noteEnded   = ` RETURNING *) INSERT INTO uncertain (request, batch, run, started, finished, cost, reason, request_id, partial)
		SELECT request, batch, run, started, 0, cost, '` + interrupted + `', '', '' FROM ended WHERE started > 0 ON CONFLICT DO NOTHING`

	// stillOld selects those of a list whose answer is the one that was chosen.
	stillOld = `SELECT q.id, q.mode, a.position, list.nth, list.finished FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY AS list (id, finished, nth)
		JOIN requests q ON q.id = list.id AND q.finished = list.finished AND q.state = 'answered' JOIN asked a ON a.request = q.id AND a.batch = $1 AND a.position > 0`
)

// columns returns the ids of a list, and when the answers arrived.
func columns(list []chosen) (ids, finished []int64) {
	for _, c := range list {
		ids, finished = append(ids, c.id), append(finished, c.finished)
	}
	return ids, finished
}

// refreshing returns the next n requests to refresh, or fewer at the end. Those that
// another host has in hand it passes over until that has refreshed them or is dead.
func (r *run) refreshing(n int) (page []checkpoint.Request, err error) {
	var passed []chosen
	for len(page) < n && len(r.refresh) > 0 && err == nil {
		next := r.refresh[:min(n-len(page), len(r.refresh))]
		ids, finished := columns(next)
		var found []checkpoint.Request
		found, err = r.take(`WITH found AS (`+stillOld+` FOR NO KEY UPDATE OF q SKIP LOCKED),
			added AS (INSERT INTO refreshing (request, host, batch, run) SELECT id, $2, $1, $5 FROM found ON CONFLICT DO NOTHING RETURNING request),
			taken AS (SELECT found.* FROM found JOIN added ON added.request = found.id)`, ids, finished, r.id)
		if err == nil && len(found) < len(next) {
			var left []chosen
			left, _, err = r.withOthers(next)
			passed = append(passed, left...)
		}
		if err == nil {
			r.refresh = r.refresh[len(next):]
		}
		page = append(page, found...)
	}
	r.refresh = append(passed, r.refresh...)
	return page, err
}

// withOthers returns those of a list that are to be refreshed, and that this host
// has not claimed, and how many of them no other has claimed.
func (r *run) withOthers(list []chosen) (left []chosen, free int, err error) {
	if len(list) == 0 {
		return nil, 0, nil
	}
	ids, finished := columns(list)
	err = r.s.each("what is to be refreshed", func(rows pgx.Rows) (bool, error) {
		var c chosen
		var unclaimed bool
		err := rows.Scan(&c.id, &c.finished, &c.mode, &unclaimed)
		left = append(left, c)
		if unclaimed {
			free++
		}
		return true, err
	}, "SELECT s.id, s.finished, s.mode, f.request IS NULL FROM ("+stillOld+`) s LEFT JOIN refreshing f ON f.request = s.id
		WHERE f.host IS DISTINCT FROM $2 AND f.failed IS NOT TRUE ORDER BY s.nth`, r.s.batch, r.host, ids, finished)
	return left, free, err
}

// openRefresh returns how many of the answers that the run was to refresh nobody has,
// by mode, without those that it gave up, and how many of them nobody has claimed.
func (r *run) openRefresh() (modes map[string]int, free int, err error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	modes = map[string]int{}
	if r.refresh, free, err = r.withOthers(r.refresh); err != nil {
		return nil, 0, err
	}
	for _, c := range r.refresh {
		modes[c.mode]++
	}
	err = r.s.each("what is refreshed", func(rows pgx.Rows) (bool, error) {
		var mode string
		var n int
		err := rows.Scan(&mode, &n)
		modes[mode] += n
		return true, err
	}, "SELECT q.mode, count(*) FROM refreshing f JOIN requests q ON q.id = f.request WHERE f.host = $1 AND NOT f.failed GROUP BY q.mode", r.host)
	return modes, free, err
}

// replace sets the answer of a request aside, within a transaction that saves
// another: one that the host claimed to refresh. If the host is 0, or its lease was
// over, another may have refreshed it since; then only an older answer gives way.
func replace(d db, id, host int64, started time.Time) error {
	var mine bool
	err := d.get(`WITH gone AS (DELETE FROM refreshing WHERE request = $1 AND (host = $2 OR started = $3) RETURNING *),
			landed AS (UPDATE runs r SET flying = flying - gone.cost FROM gone WHERE r.batch = gone.batch AND r.run = gone.run AND gone.started > 0)
		SELECT count(*) > 0 FROM gone`, []any{id, host, millis(started)}, &mine)
	if err != nil {
		return err
	}
	old, err := d.exec("SELECT 1 FROM requests WHERE id = $1 AND state = 'answered' AND ($2 OR started < $3) FOR NO KEY UPDATE", id, mine, millis(started))
	if err != nil || old == 0 {
		return err
	}
	if err := setAside(d, id); err != nil {
		return err
	}
	_, err = d.exec("UPDATE requests SET host = nullif($2::bigint, 0) WHERE id = $1", id, host)
	return err
}

// keepOld notes that an attempt to refresh an answer has ended without another, and
// whether the host gives up.
func (r *run) keepOld(d db, id int64, failed bool) error {
	_, err := d.exec(`WITH f AS (SELECT cost FROM refreshing WHERE request = $1 AND host = $2 AND started > 0 FOR UPDATE),
			landed AS (UPDATE runs r SET flying = flying - f.cost FROM f WHERE r.batch = $3 AND r.run = $4)
		UPDATE refreshing SET started = 0, failed = $5 WHERE request = $1 AND host = $2`, id, r.host, r.s.batch, r.id, failed)
	return err
}

// refreshing reads the requests of the batch that are answered and in flight, or were
// when their host died.
func (s *Store) refreshing(f *checkpoint.Flights, rescued map[int64]int64) error {
	return s.each("what was in flight", func(rows pgx.Rows) (bool, error) {
		var q checkpoint.Flight
		var id, started int64
		var dead bool
		err := rows.Scan(&id, &q.RowID, &q.Line, &q.Run, &started, &q.Mode, &q.Cost, &dead)
		q.Started = fromMillis(started)
		_, found := rescued[id]
		switch {
		case err != nil:
		case found:
			f.Rescued = append(f.Rescued, q)
		case dead: // it is not asked again by itself
			q.Reason = interrupted
			f.Uncertain = append(f.Uncertain, q)
		default:
			f.InFlight = append(f.InFlight, q)
		}
		return true, err
	}, `SELECT q.id, coalesce(r.id, ''), coalesce(r.line, 0), f.run, f.started, q.mode, f.cost,`+deadRefresh+` FROM refreshing f JOIN requests q ON q.id = f.request
		LEFT JOIN asked a ON a.batch = f.batch AND a.request = f.request LEFT JOIN rows r ON r.batch = f.batch AND r.position = a.position
		WHERE f.batch = $1 AND f.started > 0 ORDER BY a.position`, s.batch)
}

// endRefreshes ends what killed runs were refreshing for the batch.
func (im *importer) endRefreshes() error {
	return im.d.each(func(rows pgx.Rows) (bool, error) {
		var id, cost int64
		err := rows.Scan(&id, &cost)
		im.kept = append(im.kept, id)
		im.plan.Interrupted++
		im.plan.InterruptedCost += cost
		return true, err
	}, endDead+" AND f.batch = $1"+noteEnded+" RETURNING request, cost", im.s.batch)
}

// takeBackRefresh makes the old answer of a request from a file its answer again, if
// it was refreshed when its run was killed, and returns the attempt.
func takeBackRefresh(q *checkpoint.RequestRecord) (attempt checkpoint.AnswerRecord, refreshed bool) {
	last := len(q.Earlier) - 1
	if q.Waits != "refresh" || last < 0 {
		return attempt, false
	}
	attempt = q.AnswerRecord
	q.AnswerRecord, q.Earlier = q.Earlier[last], q.Earlier[:last]
	q.State, q.Reason, q.Waits = checkpoint.Answered, q.Label, ""
	return attempt, true
}
