package checkpoint

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"iter"
	"path/filepath"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/rescue"
)

// rescuePlace returns where answers go that could not be saved: into one file in the
// checkpoint's folder, or else in the home folder, or else in the temporary folder.
func (s *Store) rescuePlace() rescue.Place {
	return rescue.Place{Checkpoint: s.absPath(), Folder: filepath.Dir(s.absPath()), LastResort: s.last}
}

func (s *Store) absPath() string {
	if abs, err := filepath.Abs(s.Path()); err == nil {
		return abs
	}
	return s.Path()
}

// rescued returns an answer as a line of a rescue file.
func (s *Store) rescued(key keys.Key, c Completion) rescue.Line {
	return rescue.Line{
		Checkpoint: s.absPath(), Endpoint: s.endpoint, Key: hex.EncodeToString(key[:]), Answer: c.Answer, Label: c.Label,
		Attempts: c.Attempts, Cost: c.Cost, Started: c.Started, Finished: c.Finished, Unfit: c.Unfit,
	}
}

// completion returns the answer of a line of a rescue file.
func completion(l rescue.Line) Completion {
	return Completion{Answer: l.Answer, Label: l.Label, Attempts: l.Attempts, Cost: l.Cost, Started: l.Started, Finished: l.Finished, Unfit: l.Unfit}
}

// RescueWaiting writes all answers that wait to be saved to the rescue file, with
// one sync. Call it before the process exits without waiting for End.
func (s *Store) RescueWaiting() {
	if r := s.begun.Load(); r != nil {
		r.rescue.PutWaiting()
	}
}

// saveRescued tries again to save the answers that are in the file.
func (r *run) saveRescued() error {
	return r.unsaved(r.rescue.SaveAgain(func(id int64, line rescue.Line) error {
		return r.save("save an answer", id, nil, func(s *Store) error { return s.complete(id, completion(line)) })
	}, failsAlone))
}

// unsaved returns the error for the answers that are not in the checkpoint, if err is
// why they could not be saved.
func (r *run) unsaved(err error) error {
	if err == nil {
		return nil
	}
	file, answers, printed := r.rescue.Unsaved()
	return &UnsavedError{File: file, Answers: answers, Printed: printed, Err: err}
}

// rescueAll writes the answers of a checkpoint that is gone to the file, if the open
// database still returns them.
func (r *run) rescueAll(gone error) error {
	s, n := r.s, 0
	kept := r.rescue.Kept()
	answers := func(yield func(rescue.Line, error) bool) {
		n = 0
		for line, err := range s.savedAnswers() {
			if n++; !yield(line, err) {
				return
			}
		}
		for id, line := range kept {
			if s.db.QueryRow("SELECT request FROM answers WHERE request = ?", id).Scan(&id) == nil {
				continue // it was among them
			}
			if n++; !yield(line, nil) {
				return
			}
		}
	}
	file, err := r.rescue.Move(answers)
	e := &UnsavedError{File: file, Answers: n, Err: errors.Join(gone, err)}
	if file == "" {
		e.Printed = n
	}
	s.emptied = err == nil
	return e
}

// savedAnswers yields every answer that the database holds.
func (s *Store) savedAnswers() iter.Seq2[rescue.Line, error] {
	return func(yield func(rescue.Line, error) bool) {
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var key []byte
			var c Completion
			err := rows.Scan(&key, &c.Answer, &c.Label, &c.Attempts, &c.Cost, millis.Into(&c.Started), millis.Into(&c.Finished))
			if err == nil && len(key) != len(keys.Key{}) {
				return true, nil // nobody could take it in
			}
			return err == nil && yield(s.rescued(keys.Key(key), c), nil), err
		}, `SELECT q.key, a.answer, q.reason, q.attempts, q.cost, q.started, q.finished FROM requests q JOIN answers a ON a.request = q.id
			UNION ALL SELECT q.key, e.answer, e.label, q.attempts, e.cost, e.started, e.finished FROM requests q JOIN earlier e ON e.request = q.id
			WHERE e.waits <> ''`)
		if err != nil {
			yield(rescue.Line{}, err)
		}
	}
}
