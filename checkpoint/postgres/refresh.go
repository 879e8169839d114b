package postgres

import (
	"cmp"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// A chosen is an answer that is to be asked for again.
type chosen struct {
	id, finished int64
	mode         string
}

// chooseRefresh chooses the answers to ask for again. The rules change nothing in the
// database: what is not asked in the end is answered.
func (im *importer) chooseRefresh() error {
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
				im.refresh = append(im.refresh, c)
				found.Answers[c.mode]++
				im.plan.Pending[c.mode]++
				im.plan.Answered--
			}
		}
		im.plan.Refresh = append(im.plan.Refresh, found)
	}
	im.plan.Kept = len(slices.DeleteFunc(im.kept, func(id int64) bool { return known[id] }))
	slices.SortFunc(im.refresh, func(a, b chosen) int { return cmp.Or(cmp.Compare(a.finished, b.finished), cmp.Compare(a.id, b.id)) })
	return nil
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
	answer := "NULL::bytea"
	if matches != nil {
		answer = "(SELECT answer FROM answers WHERE request = q.id)"
	}
	err = im.d.each(func(rows pgx.Rows) (bool, error) {
		var c chosen
		var label string
		var payload, answer []byte
		err := rows.Scan(&c.id, &c.finished, &c.mode, &label, &payload, &answer)
		if err == nil && (matches == nil || matches(label, payload, answer)) {
			list = append(list, c)
		}
		return true, err
	}, "SELECT q.id, q.finished, q.mode, q.reason, q.payload, "+answer+` FROM asked a JOIN requests q ON q.id = a.request
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

// refreshing returns the next n requests to refresh, or fewer at the end. What another
// host has refreshed since, or has in hand, it passes over.
func (r *run) refreshing(n int) (page []checkpoint.Request, err error) {
	for len(page) < n && len(r.refresh) > 0 {
		next := r.refresh[:min(n-len(page), len(r.refresh))]
		r.refresh = r.refresh[len(next):]
		ids, finished := make([]int64, len(next)), make([]int64, len(next))
		for i, c := range next {
			ids[i], finished[i] = c.id, c.finished
		}
		found, err := r.take(`SELECT q.id, a.position, list.nth FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY AS list (id, finished, nth)
			JOIN requests q ON q.id = list.id AND q.finished = list.finished JOIN asked a ON a.request = q.id AND a.batch = $1
			WHERE q.state = 'answered' AND q.host IS NULL FOR UPDATE OF q SKIP LOCKED`, ids, finished)
		if err != nil {
			return page, err
		}
		page = append(page, found...)
	}
	return page, nil
}
