package postgres

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// A chosen is an answer that is to be asked for again: the one that arrived then.
type chosen struct {
	id, finished int64
	mode         string
}

// chooseRefresh chooses the answers to ask for again. The rules change nothing in the
// database: what is not asked in the end is answered.
func (im *importer) chooseRefresh() error {
	var list []chosen
	known := map[int64]bool{}
	for _, rule := range im.opts.Refresh {
		more, err := im.chosenBy(rule)
		if err != nil {
			return err
		}
		found := checkpoint.Refresh{Rule: rule.Name, Answers: map[string]int{}}
		for _, c := range more {
			if !known[c.id] {
				known[c.id] = true
				list = append(list, c)
				found.Answers[c.mode]++
			}
		}
		im.plan.Refresh = append(im.plan.Refresh, found)
		for mode, n := range found.Answers {
			im.plan.Pending[mode] += n
			im.plan.Answered -= n
		}
	}
	im.plan.Kept = len(slices.DeleteFunc(im.kept, func(id int64) bool { return known[id] }))
	slices.SortFunc(list, func(a, b chosen) int { return cmp.Or(cmp.Compare(a.finished, b.finished), cmp.Compare(a.id, b.id)) })
	im.refresh = list
	return nil
}

// chosenBy returns what one rule chooses.
func (im *importer) chosenBy(rule checkpoint.RefreshRule) (list []chosen, err error) {
	since := int64(1<<63 - 1)
	if !rule.Since.IsZero() {
		since = millis(rule.Since)
	}
	condition, arg, answer := "q.started < $3 AND $2::bigint = 0", any(int64(0)), "w.answer"
	switch {
	case rule.Matches != nil:
	case rule.IDs != nil:
		ids := make([]string, len(rule.IDs))
		for i, id := range rule.IDs {
			ids[i] = text(id)
		}
		if err := im.checkIDs(ids); err != nil {
			return nil, err
		}
		condition, arg, answer = "q.started < $3 AND q.id IN (SELECT request FROM rows WHERE batch = $1 AND id = ANY ($2))", ids, "NULL"
	default:
		condition, arg, answer = "$3::bigint > 0 AND q.finished < $2", millis(rule.Before), "NULL"
	}
	err = im.d.each(func(rows pgx.Rows) (bool, error) {
		var c chosen
		var label string
		var payload, answer []byte
		err := rows.Scan(&c.id, &c.finished, &c.mode, &label, &payload, &answer)
		if err == nil && (rule.Matches == nil || rule.Matches(label, payload, answer)) {
			list = append(list, c)
		}
		return true, err
	}, `SELECT q.id, q.finished, q.mode, q.reason, CASE WHEN `+answer+` IS NULL THEN NULL ELSE q.payload END, `+answer+`
		FROM asked a JOIN requests q ON q.id = a.request LEFT JOIN answers w ON w.request = q.id
		WHERE a.batch = $1 AND a.position > 0 AND q.state = 'answered' AND `+condition, im.s.batch, arg, since)
	return list, err
}

// checkIDs returns an UnknownIDsError if there is an ID that no row has.
func (im *importer) checkIDs(ids []string) error {
	var e checkpoint.UnknownIDsError
	err := im.d.each(func(rows pgx.Rows) (bool, error) {
		var id string
		err := rows.Scan(&id)
		e.IDs = append(e.IDs, id)
		return true, err
	}, `SELECT t.id FROM unnest($2::text[]) WITH ORDINALITY AS t (id, n)
		WHERE NOT EXISTS (SELECT 1 FROM rows WHERE batch = $1 AND id = t.id) ORDER BY n`, im.s.batch, ids)
	if err == nil && len(e.IDs) > 0 {
		im.refused = &e
		err = &e
	}
	return err
}

// takeRefresh hands the run what the last import chose, the oldest answer first, and
// returns the number of requests by mode.
func (r *run) takeRefresh() map[string]int {
	modes := map[string]int{}
	for _, c := range r.s.refresh {
		modes[c.mode]++
	}
	r.refresh, r.s.refresh = r.s.refresh, nil
	return modes
}

// refreshing makes the next n requests to refresh this host's, or fewer at the end. It
// passes over those that have another answer since they were chosen, or another host.
func (r *run) refreshing(n int) (page []checkpoint.Request, err error) {
	for len(page) < n && len(r.refresh) > 0 && err == nil {
		next := r.refresh[:min(n-len(page), len(r.refresh))]
		r.refresh = r.refresh[len(next):]
		var ids, finished []int64
		for _, c := range next {
			ids, finished = append(ids, c.id), append(finished, c.finished)
		}
		before := len(page)
		err = r.s.write(func(d db) error {
			page = page[:before]
			return d.each(func(rows pgx.Rows) (bool, error) {
				q, err := scanRequest(rows)
				q.Answered, q.Refresh = true, true
				page = append(page, q)
				return true, err
			}, `WITH c AS (SELECT * FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS t (id, finished, n)),
				taken AS (UPDATE requests q SET host = $4 FROM c WHERE q.id = c.id AND q.finished = c.finished AND q.state = 'answered' AND q.host IS NULL RETURNING q.*, c.n)
				SELECT q.id, a.position, r.id, q.mode, q.attempts, true, coalesce(u.times, 0), q.key, q.payload
				FROM taken q JOIN asked a ON a.batch = $1 AND a.request = q.id JOIN rows r ON r.batch = $1 AND r.position = a.position
				LEFT JOIN unfit u ON u.request = q.id ORDER BY q.n`, r.s.batch, ids, finished, r.host)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("claim questions of %s: %w", r.s.name, err)
	}
	for _, q := range page {
		r.give(q)
	}
	return page, nil
}

// scanRequest reads a request that is given out.
func scanRequest(rows pgx.Rows) (q checkpoint.Request, err error) {
	var key []byte
	err = rows.Scan(&q.ID, &q.Position, &q.RowID, &q.Mode, &q.Attempts, &q.Answered, &q.Again, &key, &q.Payload)
	if k := sha256.Sum256(q.Payload); err == nil && string(k[:]) != string(key) {
		err = fmt.Errorf("question %s: %w", q.RowID, checkpoint.ErrNotCheckpoint) // not to pay for what nobody asked
	}
	return q, err
}

// refreshes reports whether a request that was given out has an answer to be
// refreshed.
func (r *run) refreshes(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.old[id]
}

// setAsideOld sets the answer of a request aside that is about to be sent, if it is to
// be refreshed and is this host's.
func (r *run) setAsideOld(d db, id int64) error {
	if !r.refreshes(id) {
		return nil
	}
	err := d.get("SELECT 1 FROM requests WHERE id = $1 AND host = $2 AND state = 'answered' FOR UPDATE", []any{id, r.host}, new(int))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = setAside(d, id, forRefresh)
	}
	return err
}

// takeBackOld makes the answers again what dead hosts were refreshing.
const takeBackOld = `WITH e AS (DELETE FROM earlier e USING requests q WHERE q.id = e.request AND e.waits = 'refresh' AND q.host IS NOT NULL` + deadHost + ` RETURNING e.*)` + backFrom
