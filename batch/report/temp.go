package report

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
)

// createTemp makes a file with a random name between prefix and suffix, after
// it has removed those that killed processes left. A file that is in use is
// locked: the system ends a lock with its process, however that dies.
func createTemp(folder, prefix, suffix string) (*os.File, io.Closer, error) {
	if runtime.GOOS == "windows" { // a locked file cannot be written to there
		f, err := createPrivate(folder, prefix+"*"+suffix)
		return f, io.NopCloser(nil), err
	}
	removeLeft(folder, prefix, suffix)
	for {
		f, err := createPrivate(folder, prefix+"*"+suffix)
		if err != nil {
			return nil, nil, err
		}
		lock := flock.New(f.Name(), flock.SetFlag(os.O_RDONLY))
		held, err := lock.TryLock()
		_, gone := os.Lstat(f.Name())
		if gone == nil && (held || err != nil) { // some network file systems have no locks
			return f, lock, nil
		}
		// Another process took it for one that was left, in the moment before
		// it was locked.
		if err := errors.Join(f.Close(), lock.Close()); err != nil {
			return nil, nil, err
		}
	}
}

// createPrivate is os.CreateTemp with mode 0600 whatever the umask.
func createPrivate(folder, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// removeLeft removes what is there by such a name and is in use by nobody. What
// cannot be removed stays; it does no harm.
func removeLeft(folder, prefix, suffix string) {
	files, _ := os.ReadDir(folder)
	for _, d := range files {
		middle, ok := strings.CutPrefix(d.Name(), prefix)
		middle, ok2 := strings.CutSuffix(middle, suffix)
		if ok && ok2 && d.Type().IsRegular() && strings.Trim(middle, "0123456789") == "" {
			removeUnlocked(filepath.Join(folder, d.Name()))
		}
	}
}

func removeUnlocked(path string) {
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	defer lock.Close()
	if held, err := lock.TryLock(); held && err == nil {
		_ = os.Remove(path)
	}
}
