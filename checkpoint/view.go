package checkpoint

import (
	"fmt"
	"os"
	"strings"
)

// View opens the checkpoint at path for reading, even during a run. It upgrades an
// older format first, as [Open] does. The error wraps fs.ErrNotExist if there is no
// checkpoint, and ErrOlder if it cannot be upgraded now.
func View(path string) (_ *Store, err error) {
	s := &Store{path: resolve(path)}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	err = s.openReader()
	if err == nil && s.format < len(migrations) {
		if err = upgradeAt(s.path, s.format); err == nil {
			err = s.openReader()
		}
	}
	if err == nil {
		s.endpoint, err = s.meta("endpoint")
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Peek opens a checkpoint for reading without upgrading its format, and without
// waiting long if it is locked. Only the methods Endpoint, Output, Current and Close
// may be called. Use it for checkpoints that belong to other runs.
func Peek(path string) (_ *Store, err error) {
	s := &Store{path: resolve(path)}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	if err := s.openReader(waiting(shortLockWait)); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// openReader connects for reading. After a crash, SQLite may write nevertheless, to
// recover its log.
func (s *Store) openReader(pragmas ...string) error {
	_, noLock := os.Lstat(lockPath(s.path))
	saved := notedSaved(s.path) // first: a run may go on
	err := s.connect(dsn(s.path, "rw", append(pragmas, "query_only(1)")...))
	if isCode(err, readOnly, cantOpen) {
		err = s.connect(s.readOnlyDSN(pragmas...))
	}
	if err != nil {
		return err
	}
	return s.checkWhole(saved, noLock == nil)
}

// attachable returns the DSN by which another connection attaches the file for
// reading, without taking part in its write locks.
func (s *Store) attachable() string {
	if strings.Contains(s.dsn, "immutable") {
		return s.dsn
	}
	return dsn(s.path, "ro")
}

// upgradeAt upgrades a checkpoint of an older format.
func upgradeAt(path string, format int) error {
	s, err := Open(path, Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		return fmt.Errorf("%s: %w (format %d, this one has %d), and cannot be brought up to date now: %w", path, ErrOlder, format, len(migrations), err)
	}
	return nil
}

// readOnlyDSN returns the DSN of a checkpoint in a read-only folder. SQLite cannot
// create its shared files there, and reads a database without them only if it is
// told that nobody writes.
func (s *Store) readOnlyDSN(pragmas ...string) string {
	if _, err := os.Stat(s.path + "-wal"); err == nil {
		return dsn(s.path, "ro", pragmas...)
	}
	return dsn(s.path, "ro", pragmas...) + "&immutable=1"
}
