package checkpoint

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// What a run saved stands in the log of the checkpoint until SQLite moves it into the
// database. If the run is killed, the log stays. SQLite does not notice if it is damaged then,
// or gone: the answers in it would be paid for again. Two things tell. The lock file says how
// many answers there are. And there is a mark in the database that the log removes: it is seen
// only if the log is missing.

// logMark is the name in the table meta of the place where the log of the checkpoint is. It
// goes wherever the database is moved to.
const logMark = "log"

// moveEach is how many answers there may be in the log. Without moveLog, SQLite would move
// them when there are some 300.
const moveEach = 200

// moveLog moves what is in the log into the database, with the mark, which it then removes
// in the log. It does nothing while somebody reads the database, and is not needed where it
// fails. s.mu must be held.
func (s *Store) moveLog() {
	s.logged = 0
	if s.exec("INSERT OR REPLACE INTO meta VALUES (?, ?)", logMark, place(s.path)) == nil {
		_ = s.exec("PRAGMA wal_checkpoint(PASSIVE)")
		_ = s.exec("DELETE FROM meta WHERE name = ?", logMark)
	}
}

// place returns what stands for a path in a file that may be given away.
func place(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(path)))
}

// checkWhole returns ErrLost if there are fewer answers than the lock file says. Without a
// lock file it returns ErrMoved if a log was left where the checkpoint was before.
func (s *Store) checkWhole(saved int64, lockFile bool) error {
	switch {
	case saved > 0:
		return s.checkHolds(saved)
	case lockFile || !s.noLog || s.format == 1: // which had no meta before its release
		return nil
	}
	loggedAt, err := s.meta(logMark)
	if err != nil {
		return s.openError(err)
	}
	if loggedAt != "" && loggedAt != place(s.path) {
		return fmt.Errorf("%s: %w: a run was killed that wrote to it under another name or in another folder, and its log (….bizbatch-wal) is not here", s.path, ErrMoved)
	}
	return nil
}

func (s *Store) checkHolds(saved int64) error {
	n, err := s.countAnswered()
	if err != nil {
		return s.openError(err)
	}
	if n < saved {
		return fmt.Errorf("%s: %w: %d are there, %d were saved; %s-wal is damaged or was removed", s.path, ErrLost, n, saved, filepath.Base(s.path))
	}
	return nil
}

// checkNoLog returns ErrLost if there is the log of a checkpoint that is not there.
func checkNoLog(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s: %w: only %s-wal is there, which belongs to it", path, ErrLost, filepath.Base(path))
	}
	return nil
}
