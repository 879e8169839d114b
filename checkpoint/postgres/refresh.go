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
