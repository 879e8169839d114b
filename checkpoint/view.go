package checkpoint

import (
	"fmt"
	"os"
	"strings"
)

// View opens the checkpoint at path for reading, also while a run is on. One of
// an older format is brought to today's first, as Open does. The error wraps
// fs.ErrNotExist where there is none, and ErrOlder where that cannot be done now.
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

// Peek opens a checkpoint for reading as it is: without bringing it to today's
// format, and without waiting for long where it is locked. Of the Store's methods,
// only Endpoint, Output and Close may be called. It is for the checkpoints of
// others.
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

// openReader connects for reading. SQLite may write all the same: after a crash,
// it first puts in order what was committed.
func (s *Store) openReader(pragmas ...string) error {
	err := s.connect(dsn(s.path, "rw", append(pragmas, "query_only(1)")...))
	if isCode(err, readOnly, cantOpen) {
		err = s.connect(s.readOnlyDSN(pragmas...))
	}
	return err
}

// attachable is how another connection reads the same file. It takes no part in
// that one's locks for writing.
func (s *Store) attachable() string {
	if strings.Contains(s.dsn, "immutable") {
		return s.dsn
	}
	return dsn(s.path, "ro")
}

// upgradeAt brings a checkpoint of an older format to today's.
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

// readOnlyDSN opens a checkpoint in a folder that cannot be written to. There
// SQLite cannot make the files by which readers and writers share a database,
// and reads one without them only when told that nobody writes.
func (s *Store) readOnlyDSN(pragmas ...string) string {
	if _, err := os.Stat(s.path + "-wal"); err == nil {
		return dsn(s.path, "ro", pragmas...)
	}
	return dsn(s.path, "ro", pragmas...) + "&immutable=1"
}
