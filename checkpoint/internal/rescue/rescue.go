// Package rescue keeps answers that could not be saved in their checkpoint, in files.
package rescue

import (
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"sync"

	"bizbatch/internal/disk"
)

// A Rescue keeps the answers of a run that could not be saved in its checkpoint.
// They are in one file of mode 0600 with JSON lines, synced, in the first folder of
// the place that has room. If none has, they are printed. Answers are told apart by
// the numbers of their requests.
type Rescue struct {
	Place   Place
	mu      sync.Mutex
	waiting map[int64]Line // by request: arrived, and neither saved yet nor in the file
	answers map[int64]Line // in the file, and not saved yet
	printed map[int64]bool // those of them that no file took
	file    *os.File       // nil: none yet
	synced  bool           // the file could be synced
}

// Save saves an answer with save, which calls Late where that takes long. If it could
// not be saved, the answer stays in the file.
func (q *Rescue) Save(id int64, line Line, save func() error) error {
	q.Wait(id, line)
	if err := save(); err != nil {
		q.Put(id, line)
		return err
	}
	q.drop(id)
	return nil
}

// Late writes an answer that waits to be saved to the file too.
func (q *Rescue) Late(id int64) {
	q.mu.Lock()
	line, waits := q.waiting[id]
	q.mu.Unlock()
	if waits {
		q.Put(id, line)
	}
}

// SaveAgain tries again to save the answers of the file, which keeps those that cannot
// be saved. It stops at an error that does not concern its own answer alone.
func (q *Rescue) SaveAgain(save func(id int64, line Line) error, failsAlone func(error) bool) (failed error) {
	for id, line := range q.Kept() {
		err := save(id, line)
		if err == nil {
			q.drop(id)
			continue
		}
		if failed = err; !failsAlone(err) {
			break
		}
	}
	return failed
}

// Wait records an answer that is about to be saved.
func (q *Rescue) Wait(id int64, line Line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting == nil {
		q.waiting, q.answers, q.printed = map[int64]Line{}, map[int64]Line{}, map[int64]bool{}
	}
	q.waiting[id] = line
}

// Put writes an answer to the file, unless it is there already.
func (q *Rescue) Put(id int64, line Line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, id)
	if _, there := q.answers[id]; there {
		return
	}
	q.answers[id] = line
	if q.file == nil || !q.append(line) {
		q.rewrite(map[int64]Line{id: line})
	}
}

// rewrite writes all answers to a new file, or prints those that the file lacks.
func (q *Rescue) rewrite(missing map[int64]Line) {
	if q.move(each(maps.Values(q.answers))) == nil {
		return
	}
	_ = Write(q.Place.LastResort, each(maps.Values(missing))) // there is nothing else
	for id := range missing {
		q.printed[id] = true
	}
}

// PutWaiting writes all answers that wait to be saved to the file, with one sync.
func (q *Rescue) PutWaiting() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return
	}
	waiting := q.waiting
	q.waiting = map[int64]Line{}
	maps.Copy(q.answers, waiting)
	q.rewrite(waiting)
}

// append adds a line to the file and reports whether it was added, and synced if the
// lines before it were. It removes a line that was written only in part.
func (q *Rescue) append(line Line) bool {
	end, err := q.file.Seek(0, io.SeekEnd)
	if err != nil {
		return false
	}
	if err := Write(q.file, one(line)); err != nil {
		_ = q.file.Truncate(end) // who reads it passes over a torn line
		return false
	}
	return q.file.Sync() == nil || !q.synced
}

// Move writes answers to a new file, in the first folder that has room, in the place
// of all that was kept, and prints them where none has.
func (q *Rescue) Move(answers iter.Seq2[Line, error]) (file string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.move(answers); err != nil {
		return "", Write(q.Place.LastResort, answers)
	}
	return q.file.Name(), nil
}

// move writes answers to a new file, in the first folder that has room, and then
// removes the previous file. A complete file that cannot be synced anywhere is kept
// too.
func (q *Rescue) move(answers iter.Seq2[Line, error]) error {
	var errs []error
	var best *os.File
	for _, dir := range q.Place.folders() {
		f, synced, err := q.Place.create(dir, answers)
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

// create writes a new file in a folder, and leaves it open.
func (p Place) create(dir string, answers iter.Seq2[Line, error]) (f *os.File, synced bool, err error) {
	if f, err = os.CreateTemp(dir, p.pattern()); err != nil {
		return nil, false, err
	}
	err = errors.Join(f.Chmod(0o600), Write(f, answers)) // whatever the umask
	return f, errors.Join(f.Sync(), disk.SyncFolder(dir)) == nil, err
}

// removeOpen closes and removes a file; nil is no file.
func removeOpen(f *os.File) {
	if f != nil {
		_, _ = f.Close(), os.Remove(f.Name()) // the next import takes in what is left, and finds nothing new
	}
}

// drop forgets an answer that was saved in the checkpoint.
func (q *Rescue) drop(id int64) {
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

// Kept returns the answers that are not saved in the checkpoint, but in the file or
// printed.
func (q *Rescue) Kept() map[int64]Line {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.answers)
}

// Unsaved returns the path of the file, empty if there is none, how many answers are
// not saved in the checkpoint, and how many of them were printed.
func (q *Rescue) Unsaved() (file string, answers, printed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.file != nil {
		file = q.file.Name()
	}
	return file, len(q.answers), len(q.printed)
}

// Close closes the file. Its lines are synced already.
func (q *Rescue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.file != nil {
		_ = q.file.Close()
	}
}
