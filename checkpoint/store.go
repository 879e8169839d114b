package checkpoint

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bizbatch/checkpoint/internal/saves"
	"bizbatch/internal/disk"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A Store is an open checkpoint. Its methods are safe for concurrent use.
type Store struct {
	path     string
	original string // the checkpoint that this is a copy of, see OpenCopy; empty: it is none
	// endpoint names the service whose answers these are; empty: not known
	endpoint string
	dsn      string      // how the file was opened
	format   int         // as it was when it was opened
	noLog    bool        // there was no log then
	last     io.Writer   // Options.LastResort
	db       *sql.DB     // readers
	lock     *lock       // nil with View
	file     os.FileInfo // the database's, to notice when another takes its place
	created  bool        // made by this Open; Close removes it unless something was imported
	emptied  bool        // all answers of a checkpoint that is gone are rescued: what is left of it can go too
	closed   bool
	begun    atomic.Pointer[run] // the run in progress

	refresh func() ([]Chosen, error) // what the last import chose, for the next run; nil: nothing

	mu     sync.Mutex // guards what follows, between saves and everything else that writes
	writer *sql.Conn  // the one connection that writes; nil with View
	stmts  statements // on writer
	hasty  bool       // the last write waited for a lock in vain: the next waits only shortly
	saved  int64      // answers in the checkpoint; -1: not counted
	fresh  int64      // new ones of the transaction in progress
	logged int64      // in the log, at most
	fewer  bool       // it takes some away

	saves *saves.Queue[*Store] // nil with View
}

// bg is the context of every database call. A save is never abandoned half way, and
// the driver needs no goroutine to watch the context.
var bg = context.Background()

// Path returns the path of the checkpoint, with symbolic links resolved. For a copy
// it is the path of the original.
func (s *Store) Path() string { return cmp.Or(s.original, s.path) }

// Name returns what the questions of the checkpoint are called: its file's name
// without folder and endings.
func (s *Store) Name() string {
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(s.Path()), ".bizbatch"), ".sandbox")
}

// Close closes the checkpoint and releases its lock. Everything saved is on disk
// before. No other method may be called during or after Close. Calling Close again
// has no effect.
func (s *Store) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	s.saves.Close()
	s.stmts.close()
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.created && s.inPlace() == nil {
		errs = append(errs, disk.Remove(s.path, s.path+"-journal"))
	}
	if _, err := os.Lstat(s.path); s.emptied && errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, disk.Remove(s.path+"-wal", s.path+"-shm"))
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	if s.original != "" {
		errs = append(errs, os.RemoveAll(filepath.Dir(s.path)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// Saves returns how many changes Start, Complete, Fail and Release have saved since
// Open, and how many disk syncs that took. Changes that come at the same time share
// a sync.
func (s *Store) Saves() (saves, syncs int64) { return s.saves.Saves() }

// countAnswered returns the number of answers, read on the writing connection if
// there is one.
func (s *Store) countAnswered() (n int64, err error) {
	text := "SELECT count(*) FROM requests WHERE state = 'answered'"
	if s.format > 3 {
		text = "SELECT (" + text + ") + (SELECT count(*) FROM earlier)"
	}
	if s.writer != nil {
		err = s.writer.QueryRowContext(bg, text).Scan(&n)
	} else {
		err = s.db.QueryRow(text).Scan(&n)
	}
	return n, err
}

// exec runs statements on the writing connection, within its transaction.
func (s *Store) exec(text string, args ...any) error {
	_, err := s.writer.ExecContext(bg, text, args...)
	return err
}

// Waits for another program's lock on the database: while answers arrive, after a
// wait in vain (answers wait behind each), and while nothing is at stake. Tests
// make them shorter.
var lockWait, shortLockWait, idleLockWait = time.Minute, time.Second, 5 * time.Second

// write runs fn in a transaction of its own on the writing connection.
func (s *Store) write(fn func() error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.transact(fn)
	if hasty := errors.Is(err, ErrLocked); hasty != s.hasty {
		s.hasty = hasty
		s.setWait()
	}
	if err != nil {
		return err
	}
	return s.inPlace()
}

// setWait sets how long the writing connection waits for a lock.
func (s *Store) setWait() {
	wait := idleLockWait
	switch {
	case s.hasty:
		wait = shortLockWait
	case s.begun.Load() != nil:
		wait = lockWait
	}
	_ = s.exec(fmt.Sprintf("PRAGMA busy_timeout = %d", wait.Milliseconds())) // else it is as it was
}

func (s *Store) transact(fn func() error) (err error) {
	s.fresh, s.fewer = 0, false
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		if isCode(err, busy) {
			err = fmt.Errorf("%w: %w", ErrLocked, err)
		}
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	if err = fn(); err == nil {
		if s.fewer {
			s.lock.note(0) // fewer are no loss then
		}
		if err = s.exec("COMMIT"); err != nil {
			err = fmt.Errorf("write %s: %w", s.path, err)
		}
	}
	if err != nil {
		_ = s.exec("ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	s.noteSaved()
	if s.logged += s.fresh; s.logged >= moveEach {
		s.moveLog()
	}
	return nil
}

// noteSaved records the number of answers in the lock file, if the last transaction
// changed it.
func (s *Store) noteSaved() {
	switch {
	case s.fresh == 0 && !s.fewer:
		return
	case s.saved >= 0 && !s.fewer:
		s.saved += s.fresh
	default:
		n, err := s.countAnswered()
		if s.saved = n; err != nil {
			s.saved = -1
			return
		}
	}
	s.lock.note(s.saved)
}

// inPlace returns ErrGone if the path no longer refers to the open database, so that
// nobody would find what is saved there.
func (s *Store) inPlace() error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, s.file) {
		return fmt.Errorf("%s: %w", s.path, ErrGone)
	}
	return nil // what cannot be told now, a save tells
}
