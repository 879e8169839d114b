package checkpoint

import (
	"database/sql"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"sync"

	"bizbatch/internal/disk"
)

// A rescue keeps the answers of a run that could not be saved in its checkpoint.
// They are in one file of mode 0600 with JSON lines, synced, in the checkpoint's
// folder, or else in the home folder, or else in the temporary folder. If no folder
// has room, they are printed.
type rescue struct {
	run     *run
	mu      sync.Mutex
	waiting map[int64]rescued // by request: arrived, and neither saved yet nor in the file
	answers map[int64]rescued // in the file, and not saved yet
	printed map[int64]bool    // those of them that no file took
	file    *os.File          // nil: none yet
	synced  bool              // the file could be synced
}

// wait records an answer that is about to be saved.
func (q *rescue) wait(id int64, line rescued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting == nil {
		q.waiting, q.answers, q.printed = map[int64]rescued{}, map[int64]rescued{}, map[int64]bool{}
	}
	q.waiting[id] = line
}

// put writes an answer to the file, unless it is there already.
func (q *rescue) put(id int64, line rescued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, id)
	if _, there := q.answers[id]; there {
		return
	}
	q.answers[id] = line
	if q.file == nil || !q.append(line) {
		q.rewrite(map[int64]rescued{id: line})
	}
}

// rewrite writes all answers to a new file, or prints those that the file lacks.
func (q *rescue) rewrite(missing map[int64]rescued) {
	if q.move(each(maps.Values(q.answers))) == nil {
		return
	}
	_ = writeRescued(q.run.s.last, each(maps.Values(missing))) // there is nothing else
	for id := range missing {
		q.printed[id] = true
	}
}

// RescueWaiting writes all answers that wait to be saved to the rescue file, with
// one sync. Call it before the process exits without waiting for End.
func (s *Store) RescueWaiting() {
	r := s.begun.Load()
	if r == nil {
		return
	}
	q := &r.rescue
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return
	}
	waiting := q.waiting
	q.waiting = map[int64]rescued{}
	maps.Copy(q.answers, waiting)
	q.rewrite(waiting)
}

// append adds a line to the file and reports whether it was added, and synced if the
// lines before it were. It removes a line that was written only in part.
func (q *rescue) append(line rescued) bool {
	end, err := q.file.Seek(0, io.SeekEnd)
	if err != nil {
		return false
	}
	if err := writeRescued(q.file, one(line)); err != nil {
		_ = q.file.Truncate(end) // who reads it passes over a torn line
		return false
	}
	return q.file.Sync() == nil || !q.synced
}

// move writes answers to a new file, in the first folder that has room, and then
// removes the previous file. A complete file that cannot be synced anywhere is kept
// too.
func (q *rescue) move(answers iter.Seq2[rescued, error]) error {
	var errs []error
	var best *os.File
	for _, dir := range q.run.s.rescueDirs() {
		f, synced, err := q.run.s.rescueTo(dir, answers)
		errs = append(errs, err)
		if err != nil || !synced && best != nil {
			removeOpen(f)
			continue
		}
		removeOpen(best)
		if best, q.synced = f, synced; synced {
			break
		}
	}
	if best == nil {
		return errors.Join(errs...)
	}
	removeOpen(q.file)
	q.file = best
	clear(q.printed)
	return nil
}

// rescueTo writes a new file in a folder, and leaves it open.
func (s *Store) rescueTo(dir string, answers iter.Seq2[rescued, error]) (f *os.File, synced bool, err error) {
	if f, err = os.CreateTemp(dir, s.rescuePattern()); err != nil {
		return nil, false, err
	}
	err = errors.Join(f.Chmod(0o600), writeRescued(f, answers)) // whatever the umask
	return f, errors.Join(f.Sync(), disk.SyncFolder(dir)) == nil, err
}

// removeOpen closes and removes a file; nil is no file.
func removeOpen(f *os.File) {
	if f != nil {
		_, _ = f.Close(), os.Remove(f.Name()) // the next import takes in what is left, and finds nothing new
	}
}

// drop forgets an answer that was saved in the checkpoint.
func (q *rescue) drop(id int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, id)
	if _, there := q.answers[id]; !there {
		return
	}
	delete(q.answers, id)
	delete(q.printed, id)
	if len(q.answers) == 0 {
		removeOpen(q.file)
		q.file = nil
	}
}

// unsaved returns the error for the answers that are not in the checkpoint.
func (q *rescue) unsaved(err error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := &UnsavedError{Answers: len(q.answers), Printed: len(q.printed), Err: err}
	if q.file != nil {
		e.File = q.file.Name()
	}
	return e
}

// end tries again to save the answers. The file keeps those that cannot be saved.
func (q *rescue) end() error {
	q.mu.Lock()
	left := maps.Clone(q.answers)
	q.mu.Unlock()
	var failed error
	for id, line := range left {
		err := q.run.save("save an answer", nil, func() error { return q.run.s.complete(id, line.completion()) })
		if err == nil {
			q.drop(id)
			continue
		}
		if failed = err; !failsAlone(err) {
			break
		}
	}
	if failed == nil {
		return nil
	}
	return q.unsaved(failed)
}

// close closes the file. Its lines are synced already.
func (q *rescue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.file != nil {
		_ = q.file.Close()
	}
}

// all writes the answers of a checkpoint that is gone to the file, if the open
// database still returns them.
func (q *rescue) all(gone error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	s, n := q.run.s, 0
	answers := func(yield func(rescued, error) bool) {
		n = 0
		for line, err := range s.savedAnswers() {
			if n++; !yield(line, err) {
				return
			}
		}
		for id, line := range q.answers {
			if s.db.QueryRow("SELECT request FROM answers WHERE request = ?", id).Scan(&id) == nil {
				continue // it was among them
			}
			if n++; !yield(line, nil) {
				return
			}
		}
	}
	err := q.move(answers)
	e := &UnsavedError{Answers: n, Err: gone}
	if err == nil {
		e.File = q.file.Name()
	} else {
		err = writeRescued(s.last, answers)
		e.Printed = n
	}
	s.emptied = err == nil
	e.Err = errors.Join(gone, err)
	return e
}

// savedAnswers yields every answer that the database holds.
func (s *Store) savedAnswers() iter.Seq2[rescued, error] {
	return func(yield func(rescued, error) bool) {
		err := s.query(func(rows *sql.Rows) (bool, error) {
			var key []byte
			var c Completion
			var started, finished int64
			err := rows.Scan(&key, &c.Answer, &c.Label, &c.Attempts, &c.Cost, &started, &finished)
			c.Started, c.Finished = fromMillis(started), fromMillis(finished)
			if err == nil && len(key) != len(requestKey{}) {
				return true, nil // nobody could take it in
			}
			return err == nil && yield(s.rescued(requestKey(key), c), nil), err
		}, `SELECT q.key, a.answer, q.reason, q.attempts, q.cost, q.started, q.finished FROM requests q JOIN answers a ON a.request = q.id
			UNION ALL SELECT q.key, e.answer, e.label, q.attempts, e.cost, e.started, e.finished FROM requests q JOIN earlier e ON e.request = q.id
			WHERE e.waits <> ''`)
		if err != nil {
			yield(rescued{}, err)
		}
	}
}
