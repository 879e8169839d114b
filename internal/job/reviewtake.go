package job

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
)

// A taking is what was read of the reviews in a file.
type taking struct {
	changed   map[int64]batch.Review // by the position of the row
	conflicts []string               // what others wrote too, a line for each; both are kept
	strangers []string               // rows that are none of the questions, by what they begin with
	cleared   int                    // cells that are empty in the file, and are not in the checkpoint
}

// takeReviews keeps what people wrote into a file of answers.
func takeReviews(store batch.Checkpoint, in batch.Input, f *reviewFile, now time.Time) (t taking, err error) {
	t.changed = map[int64]batch.Review{}
	rows, err := f.match(store, in, &t)
	if err != nil {
		return t, err
	}
	position := int64(0)
	for rec, err := range batch.Records(store) {
		if err != nil {
			return t, err
		}
		position++
		for _, row := range rows[position] {
			if err := t.take(store, f, position, rec, row); err != nil {
				return t, err
			}
		}
	}
	return t, batch.AddReviews(store, t.changed, f.ownNames(), f.name, now)
}

// A written is what people wrote beside a row, by column.
type written map[string]string

// typed returns the cells of a row of the file.
func (f *reviewFile) typed(row []string) written {
	w := written{}
	for _, name := range reviewColumns {
		w[name] = cell(row, f.ours[name])
	}
	for _, c := range f.own {
		w[c.name] = cell(row, c.at)
	}
	return w
}

var reviewColumns = []string{"reviewed by", "verdict", "review note"}

// writtenIn returns the cells of a review.
func writtenIn(v batch.Review) written {
	w := written{"reviewed by": v.By, "verdict": v.Verdict, "review note": v.Note}
	for name, text := range v.Columns {
		w[name] = text
	}
	return w
}

// take notes what is new beside a row.
func (t *taking) take(store batch.Checkpoint, f *reviewFile, position int64, rec batch.Record, row []string) error {
	if earlier, again := t.changed[position]; again {
		rec.Review = &earlier
	}
	shown, reopened := rec.Shown()
	typed, has := f.typed(row), writtenIn(shown)
	if !slices.ContainsFunc(slices.Collect(maps.Keys(typed)), func(name string) bool { return typed[name] != plainCell(has[name]) }) {
		return nil
	}
	reviews, last, err := batch.Reviews(store, position)
	if err != nil {
		return err
	}
	m := merge{has: has, past: map[string][]string{}, seen: f.seen >= 0 && f.seen >= last}
	for _, v := range reviews {
		for name, text := range writtenIn(v) {
			m.past[name] = append(m.past[name], plainCell(text))
		}
	}
	if reopened {
		m.said = shown.Note // which nobody wrote
	}
	changed := false
	for name, text := range typed {
		changed = m.cell(name, text) || changed
	}
	t.cleared += m.cleared
	if !changed {
		return nil
	}
	v := batch.Review{By: has["reviewed by"], Verdict: has["verdict"], Note: has["review note"]}
	v.Answered, v.RequestID = f.about(&rec, row)
	if v.Note == m.said {
		v.Note = ""
	}
	if reopened && v.By+v.Verdict+v.Note == "" { // somebody wrote in other columns only
		v = *rec.Review
	}
	for _, name := range reviewColumns {
		delete(has, name)
	}
	v.Columns = has
	if len(m.others) > 0 {
		slices.Sort(m.others)
		also := "[also " + strings.Join(m.others, "; ") + "]"
		v.Note = strings.TrimSpace(v.Note + " " + also)
		t.conflicts = append(t.conflicts, fmt.Sprintf("question %s was reviewed by others too: both are kept, %s", rec.ID, also))
	}
	t.changed[position] = v
	return nil
}

// A merge puts what a file has together with what is known.
type merge struct {
	has     written             // what is known, and then what comes of it
	past    map[string][]string // what ever was in each column
	seen    bool                // what is known was in the file when it was written
	said    string              // a note that nobody wrote
	others  []string            // what others wrote and the file replaces
	cleared int
}

// cell takes a cell of the file, and reports whether it is new.
func (m *merge) cell(name, text string) bool {
	known, old := plainCell(m.has[name]), slices.Contains(m.past[name], text)
	switch {
	case text == known:
		return false
	case text == "":
		m.cleared++
		return false
	case old && !m.seen:
		return false // it was there before what is known now
	case known != "" && known != plainCell(m.said) && (old || !m.seen):
		m.others = append(m.others, name+": "+known)
	}
	m.has[name] = text
	return true
}

// about returns when the answer arrived that a row of the file has, and by which
// request: the row's own, unless the file says another.
func (f *reviewFile) about(rec *batch.Record, row []string) (answered time.Time, requestID string) {
	if rec.Answer == nil {
		return time.Time{}, ""
	}
	answered = rec.Finished.Truncate(time.Second)
	for _, layout := range []string{"2006-01-02T15:04:05-07:00", "2006-01-02 15:04:05 -07:00"} {
		if at, err := time.Parse(layout, cell(row, f.ours["answered"])); err == nil {
			answered = at
		}
	}
	return answered, cmp.Or(cell(row, f.ours["request_id"]), rec.Answer.RequestID)
}
