package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A Store is an open checkpoint. Its methods may be called from many
// goroutines.
type Store struct {
	path    string
	db      *sql.DB       // readers
	writer  *sql.Conn     // the one connection that writes; nil with View
	mu      sync.Mutex    // guards writer between saves and everything else that writes
	stmts   statements    // on writer
	saves   chan save     // to the goroutine that groups saves into commits
	done    chan struct{} // closed when that goroutine is gone
	lock    *flock.Flock  // nil with View
	created bool          // made by this Open; Close removes it unless something was imported
	run     int64         // the run in progress; 0 before BeginRun
}

// Options for Open. The zero value is ready to use.
type Options struct {
	// Endpoint names the service that answers. A checkpoint remembers the
	// first one it was opened for, and refuses any other. Empty: not checked.
	Endpoint string
	// NoSync leaves syncing to the system. A power cut can then lose answers;
	// only for benchmarks that measure what syncing costs.
	NoSync bool
}

// Open opens the checkpoint at path for a run, and makes it where there is
// none, with mode 0600. It fails with ErrInUse while another run holds it,
// ErrNotCheckpoint, ErrNewer, or an *EndpointError. Without a successful
// Import, Close removes a checkpoint that Open made.
func Open(path string, opts Options) (_ *Store, err error) {
	// With links resolved, every name of a checkpoint has the same lock.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	l, err := lock(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: l}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	switch _, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, err
		}
		s.created = true
	case err != nil:
		return nil, err
	}
	if err := s.connect("rw", opts); err != nil {
		return nil, err
	}
	if err := s.checkEndpoint(opts.Endpoint); err != nil {
		return nil, err
	}
	return s, s.startWriter()
}

// View opens the checkpoint at path for reading, also while a run is on. The
// error wraps fs.ErrNotExist where there is none.
func View(path string) (_ *Store, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s := &Store{path: path}
	if err := s.connect("ro", Options{}); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// create makes an empty checkpoint under another name and then renames it, so
// that a file under its own name is always whole, wherever the process dies.
func create(path string) (err error) {
	tmp := path + ".new"
	if err := remove(tmp, tmp+"-wal", tmp+"-shm", tmp+"-journal"); err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp)
		}
	}()
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(tmp, "rw", "journal_mode(DELETE)", "synchronous(FULL)"))
	if err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	_, err = db.Exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN; %s COMMIT;", applicationID, version, schema))
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// dsn names a database file as a URI, so that no character of its path can
// pass for a parameter.
func dsn(path, mode string, pragmas ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	q := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: path, OmitHost: false}).String() + "?" + q.Encode()
}

func (s *Store) connect(mode string, opts Options) error {
	pragmas := []string{"cache_size(-8000)"}
	if mode == "rw" {
		sync := "synchronous(FULL)"
		if opts.NoSync {
			sync = "synchronous(OFF)"
		}
		pragmas = append(pragmas, "journal_mode(WAL)", sync)
	}
	// SQLite would take an empty file for a new database.
	if info, err := os.Stat(s.path); err == nil && info.Size() == 0 {
		return fmt.Errorf("%s: %w: the file is empty", s.path, ErrNotCheckpoint)
	}
	db, err := sql.Open("sqlite", dsn(s.path, mode, pragmas...))
	if err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	s.db = db
	var id, v int
	err = db.QueryRow("PRAGMA application_id").Scan(&id)
	if err == nil {
		err = db.QueryRow("PRAGMA user_version").Scan(&v)
	}
	switch {
	case err != nil:
		return s.openError(err)
	case id != applicationID:
		return fmt.Errorf("%s: %w: it is some other SQLite database", s.path, ErrNotCheckpoint)
	case v > version:
		return fmt.Errorf("%s: %w (format %d, this one knows up to %d)", s.path, ErrNewer, v, version)
	}
	return nil
}

// openError tells a file that is no database from one that cannot be opened.
func (s *Store) openError(err error) error {
	if damaged(err) {
		return fmt.Errorf("%s: %w: %w", s.path, ErrNotCheckpoint, err)
	}
	return fmt.Errorf("open %s: %w", s.path, err)
}

func (s *Store) checkEndpoint(want string) error {
	if want == "" {
		return nil
	}
	have, err := s.meta("endpoint")
	if err != nil {
		return s.openError(err)
	}
	if have != "" && have != want {
		return &EndpointError{Path: s.path, Have: have, Want: want}
	}
	if have == "" {
		_, err = s.db.Exec("INSERT OR REPLACE INTO meta VALUES ('endpoint', ?)", want)
	}
	if err != nil {
		return s.openError(err)
	}
	return nil
}

// meta returns a value of the table meta, or "".
func (s *Store) meta(name string) (value string, err error) {
	err = s.db.QueryRow("SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// startWriter takes the one connection that writes, and starts the goroutine
// that groups saves.
func (s *Store) startWriter() (err error) {
	if s.writer, err = s.db.Conn(bg); err != nil {
		return s.openError(err)
	}
	if err := s.stmts.prepare(s.writer); err != nil {
		return s.openError(err)
	}
	s.saves, s.done = make(chan save), make(chan struct{})
	go s.groupSaves()
	return nil
}

// bg is the context of every database call: nothing that is saved is ever
// abandoned half way, and the driver needs no goroutine to watch it.
var bg = context.Background()

// Path is the name of the checkpoint's file, with symbolic links resolved.
func (s *Store) Path() string { return s.path }

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
		_, err := s.writer.ExecContext(bg, "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err, s.writer.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.created {
		errs = append(errs, remove(s.path, s.path+"-wal", s.path+"-shm"))
	}
	if s.lock != nil {
		errs = append(errs, unlock(s.lock))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// BeginRun notes the start of a run in the checkpoint's history.
func (s *Store) BeginRun(start time.Time) error {
	return s.write(func() error {
		r, err := s.writer.ExecContext(bg, "INSERT INTO runs (started) VALUES (?)", millis(start))
		if err == nil {
			s.run, err = r.LastInsertId()
		}
		return err
	})
}

// EndRun notes how the run ended, with a summary in JSON.
func (s *Store) EndRun(end time.Time, outcome string, summary []byte) error {
	return s.write(func() error {
		_, err := s.writer.ExecContext(bg, "UPDATE runs SET ended = ?, outcome = ?, summary = ? WHERE id = ?",
			millis(end), outcome, string(summary), s.run)
		return err
	})
}

// AddOutput remembers a file that answers were written to, by its absolute
// path: the next run may replace it.
func (s *Store) AddOutput(path string, now time.Time) error {
	return s.write(func() error {
		_, err := s.writer.ExecContext(bg, "INSERT OR REPLACE INTO outputs VALUES (?, ?)", path, millis(now))
		return err
	})
}

// HasOutput reports whether AddOutput was called for path.
func (s *Store) HasOutput(path string) (has bool, err error) {
	err = s.db.QueryRow("SELECT EXISTS (SELECT 1 FROM outputs WHERE path = ?)", path).Scan(&has)
	return has, err
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
	err := fn()
	if err == nil {
		if _, err = s.writer.ExecContext(bg, "COMMIT"); err != nil {
			err = fmt.Errorf("write %s: %w", s.path, err)
		}
	}
	if err != nil {
		_, _ = s.writer.ExecContext(bg, "ROLLBACK") // SQLite may have rolled back by itself
	}
	return err
}

// damaged reports an error by which SQLite says that a file is no database, or
// a broken one.
func damaged(err error) bool {
	var e interface{ Code() int }
	if !errors.As(err, &e) {
		return false
	}
	const corrupt, notADatabase = 11, 26 // SQLITE_CORRUPT, SQLITE_NOTADB
	return e.Code()&0xff == corrupt || e.Code()&0xff == notADatabase
}

// remove removes files that may not be there.
func remove(paths ...string) error {
	var errs []error
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// syncDir makes a rename in dir last through a power cut. Windows has no such
// call, and renames there are written through.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
