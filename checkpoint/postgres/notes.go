package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// The small things that a batch keeps by name, in the table notes: its own, and under
// these prefixes those of its callers.
const (
	notePrefix    = "note "
	outputPrefix  = "output "
	currentPrefix = "current "
)

// SetNote keeps a small value under a name, for the caller. The next SetNote with
// the same name replaces it.
func (s *Store) SetNote(name string, value []byte) error {
	return s.setNote(notePrefix+name, value)
}

// Note returns the value that SetNote kept under a name, or nil if there is none or
// it is empty.
func (s *Store) Note(name string) (value []byte, err error) {
	if value, err = s.note(s.db(), notePrefix+name); len(value) == 0 {
		value = nil
	}
	return value, err
}

// SetCurrent keeps a small value about an output file, such as a digest of its
// content. The value is removed as soon as anything changes that Results yields, in
// the transaction that changes it.
func (s *Store) SetCurrent(path string, value []byte) error {
	return s.setNote(currentPrefix+here(path), value)
}

// Current returns the value that SetCurrent kept about an output file, or nil if
// there is none or the results have changed since.
func (s *Store) Current(path string) ([]byte, error) { return s.note(s.db(), currentPrefix+here(path)) }

// outdateBy removes the values that SetCurrent kept, of every batch that asks one of
// the requests that follow it.
const outdateBy = "DELETE FROM notes n USING asked a WHERE n.batch = a.batch AND starts_with(n.name, '" + currentPrefix + "') AND a.request = ANY "

// outdate removes the values that SetCurrent kept for this batch.
func (s *Store) outdate(d db) error {
	_, err := d.exec("DELETE FROM notes WHERE batch = $1 AND starts_with(name, '"+currentPrefix+"')", s.batch)
	return err
}

// SetOutput records an output file and the digest of the content that was last
// written to it; an empty digest means that nothing was written yet. A file is known
// by its machine and its path.
func (s *Store) SetOutput(path, digest string) error {
	return s.setNote(outputPrefix+here(path), []byte(digest))
}

// Output reports whether SetOutput recorded the output file, and returns the
// digest that it recorded, which is empty if the content is not known.
func (s *Store) Output(path string) (digest string, ours bool, err error) {
	b, err := s.note(s.db(), outputPrefix+here(path))
	return string(b), b != nil, err
}

// here returns the name of a file on this machine.
func here(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	host, _ := os.Hostname() // without a name it is nameless
	return text(host + ":" + path)
}

// note returns a value of the table notes; nil where there is none.
func (s *Store) note(d db, name string) (value []byte, err error) {
	err = d.get("SELECT value FROM notes WHERE batch = $1 AND name = $2", []any{s.batch, name}, &value)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read %s: %w", s.name, away(err))
	}
	return value, nil
}

// setNote puts a value into the table notes, in a transaction of its own. A store to
// plan with keeps nothing.
func (s *Store) setNote(name string, value []byte) error {
	if s.mode == planning {
		return nil
	}
	if err := s.write(func(d db) error { return s.keepNote(d, name, value) }); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	return nil
}

func (s *Store) keepNote(d db, name string, value []byte) error {
	if value == nil {
		value = []byte{} // the column is NOT NULL
	}
	_, err := d.exec("INSERT INTO notes VALUES ($1, $2, $3) ON CONFLICT (batch, name) DO UPDATE SET value = excluded.value", s.batch, name, value)
	return err
}
