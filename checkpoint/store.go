package checkpoint

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A Store is an open checkpoint. Its methods may be called from many
// goroutines.
type Store struct {
	path     string
	original string // the checkpoint that this is a copy of, see OpenCopy; empty: it is none
	// endpoint names the service whose answers these are; empty: not known
	endpoint string
	dsn      string        // how the file was opened
	db       *sql.DB       // readers
	writer   *sql.Conn     // the one connection that writes; nil with View
	mu       sync.Mutex    // guards writer between saves and everything else that writes
	stmts    statements    // on writer
	saves    chan save     // to the goroutine that groups saves into commits
	done     chan struct{} // closed when that goroutine is gone
	lock     *lock         // nil with View
	file     os.FileInfo   // the database's, to notice when another takes its place
	created  bool          // made by this Open; Close removes it unless something was imported
	run      int64         // the run in progress; 0 before BeginRun
	saved    int64         // answers in the checkpoint, counted from BeginRun on
	fresh    int64         // those of the transaction in progress
	grouped  atomic.Int64  // changes that groupSaves made durable
	commits  atomic.Int64  // the commits it took
	emptied  bool          // by RescueAll: what is left of a checkpoint that is gone can go too
}

// bg is the context of every database call: nothing that is saved is ever
// abandoned half way, and the driver needs no goroutine to watch it.
var bg = context.Background()

// Path is the name of the checkpoint's file, with symbolic links resolved; for a
// copy, that of what it is a copy of.
func (s *Store) Path() string { return cmp.Or(s.original, s.path) }

// Close ends all work on the checkpoint and releases its lock. What was saved
// is on disk before. No other method may be called during or after Close.
func (s *Store) Close() error {
	var errs []error
	if s.saves != nil {
		close(s.saves)
		<-s.done
		s.stmts.close()
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.created {
		errs = append(errs, remove(s.path, s.path+"-journal"))
	}
	if _, err := os.Lstat(s.path); s.emptied && errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, remove(s.path+"-wal", s.path+"-shm"))
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

// Saves is how many changes Start, Complete, Fail and Release have put on disk
// since Open, and how many syncs of the disk that took: those that come at the
// same time share one.
func (s *Store) Saves() (saves, syncs int64) { return s.grouped.Load(), s.commits.Load() }

// BeginRun notes the start of a run in the checkpoint's history.
func (s *Store) BeginRun(start time.Time) error {
	return s.write(func() error {
		r, err := s.writer.ExecContext(bg, "INSERT INTO runs (started) VALUES (?)", millis(start))
		if err == nil {
			s.run, err = r.LastInsertId()
		}
		if err == nil {
			s.saved, err = s.countAnswered()
		}
		return err
	})
}

// countAnswered counts on the writing connection, or before there is one.
func (s *Store) countAnswered() (n int64, err error) {
	const text = "SELECT count(*) FROM requests WHERE state = 'answered'"
	if s.writer != nil {
		err = s.writer.QueryRowContext(bg, text).Scan(&n)
	} else {
		err = s.db.QueryRow(text).Scan(&n)
	}
	return n, err
}

// EndRun notes how the run ended, with a summary in JSON.
func (s *Store) EndRun(end time.Time, outcome string, summary []byte) error {
	return s.write(func() error {
		_, err := s.writer.ExecContext(bg, "UPDATE runs SET ended = ?, outcome = ?, summary = ? WHERE id = ?",
			millis(end), outcome, string(summary), s.run)
		return err
	})
}

// SetNote keeps something small for the caller under a name.
func (s *Store) SetNote(name string, value []byte) error {
	return s.setMeta("note "+name, value)
}

// Note returns what SetNote kept; nil where there is nothing.
func (s *Store) Note(name string) ([]byte, error) { return s.metaOrNil("note " + name) }

// currentPrefix begins the names of what SetCurrent keeps, and currentEnd is
// the first name after them all.
const currentPrefix, currentEnd = "current ", "current!"

// SetCurrent keeps something small under a name for as long as the rows and
// what became of them stay as they are now: the change that ends this removes
// it, in one transaction. Whoever writes to the tables without a Store has to
// do so, too.
func (s *Store) SetCurrent(name string, value []byte) error {
	return s.setMeta(currentPrefix+name, value)
}

// Current returns what SetCurrent kept; nil where there is nothing, or nothing
// any more.
func (s *Store) Current(name string) ([]byte, error) { return s.metaOrNil(currentPrefix + name) }

// outdate removes what SetCurrent kept. It is part of every transaction that
// changes rows, states or answers.
func (s *Store) outdate() error {
	_, err := s.stmts.outdate.ExecContext(bg, currentPrefix, currentEnd)
	return err
}

// AddOutput remembers a file that answers were written to: the next run may
// replace it. It works with View too, also beside a run.
func (s *Store) AddOutput(path string, now time.Time) error {
	const text = "INSERT OR REPLACE INTO outputs VALUES (?, ?)"
	if s.writer != nil {
		return s.write(func() error { return s.exec(text, path, millis(now)) })
	}
	db, err := sql.Open("sqlite", dsn(s.path, "rw", durable(Options{})...))
	if err == nil {
		_, err = db.Exec(text, path, millis(now))
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	return nil
}

// HasOutput reports whether AddOutput was called with path.
func (s *Store) HasOutput(path string) (has bool, err error) {
	err = s.db.QueryRow("SELECT EXISTS (SELECT 1 FROM outputs WHERE path = ?)", path).Scan(&has)
	if err != nil {
		err = fmt.Errorf("read %s: %w", s.path, err)
	}
	return has, err
}

// exec runs statements on the writing connection, within its transaction.
func (s *Store) exec(text string, args ...any) error {
	_, err := s.writer.ExecContext(bg, text, args...)
	return err
}

// meta returns a value of the table meta, or "".
func (s *Store) meta(name string) (value string, err error) {
	err = s.db.QueryRow("SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = nil
	case err != nil:
		err = fmt.Errorf("read %s: %w", s.path, err)
	}
	return value, err
}

// metaOrNil returns a value of the table meta; nil where there is none.
func (s *Store) metaOrNil(name string) ([]byte, error) {
	v, err := s.meta(name)
	if err != nil || v == "" {
		return nil, err
	}
	return []byte(v), nil
}

// setMeta puts a value into the table meta, in a transaction of its own.
func (s *Store) setMeta(name string, value []byte) error {
	return s.write(func() error {
		return s.exec("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, string(value))
	})
}

// metaTx is meta as the transaction in progress sees it.
func (s *Store) metaTx(name string) (value string, err error) {
	err = s.writer.QueryRowContext(bg, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// write runs fn in a transaction of its own on the writing connection.
func (s *Store) write(fn func() error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.writer.ExecContext(bg, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	s.fresh = 0
	err := fn()
	if err == nil {
		if _, err = s.writer.ExecContext(bg, "COMMIT"); err != nil {
			err = fmt.Errorf("write %s: %w", s.path, err)
		}
	}
	if err != nil {
		_, _ = s.writer.ExecContext(bg, "ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	if s.fresh > 0 {
		s.saved += s.fresh
		s.lock.note(s.saved)
	}
	return s.InPlace()
}

// InPlace fails with ErrGone when the database is not what its name stands for
// any more: what is saved into it nobody would find.
func (s *Store) InPlace() error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, s.file) {
		return fmt.Errorf("%s: %w", s.path, ErrGone)
	}
	return nil // what cannot be told now, a save tells
}

// remove removes files that may not be there.
func remove(paths ...string) error {
	var errs []error
	for _, p := range paths {
		if p == "" {
			continue
		}
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
