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

// SetNote keeps a small value under a name, for the caller. The next SetNote with
// the same name replaces it.
func (s *Store) SetNote(name string, value []byte) error {
	return s.setMeta(notePrefix+name, string(value))
}

// Note returns the value that SetNote kept under a name, or nil if there is none or
// it is empty.
func (s *Store) Note(name string) ([]byte, error) { return s.metaOrNil(notePrefix + name) }

// SetCurrent keeps a small value about an output file, such as a digest of its
// content. The value is removed as soon as anything changes that [Store.Results]
// yields, in the transaction that changes it. A program that writes to the tables
// without a Store has to remove it too.
func (s *Store) SetCurrent(path string, value []byte) error {
	return s.setMeta(currentPrefix+s.rel(path), string(value))
}

// Current returns the value that SetCurrent kept about an output file, or nil if
// there is none or the results have changed since.
func (s *Store) Current(path string) ([]byte, error) { return s.metaOrNil(currentPrefix + s.rel(path)) }

// outdate removes the values that SetCurrent kept. Every transaction that changes
// rows, states or answers calls it.
func (s *Store) outdate() error {
	_, err := s.stmts.outdate.ExecContext(bg, currentPrefix, currentEnd)
	return err
}

// SetOutput records an output file and the digest of the content that was last
// written to it; an empty digest means that nothing was written yet. The file's
// name is kept relative to the checkpoint's folder, so both can be moved together.
// SetOutput also works on a store that View opened, even during a run.
func (s *Store) SetOutput(path, digest string) error {
	if digest == "" {
		digest = unknownOutput
	}
	return s.setMeta(outputPrefix+s.rel(path), digest)
}

// unknownOutput stands for the digest of an output whose content is not known.
const unknownOutput = "unknown"

// Output reports whether SetOutput recorded the output file, and returns the
// digest that it recorded, which is empty if the content is not known.
func (s *Store) Output(path string) (digest string, ours bool, err error) {
	digest, err = s.meta(outputPrefix + s.rel(path))
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
