package checkpoint

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bizbatch/checkpoint/internal/millis"
)

// A RefreshRule chooses answers of the input that the next run of the store asks for
// again. It has one of Before, IDs and Matches.
type RefreshRule struct {
	Name   string    // of the rule, in Plan.Refresh
	Before time.Time // answers that arrived before it
	IDs    []string  // answers in rows with these IDs
	// Matches reports whether an answer is chosen, by the label that it was saved
	// with, its request and itself.
	Matches func(label string, payload, answer []byte) bool
	// Since leaves out the answers to requests that were sent then or later. Default:
	// none.
	Since time.Time
}

// A Refresh is the number of answers that a rule chose and none before it, by mode.
type Refresh struct {
	Rule    string         `json:"rule"`
	Answers map[string]int `json:"answers"`
}

// An UnknownIDsError reports a RefreshRule with IDs that no row of the input has.
type UnknownIDsError struct{ IDs []string }

func (e *UnknownIDsError) Error() string {
	const most = 5
	text := "no question has the id " + strings.Join(e.IDs[:min(most, len(e.IDs))], ", ")
	if more := len(e.IDs) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// chooseRefresh chooses the answers to ask for again.
func (im *importer) chooseRefresh() error {
	if rule := im.opts.ByAge(); rule != nil {
		return im.chooseOlder(*rule)
	}
	list, err := im.plan.ChooseRefresh(im.opts, im.kept, im.chosenBy)
	im.s.refresh = func() ([]Chosen, error) { return list, nil }
	return err
}

// chooseOlder plans for a rule by age alone, of which count has counted the answers.
func (im *importer) chooseOlder(rule RefreshRule) error {
	im.plan.AddRefresh(Refresh{Rule: rule.Name, Answers: im.older})
	kept, err := json.Marshal(im.kept)
	if err != nil {
		return err
	}
	again, err := choose(im.s.writer, isOlder+" AND q.id IN (SELECT value FROM json_each(?2))", millis.Of(rule.Before), string(kept))
	im.plan.Kept = len(im.kept) - len(again)
	im.s.refresh = func() ([]Chosen, error) { return choose(im.s.db, isOlder, millis.Of(rule.Before)) }
	return err
}

const (
	refreshable = "q.position > 0 AND q.state = 'answered'"
	isOlder     = refreshable + " AND q.finished < ?1"
)

func (im *importer) chosenBy(rule RefreshRule) ([]Chosen, error) {
	const unsent = refreshable + " AND q.started < ?1"
	since := int64(1<<63 - 1)
	if !rule.Since.IsZero() {
		since = millis.Of(rule.Since)
	}
	switch {
	case rule.Matches != nil:
		return im.matching(rule.Matches, unsent, since)
	case rule.IDs != nil:
		ids, err := json.Marshal(rule.IDs)
		if err == nil {
			err = im.checkIDs(string(ids))
		}
		if err != nil {
			return nil, err
		}
		return choose(im.s.writer, unsent+" AND q.id IN (SELECT request FROM rows WHERE id IN (SELECT value FROM json_each(?2)))", since, string(ids))
	}
	return choose(im.s.writer, isOlder, millis.Of(rule.Before))
}

// choose returns the requests that meet the condition, in SQL.
func choose(db querier, condition string, args ...any) (list []Chosen, err error) {
	err = query(db, func(rows *sql.Rows) (bool, error) {
		var c Chosen
		err := rows.Scan(&c.ID, &c.Finished, &c.Mode)
		list = append(list, c)
		return true, err
	}, "SELECT q.id, q.finished, q.mode FROM requests q WHERE "+condition, args...)
	return list, err
}

// checkIDs returns an UnknownIDsError if a list of IDs, as JSON, has one that no row
// has.
func (im *importer) checkIDs(ids string) error {
	var e UnknownIDsError
	err := query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var id string
		err := rows.Scan(&id)
		e.IDs = append(e.IDs, id)
		return true, err
	}, `SELECT value FROM json_each(?1) WHERE value NOT IN (SELECT id FROM rows WHERE id IN (SELECT value FROM json_each(?1))) ORDER BY key`, ids)
	if err == nil && len(e.IDs) > 0 {
		err = &e
	}
	return err
}

// matching returns the requests that meet the condition, in SQL, and whose answer
// matches. The answers of a copy that was made to plan with are in the original,
// but for those that it took in itself.
func (im *importer) matching(matches func(label string, payload, answer []byte) bool, condition string, args ...any) (list []Chosen, err error) {
	elsewhere := map[int64]Chosen{}
	err = query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var c Chosen
		var label string
		var payload, answer sql.RawBytes
		err := rows.Scan(&c.ID, &c.Finished, &c.Mode, &label, &payload, &answer)
		switch {
		case err != nil:
		case im.s.original != "" && (answer == nil || string(answer) == "null"):
			elsewhere[c.ID] = c
		case matches(label, payload, answer):
			list = append(list, c)
		}
		return true, err
	}, `SELECT q.id, q.finished, q.mode, q.reason, q.payload, a.answer FROM requests q LEFT JOIN answers a ON a.request = q.id WHERE `+condition, args...)
	if err != nil || len(elsewhere) == 0 {
		return list, err
	}
	from, err := Peek(im.s.original)
	if err != nil {
		return list, err
	}
	defer from.Close()
	answer := "a.answer"
	if from.format > 3 {
		answer = "coalesce(a.answer, (SELECT answer FROM earlier WHERE request = q.id ORDER BY id DESC LIMIT 1))"
	}
	err = from.query(func(rows *sql.Rows) (bool, error) {
		var id int64
		var label string
		var payload, answer sql.RawBytes
		err := rows.Scan(&id, &label, &payload, &answer)
		if c, wanted := elsewhere[id]; err == nil && wanted && answer != nil && matches(label, payload, answer) {
			list = append(list, c)
		}
		return true, err
	}, "SELECT q.id, q.reason, q.payload, "+answer+" FROM requests q LEFT JOIN answers a ON a.request = q.id")
	return list, err
}

// takeBackRefreshed makes the answers again what a killed run was refreshing.
func (im *importer) takeBackRefreshed() error {
	running, cost, err := im.s.takeBackAll("e.waits = '" + forRefresh + "'")
	im.plan.Interrupted, im.plan.InterruptedCost, im.kept = len(running), cost, running
	return err
}

// takeRefresh hands the run what the last import chose: the number of requests by
// mode, and their ids, the oldest answer first.
func (s *Store) takeRefresh() (modes map[string]int, ids []int64, err error) {
	var list []Chosen
	if s.refresh != nil {
		list, err = s.refresh()
		s.refresh = nil
	}
	modes = OldestFirst(list)
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return modes, ids, err
}

// refreshing returns the next n requests to refresh, or fewer at the end.
func (r *run) refreshing(n int) (page []Request, err error) {
	for len(page) < n && len(r.refresh) > 0 {
		next := r.refresh[:min(n-len(page), len(r.refresh))]
		r.refresh = r.refresh[len(next):]
		ids, err := json.Marshal(next)
		if err != nil {
			return page, err
		}
		found, err := r.s.requests(`FROM json_each(?) j JOIN requests q ON q.id = j.value JOIN rows r ON r.position = q.position
			LEFT JOIN unfit u ON u.request = q.id WHERE q.state = 'answered' ORDER BY j.key`, string(ids))
		if err != nil {
			return page, err
		}
		for _, q := range found {
			q.Answered, q.Refresh = true, true
			r.claims.Give(q.ID, q.Payload, true)
			page = append(page, q)
		}
	}
	return page, nil
}
