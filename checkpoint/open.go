package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bizbatch/checkpoint/internal/saves"
)

// Options are the options of [Open]. The zero value is ready to use.
type Options struct {
	// Endpoint names the service that answers. A checkpoint remembers the first
	// endpoint, and once it holds an answer, or a request that may have been charged,
	// Open refuses any other. If it is empty, it is not checked.
	Endpoint string
	// LastResort receives the answers that neither the checkpoint nor a rescue file
	// could store, as lines of JSON. Default: standard error.
	LastResort io.Writer
	// NoSync does not sync writes, so that a power cut can lose answers. It is meant
	// for benchmarks.
	NoSync bool
}

// Open opens the checkpoint at path for a run. It creates the file with mode 0600 if
// it does not exist, and upgrades an older format. It returns ErrInUse while another
// run uses the checkpoint, ErrNotCheckpoint, ErrLost, ErrNewer, or an
// [*EndpointError]. If Open created the file and nothing was imported, Close removes
// it.
func Open(path string, opts Options) (_ *Store, err error) {
	path = resolve(path)
	l, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: l, last: opts.LastResort, saved: -1}
	if s.last == nil {
		s.last = os.Stderr
	}
	defer func() {
		if err != nil {
			_ = s.abandon()
		}
	}()
	switch _, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.create(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	if err := l.takeDatabase(path); err != nil {
		return nil, err
	}
	if err := s.connect(dsn(path, "rw", durable(opts)...)); err != nil {
		return nil, err
	}
	if err := s.checkWhole(l.saved, l.found); err != nil {
		return nil, err
	}
	if err := s.upgrade(); err != nil {
		return nil, err
	}
	if err := s.checkEndpoint(opts.Endpoint); err != nil {
		return nil, err
	}
	return s, s.startWriter()
}

// abandon closes a store that could not be opened. It leaves everything that a
// killed run left, including its notes in the lock file.
func (s *Store) abandon() error {
	l := s.lock
	s.lock = nil
	close := l.keep
	if l.saved == 0 {
		close = l.release
	}
	return errors.Join(s.Close(), close())
}

// resolve follows symbolic links, so that all names of a checkpoint have the same
// lock.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// dsn returns the URI of a database file, with its path escaped.
func dsn(path, mode string, pragmas ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	if !slices.ContainsFunc(pragmas, func(p string) bool { return strings.HasPrefix(p, "busy_timeout") }) {
		pragmas = append(pragmas, waiting(idleLockWait))
	}
	q := url.Values{"mode": {mode}, "_pragma": append([]string{"cache_size(-8000)", "journal_size_limit(67108864)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: path}).String() + "?" + q.Encode()
}

// waiting returns the pragma for the time that a connection waits for another
// program's lock.
func waiting(d time.Duration) string { return fmt.Sprintf("busy_timeout(%d)", d.Milliseconds()) }

// durable returns the pragmas of a connection that writes. EXTRA is FULL and,
// without WAL, makes the end of a transaction survive a power cut. On a Mac,
// fullfsync is required.
func durable(opts Options) []string {
	if opts.NoSync {
		return []string{"synchronous(OFF)"}
	}
	return []string{"synchronous(EXTRA)", "fullfsync(1)"}
}

// connect opens the database and checks that it is a checkpoint.
func (s *Store) connect(dsn string) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	s.file, s.dsn = info, dsn
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: it is not a file", s.path, ErrNotCheckpoint)
	}
	_, err = os.Stat(s.path + "-wal")
	s.noLog = err != nil
	// SQLite would take an empty file for a new database.
	if info.Size() == 0 {
		return fmt.Errorf("%s: %w: the file is empty", s.path, ErrNotCheckpoint)
	}
	if s.db != nil {
		_ = s.db.Close()
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	s.db = db
	var id, v, page int64
	err = db.QueryRow("SELECT * FROM pragma_application_id, pragma_user_version, pragma_page_size").Scan(&id, &v, &page)
	switch {
	case err != nil:
		return s.openError(err)
	case id != applicationID:
		return fmt.Errorf("%s: %w: it is some other SQLite database", s.path, ErrNotCheckpoint)
	case v > int64(len(migrations)):
		return fmt.Errorf("%s: %w (format %d, this one knows up to %d)", s.path, ErrNewer, v, len(migrations))
	case v < 1:
		return fmt.Errorf("%s: %w: format %d is not known", s.path, ErrNotCheckpoint, v)
	case s.noLog && info.Size()%page != 0: // SQLite would read zeros there
		return fmt.Errorf("%s: %w: the file is cut short", s.path, ErrNotCheckpoint)
	}
	s.format = int(v)
	return nil
}

// openError returns ErrNotCheckpoint if the file is not a database, ErrLocked if another
// program has it for itself, and otherwise an error that says why it cannot be opened.
func (s *Store) openError(err error) error {
	if isCode(err, busy) {
		return fmt.Errorf("%s: %w", s.path, ErrLocked)
	}
	if damaged(err) {
		return fmt.Errorf("%s: %w: %w", s.path, ErrNotCheckpoint, err)
	}
	if isCode(err, cantOpen) { // which says not why
		f, cause := os.Open(s.path)
		if cause != nil {
			return cause
		}
		_ = f.Close() // only to find out
	}
	return fmt.Errorf("open %s: %w", s.path, err)
}

// startWriter opens the writing connection and starts the goroutine that groups
// saves.
func (s *Store) startWriter() (err error) {
	if s.writer, err = s.db.Conn(bg); err != nil {
		return s.openError(err)
	}
	if !s.created {
		if err := s.useWAL(); err != nil {
			return err
		}
	}
	if err := s.stmts.prepare(s.writer); err != nil {
		return s.openError(err)
	}
	s.saves = saves.New(s.saveGroup, failsAlone)
	return nil
}

// useWAL switches the checkpoint to a write-ahead log, so that a save is one sync
// and readers never wait. A checkpoint without rows has none, because its first
// import would be written twice.
func (s *Store) useWAL() error {
	if err := s.exec("PRAGMA journal_mode = WAL"); err != nil {
		return s.openError(err)
	}
	return nil
}

// Result codes of SQLite that are told apart.
const (
	busy         = 5
	readOnly     = 8
	corrupt      = 11
	cantOpen     = 14
	tooBig       = 18
	constraint   = 19
	mismatch     = 20
	notADatabase = 26
)

// isCode reports whether SQLite failed with one of the codes.
func isCode(err error, codes ...int) bool {
	var e interface{ Code() int }
	return errors.As(err, &e) && slices.Contains(codes, e.Code()&0xff)
}

// damaged reports whether an error says that a file is not a database or is damaged.
func damaged(err error) bool { return isCode(err, corrupt, notADatabase) }
