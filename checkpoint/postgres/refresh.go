package postgres

import (
	"math"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// chooseRefresh chooses the answers to ask for again.
func (im *importer) chooseRefresh() error {
	if rule := im.opts.ByAge(); rule != nil {
		return im.chooseOlder(*rule)
	}
	list, err := im.plan.ChooseRefresh(im.opts, im.kept, im.chosenBy)
	im.refresh = func() ([]checkpoint.Chosen, error) { return list, nil }
	return err
}

// chooseOlder plans for a rule by age alone, of which count has counted the answers.
func (im *importer) chooseOlder(rule checkpoint.RefreshRule) error {
	im.plan.AddRefresh(checkpoint.Refresh{Rule: rule.Name, Answers: im.older})
	again, err := im.choose(nil, "q.finished < $2 AND q.id = ANY ($3)", millis.Of(rule.Before), im.kept)
	im.plan.Kept = len(im.kept) - len(again)
	im.refresh = func() ([]checkpoint.Chosen, error) {
		later := importer{s: im.s, d: im.s.db()}
		return later.chosenBy(rule)
	}
	return err
}

// takeRefresh hands the run what the last import chose: the number of requests by
// mode, and these, the oldest answer first.
func (s *Store) takeRefresh() (modes map[string]int, list []checkpoint.Chosen, err error) {
	if s.refresh != nil {
		list, err = s.refresh()
		s.refresh = nil
	}
	return checkpoint.OldestFirst(list), list, err
}

func (im *importer) chosenBy(rule checkpoint.RefreshRule) ([]checkpoint.Chosen, error) {
	since := int64(math.MaxInt64)
	if !rule.Since.IsZero() {
		since = millis.Of(rule.Since)
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
	return im.choose(nil, "q.finished < $2", millis.Of(rule.Before))
}

// choose returns the answered requests of the input that meet the condition, in SQL,
// and whose answer matches, unless that is nil.
func (im *importer) choose(matches func(label string, payload, answer []byte) bool, condition string, args ...any) (list []checkpoint.Chosen, err error) {
	read := "NULL, NULL"
	if matches != nil {
		read = "q.payload, (SELECT answer FROM answers WHERE request = q.id)"
	}
	err = im.d.each(func(rows pgx.Rows) (bool, error) {
		var c checkpoint.Chosen
		var label string
		var payload, answer []byte
		err := rows.Scan(&c.ID, &c.Finished, &c.Position, &c.Mode, &label, &payload, &answer)
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
