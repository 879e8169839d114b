package batch

import (
	"encoding/json"
	"fmt"
	"time"
)

// endless are the answers that could not be refreshed because no attempt brought another,
// and each may have been charged, by the id of the request, with when the last one was sent.
// The old answer stays, so that every night would pay for the same again. They are not sent
// any more until the user wants it.
type endless map[int64]time.Time

const endlessNote = "endless"

// noAnswerBefore is the reason of one that is not sent.
const noAnswerBefore = "no answer" + eachTime

func readEndless(store noteStore) (endless, error) {
	e := endless{}
	note, err := store.Note(endlessNote)
	if err == nil && note != nil {
		err = json.Unmarshal(note, &e)
	}
	if err != nil {
		return nil, fmt.Errorf("read which answers had no end: %w", err)
	}
	return e, nil
}

// hadNoEnd notes that no attempt at a question brought an answer, and each may have been
// charged.
func (r *runner) hadNoEnd(it *item) {
	if it.Refresh {
		r.endless[it.ID] = it.sent
		r.writeEndless()
	}
}

// hasEnd notes that a question was answered.
func (r *runner) hasEnd(it *item) {
	if _, noted := r.endless[it.ID]; noted {
		delete(r.endless, it.ID)
		r.writeEndless()
	}
}

func (r *runner) writeEndless() {
	note, err := json.Marshal(r.endless)
	if err == nil {
		err = r.store.SetNote(endlessNote, note)
	}
	if err != nil {
		r.stopFor(StopSave, err)
	}
}
