package checkpoint

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPath is the lock file of a checkpoint. It is a file of its own because
// SQLite's locks on the database last only as long as a transaction.
func lockPath(path string) string { return path + ".lock" }

// A lock that is held is tried again a few times before it counts as in use.
const (
	lockTries = 10
	lockPause = 10 * time.Millisecond
)

// lock takes the lock of a checkpoint, or fails with ErrInUse. The
// system releases it when the process dies, however it dies.
func lock(path string) (*flock.Flock, error) {
	name := lockPath(path)
	for try := 0; ; try++ {
		l := flock.New(name, flock.SetPermissions(0o600))
		held, err := l.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		if !held {
			_ = l.Close()
			if try == lockTries {
				return nil, fmt.Errorf("%s: %w%s", path, ErrInUse, holder(name))
			}
			time.Sleep(lockPause) // it may only be someone looking, as InUse does
			continue
		}
		// The run that held it before may have removed the file between our
		// opening and locking it: then we hold a file that nobody else sees.
		mine, err1 := l.Stat()
		there, err2 := os.Stat(name)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			_ = os.WriteFile(name, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600) // for people; the lock is what counts
			return l, nil
		}
		_ = l.Close()
	}
}

// unlock removes the lock file while the lock is still held, then releases it.
// Where an open file cannot be removed (Windows) it is removed afterwards, if
// nobody else has it by then.
func unlock(l *flock.Flock) error {
	gone := os.Remove(l.Path()) == nil
	err := l.Unlock()
	if !gone {
		_ = os.Remove(l.Path())
	}
	return err
}

// holder names the process that the lock file names, where it can be read.
func holder(name string) string {
	pid, err := os.ReadFile(name)
	if err != nil || len(strings.TrimSpace(string(pid))) == 0 {
		return ""
	}
	return fmt.Sprintf(" (process %s)", strings.TrimSpace(string(pid)))
}

// InUse reports whether a run holds the checkpoint at path.
func InUse(path string) bool {
	if _, err := os.Stat(lockPath(path)); err != nil {
		return false
	}
	l := flock.New(lockPath(path), flock.SetPermissions(0o600), flock.SetFlag(os.O_RDONLY))
	held, err := l.TryRLock()
	if err != nil {
		return false
	}
	if held {
		_ = l.Unlock()
	}
	return !held
}
