package batch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// A Refresh chooses answers that are asked for again, because the law may have changed
// since. They go last, the oldest first, and each stays the answer of its question
// until there is another. The zero value chooses none.
type Refresh struct {
	Age     time.Duration // answers that are older; 0: none by their age
	Texts   []string      // answers that contain one of these texts, by Contains
	IDs     []string      // answers of the rows with these ids
	Flagged bool          // answers that somebody should look at; see Summary.ToLookAt

	// Contains reports whether an answer or its sources contain a text, as
	// check.Contains does.
	Contains func(a *Answer, text string) bool
	// Check is as in [Options], for answers that were saved without.
	Check func(a *Answer, payload []byte) []string
}

// A RefreshPart is the number of answers that are asked for again for one reason, and
// for none of those before it.
type RefreshPart struct {
	Reason  string `json:"reason"` // such as "older than 90 days"
	Answers int    `json:"answers"`
	Cost    Money  `json:"cost"` // what asking them again costs
}

// Of all ways to choose, only the age tells the answers that a stopped run has
// refreshed from the others: the same answer cites the same section again. A choice is
// therefore noted, with when it was made, until all that it chose is refreshed, so that
// the same command pays for no answer twice; at most for the time of goesOn.
type choice struct {
	Texts   []string  `json:"texts,omitempty"`
	IDs     []string  `json:"ids,omitempty"`
	Flagged bool      `json:"flagged,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

const refreshNote = "refresh"

// goesOn is how long a choice is taken to be the one that was made before.
const goesOn = 7 * 24 * time.Hour

func (f Refresh) choice() choice { return choice{f.Texts, f.IDs, f.Flagged, time.Time{}} }

// begun returns when a run that did not refresh all of it made the same choice; zero:
// none did.
func (f Refresh) begun(store noteStore, now time.Time) (time.Time, error) {
	note, err := store.Note(refreshNote)
	if err != nil || note == nil {
		return time.Time{}, err
	}
	var last choice
	if err := json.Unmarshal(note, &last); err != nil {
		return time.Time{}, fmt.Errorf("read what was to be refreshed: %w", err)
	}
	since := last.Since
	last.Since = time.Time{}
	had, err1 := json.Marshal(last)
	want, err2 := json.Marshal(f.choice())
	if err1 != nil || err2 != nil || !bytes.Equal(had, want) || now.Sub(since) > goesOn {
		return time.Time{}, nil
	}
	return since, nil
}

// note notes the choice for a run that may be stopped, if it chose something. It was
// begun then, or is now; a run that was stopped at its very end left nothing to choose.
func (f Refresh) note(store noteStore, parts []RefreshPart, begun, now time.Time) error {
	c := f.choice()
	c.Since = cmp.Or(begun, now)
	some := slices.ContainsFunc(parts, func(p RefreshPart) bool { return p.Answers > 0 })
	switch {
	case len(c.Texts)+len(c.IDs) == 0 && !c.Flagged:
		return nil
	case !some && begun.IsZero():
		return nil
	case !some:
		return refreshDone(store)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return store.SetNote(refreshNote, b)
}

// refreshDone forgets the choice: all that it chose was asked for.
func refreshDone(store noteStore) error {
	note, err := store.Note(refreshNote)
	if err != nil || note == nil {
		return err
	}
	return store.SetNote(refreshNote, nil)
}

// rules returns the rules by which the checkpoint chooses, without answers to requests
// that were sent since then.
func (f Refresh) rules(now, since time.Time) (rules []checkpoint.RefreshRule) {
	if f.Age > 0 {
		rules = append(rules, checkpoint.RefreshRule{Name: "older than " + age(f.Age), Before: now.Add(-f.Age)})
	}
	if len(f.IDs) > 0 {
		rules = append(rules, checkpoint.RefreshRule{Name: "named by id", IDs: f.IDs, Since: since})
	}
	if f.Flagged {
		rules = append(rules, checkpoint.RefreshRule{Name: "whose checks found something", Matches: f.flagged, Since: since})
	}
	if len(f.Texts) > 0 {
		name := "citing “" + strings.Join(f.Texts, "” or “") + "”"
		rules = append(rules, checkpoint.RefreshRule{Name: name, Matches: f.contains, Since: since})
	}
	return rules
}

// age returns a duration in days or hours.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	n, unit := int(d/time.Hour), "hour"
	if d%day == 0 {
		n, unit = int(d/day), "day"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// flagged reports whether there is something to look at in an answer.
func (f Refresh) flagged(label string, payload, answer []byte) bool {
	kinds := strings.Fields(label)
	if len(kinds) > 0 && kinds[0] == checked {
		return len(kinds) > 1
	}
	var a Answer
	if len(kinds) > 0 || f.Check == nil || json.Unmarshal(answer, &a) != nil {
		return len(kinds) > 0
	}
	return len(f.Check(&a, payload)) > 0
}

func (f Refresh) contains(_ string, _, answer []byte) bool {
	var a Answer
	return json.Unmarshal(answer, &a) == nil && slices.ContainsFunc(f.Texts, func(text string) bool { return f.Contains(&a, text) })
}

// refreshParts returns what a plan refreshes, and what that costs.
func refreshParts(p checkpoint.Plan, prices priceList) (parts []RefreshPart, cost Money) {
	for _, f := range p.Refresh {
		part := RefreshPart{Reason: f.Rule, Answers: total(f.Answers), Cost: prices.estimate(f.Answers)}
		parts = append(parts, part)
		cost += part.Cost
	}
	return parts, cost
}

// total returns the sum of counts by ask mode.
func total(modes map[string]int) (n int) {
	for _, some := range modes {
		n += some
	}
	return n
}

// refreshed counts a question whose old answer has been replaced.
func (r *runner) refreshed(it *item) {
	if it.Refresh {
		r.hasEnd(it)
		it.Refresh = false
		r.sum.RefreshLeft--
		r.sum.Refreshed++
	}
}

// keepOld counts a question that keeps its old answer, for another could not be had.
func (r *runner) keepOld(it *item, err error) {
	r.left[it.mode()]--
	r.sum.Failed++
	r.sum.RefreshLeft--
	r.sum.NotRefreshed++
	at := slices.IndexFunc(r.sum.NotRefreshedBy, func(g checkpoint.FailureGroup) bool { return g.Reason == it.last.Reason })
	if at < 0 {
		at = len(r.sum.NotRefreshedBy)
		r.sum.NotRefreshedBy = append(r.sum.NotRefreshedBy, checkpoint.FailureGroup{Reason: it.last.Reason, RowID: it.RowID, Error: it.last.Message})
	}
	r.sum.NotRefreshedBy[at].Count++
	r.event(Event{Kind: EventUnrefreshed, Question: it.RowID, Err: err})
}
