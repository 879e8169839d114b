package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
)

// The small things that a checkpoint keeps by name, in the table meta: its own,
// and under these prefixes those of its callers. currentEnd is the first name
// after everything that is current.
const (
	notePrefix    = "note "
	outputPrefix  = "output "
	currentPrefix = "current "
	currentEnd    = "current!"
)

// SetNote keeps something small for the caller under a name.
func (s *Store) SetNote(name string, value []byte) error {
	return s.setMeta(notePrefix+name, string(value))
}

// Note returns what SetNote kept; nil where there is nothing.
func (s *Store) Note(name string) ([]byte, error) { return s.metaOrNil(notePrefix + name) }

// SetCurrent keeps something small under a name for as long as the rows and
// what became of them stay as they are now: the change that ends this removes
// it, in one transaction. Whoever writes to the tables without a Store has to
// do so, too.
func (s *Store) SetCurrent(name string, value []byte) error {
	return s.setMeta(currentPrefix+name, string(value))
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

// SetOutput remembers a file that answers are written to, and the digest of
// what was last written there; empty: nothing was yet. It works with View too,
// also beside a run.
func (s *Store) SetOutput(path, digest string) error {
	if digest == "" {
		digest = unknownOutput
	}
	return s.setMeta(outputPrefix+path, digest)
}

// unknownOutput stands for the digest of an output whose content is not known.
const unknownOutput = "unknown"

// Output returns what SetOutput remembered: whether answers are written to the
// file at all, and the digest of what was written last; empty: not known.
func (s *Store) Output(path string) (digest string, ours bool, err error) {
	digest, err = s.meta(outputPrefix + path)
	if ours = digest != ""; digest == unknownOutput {
		digest = ""
	}
	return digest, ours, err
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

// setMeta puts a value into the table meta, in a transaction of its own; for a
// view, on a connection of its own.
func (s *Store) setMeta(name, value string) error {
	const text = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
	if s.writer != nil {
		return s.write(func() error { return s.exec(text, name, value) })
	}
	db, err := sql.Open("sqlite", dsn(s.path, "rw", append(durable(Options{}), waiting(shortLockWait))...))
	if err == nil {
		_, err = db.Exec(text, name, value)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	return nil
}

// metaTx is meta as the transaction in progress sees it.
func (s *Store) metaTx(name string) (value string, err error) {
	err = s.writer.QueryRowContext(bg, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}
