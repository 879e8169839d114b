package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bizbatch/internal/disk"
)

// Files returns the paths of all files that may belong to the checkpoint at path
// while it is created or used.
func Files(path string) []string {
	return []string{path, path + "-wal", path + "-shm", path + "-journal", path + newSuffix, lockPath(path)}
}

// newSuffix is that of a checkpoint's name until it is whole.
const newSuffix = ".new"

// create makes an empty checkpoint under another name and then renames it, so
// that a file under its own name is always whole, wherever the process dies.
func (s *Store) create() (err error) {
	path := s.path
	if err := checkNoLog(path); err != nil {
		return err
	}
	tmp := path + newSuffix
	// A journal that a first import left holds no answers, and must not be taken
	// for the new file's.
	if err := disk.Remove(tmp, tmp+"-wal", tmp+"-shm", tmp+"-journal", path+"-journal"); err != nil {
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
	db, err := sql.Open("sqlite", dsn(tmp, "rw", durable(Options{})...))
	if err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	_, err = db.Exec(fmt.Sprintf("PRAGMA page_size = 8192; PRAGMA application_id = %d; %s", applicationID, migrate(0)))
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	s.created = true
	return disk.SyncFolder(filepath.Dir(path))
}

// migrate returns the SQL that brings a checkpoint of a format to today's, all or
// nothing.
func migrate(format int) string {
	return fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", strings.Join(migrations[format:], ""), len(migrations))
}

// upgrade brings a checkpoint of an older format to today's. Before its release,
// format 1 had no checksums: those files are refused.
func (s *Store) upgrade() error {
	if s.format == len(migrations) {
		return nil
	}
	if _, err := s.db.Exec("SELECT crc FROM answers LIMIT 0"); err != nil {
		return fmt.Errorf("%s: %w: format %d as it was before its release (%w)", s.path, ErrNotCheckpoint, s.format, err)
	}
	conn, err := s.db.Conn(bg)
	if err != nil {
		return s.openError(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(bg, migrate(s.format)); err != nil {
		_, _ = conn.ExecContext(bg, "ROLLBACK")
		return fmt.Errorf("bring %s from format %d to %d: %w", s.path, s.format, len(migrations), err)
	}
	s.format = len(migrations)
	return nil
}
