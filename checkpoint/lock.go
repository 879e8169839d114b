package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lockPath returns the lock file of a checkpoint. It is a file of its own because
// SQLite's locks on the database last only as long as a transaction.
func lockPath(path string) string { return path + ".lock" }

// A lock that is held is tried again a few times before it counts as in use.
const (
	lockTries = 10
	lockPause = 10 * time.Millisecond
)

// A lock keeps a checkpoint to one run. The system releases it when the process
// dies, however it dies. Its file then stays, and tells the next run what this
// one had saved.
type lock struct {
	file  *flock.Flock
	notes *os.File // the same file; nil where the system locks it for us too (Windows)
	// database is a lock on the database itself, for a run that came to it by
	// another name or after somebody removed the lock file; nil where it would
	// keep SQLite out, too. It is closed after SQLite closed the database: that
	// ends SQLite's own locks.
	database *flock.Flock
	saved    int64 // answers, as a run that died noted them; see note
	found    bool  // its file was there
}

// takeLock takes the lock of a checkpoint, or fails with ErrInUse.
func takeLock(path string) (*lock, error) {
	name := lockPath(path)
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("lock %s: it is there and is not a file", name)
	}
	for try := 0; ; try++ {
		l := &lock{file: flock.New(name, flock.SetPermissions(0o600)), found: err == nil}
		held, err := l.file.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		if !held {
			_ = l.file.Close()
			if try == lockTries {
				return nil, inUseError(path, name)
			}
			time.Sleep(lockPause) // it may only be someone looking, as InUse does
			continue
		}
		// The run that held it before may have removed the file between our
		// opening and locking it: then we hold a file that nobody else sees.
		mine, err1 := l.file.Stat()
		there, err2 := os.Stat(name)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			l.openNotes(name)
			return l, nil
		}
		_ = l.file.Close()
	}
}

// openNotes opens the lock file for note, and reads what was noted before.
func (l *lock) openNotes(name string) {
	_ = os.Chmod(name, 0o600) // whatever the umask
	if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
		l.notes = f
		_, l.saved = readLock(f)
	}
}

// takeDatabase locks the database too, or fails with ErrInUse.
func (l *lock) takeDatabase(path string) error {
	if !locksApart(path) {
		return nil
	}
	l.database = flock.New(path, flock.SetFlag(os.O_RDWR))
	held, err := l.database.TryLock()
	if err == nil && !held {
		err = ErrInUse
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	return nil
}

// note writes into the lock file who holds it, and how many answers are in the
// checkpoint. They are on disk before: should the next run find fewer, some
// were lost on the way. The first byte stays as it is: on Windows it is the one
// that is locked, and cannot be written.
func (l *lock) note(saved int64) {
	if l.notes != nil {
		// What cannot be written is not missed: the next run knows less.
		_, _ = l.notes.WriteAt(fmt.Appendf(nil, lockFormat, os.Getpid(), saved), 1)
	}
}

const lockFormat = "process %d\nanswers %d\n"

// readLock reads what note wrote.
func readLock(r io.ReaderAt) (pid int, saved int64) {
	for _, at := range []int64{1, 0} { // format 1 wrote from the first byte on
		b := make([]byte, 64)
		n, _ := r.ReadAt(b, at)
		if _, err := fmt.Sscanf(string(b[:n]), lockFormat, &pid, &saved); err == nil {
			return pid, saved
		}
	}
	return 0, 0
}

// notedSaved returns how many answers the lock file says were saved; 0 without one.
func notedSaved(path string) (saved int64) {
	if info, err := os.Lstat(lockPath(path)); err != nil || !info.Mode().IsRegular() {
		return 0
	}
	if f, err := os.Open(lockPath(path)); err == nil {
		_, saved = readLock(f)
		_ = f.Close() // only read from
	}
	return saved
}

// release ends the lock and removes its file while it is still held. Where an
// open file cannot be removed (Windows) it is removed afterwards, if nobody
// else has it by then.
func (l *lock) release() error {
	gone := os.Remove(l.file.Path()) == nil
	err := l.keep()
	if !gone {
		_ = os.Remove(l.file.Path())
	}
	return err
}

// keep ends the lock and leaves its file, with what a run that died noted.
func (l *lock) keep() error {
	var err error
	if l.database != nil {
		err = l.database.Close()
	}
	if l.notes != nil {
		_ = l.notes.Close() // nothing that is missed
	}
	return errors.Join(err, l.file.Close())
}

// inUseError returns ErrInUse with the process that the lock file names.
func inUseError(path, name string) error {
	holder := ""
	if f, err := os.Open(name); err == nil {
		if pid, _ := readLock(f); pid != 0 {
			holder = fmt.Sprintf(" (process %d)", pid)
		}
		_ = f.Close() // only read from
	}
	return fmt.Errorf("%s: %w%s", path, ErrInUse, holder)
}

// inUse reports whether a run holds the checkpoint at path.
func inUse(path string) bool {
	if info, err := os.Lstat(lockPath(path)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return false
	}
	l := flock.New(lockPath(path), flock.SetPermissions(0o600), flock.SetFlag(os.O_RDONLY))
	held, err := l.TryRLock()
	if err != nil {
		return false
	}
	if held {
		_ = l.Close()
	}
	return !held
}
