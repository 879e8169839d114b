package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// reuse answers requests that are to be asked with the answers of other
// checkpoints.
func (im *importer) reuse() error {
	wanted, err := im.unanswered()
	if err != nil || len(wanted) == 0 {
		return err
	}
	for _, path := range im.opts.Reuse {
		n, origin, err := im.reuseFrom(path, wanted)
		if err != nil {
			return fmt.Errorf("take over answers from %s: %w", path, err)
		}
		if n > 0 {
			im.plan.Reused = append(im.plan.Reused, Reused{origin, n})
		}
	}
	return nil
}

// unanswered are the requests of the input without an answer, by id; nil where
// there is none, or nowhere to look for one.
func (im *importer) unanswered() (wanted []bool, err error) {
	if len(im.opts.Reuse) == 0 {
		return nil, nil
	}
	rows, err := im.s.writer.QueryContext(bg, "SELECT id FROM requests WHERE position > 0 AND state <> 'answered' ORDER BY id DESC")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if wanted == nil {
			wanted = make([]bool, id+1)
		}
		wanted[id] = true
	}
	return wanted, rows.Err()
}

// reuseFrom takes over what one checkpoint has.
func (im *importer) reuseFrom(path string, wanted []bool) (n int, origin string, err error) {
	other := viewOther(path, im.s)
	if other == nil {
		return 0, "", nil
	}
	defer other.Close()
	matches, err := im.matches(other, wanted)
	if err != nil {
		return 0, "", err
	}
	origin = im.s.Rel(other.path)
	for _, m := range matches {
		switch err := im.takeOver(other, m, origin); {
		case errors.Is(err, errPassOver):
		case err != nil:
			return n, origin, err
		default:
			wanted[m.id] = false
			n++
		}
	}
	return n, origin, nil
}

// viewOther opens a checkpoint to take answers from, as far as that can be done
// without waiting; nil where it has none for s.
func viewOther(path string, s *Store) *Store {
	o := &Store{path: resolve(path)}
	if info, err := os.Stat(o.path); err != nil || os.SameFile(info, s.file) || o.path == s.original {
		return nil
	}
	err := o.openReader()
	if err == nil {
		o.db.SetMaxOpenConns(1)
		_, err = o.db.Exec(fmt.Sprintf("PRAGMA busy_timeout = %d", shortLockWait.Milliseconds()))
	}
	var endpoint string
	if err == nil {
		endpoint, err = o.meta("endpoint")
	}
	if err != nil || endpoint != s.endpoint || endpoint == "" {
		_ = o.Close() // nothing was written
		return nil
	}
	return o
}

// A match is a request that another checkpoint has an answer to.
type match struct{ id, other int64 }

// matches are the wanted requests that the other checkpoint has answered.
func (im *importer) matches(other *Store, wanted []bool) (list []match, err error) {
	if err := im.load(); err != nil {
		return nil, err
	}
	unread := other.query(func(rows *sql.Rows) (bool, error) {
		var m match
		var key sql.RawBytes
		if err := rows.Scan(&m.other, &key); err != nil || len(key) != len(Key{}) {
			return err == nil, err
		}
		if m.id = int64(im.ids.find(shortKey(key))); m.id != 0 && int(m.id) < len(wanted) && wanted[m.id] {
			list = append(list, m)
		}
		return true, nil
	}, "SELECT id, key FROM requests WHERE state = 'answered'")
	if unread != nil {
		return nil, nil // damaged, or locked for long: its answers cannot be had now
	}
	return list, nil
}

// errPassOver: an answer of another checkpoint that cannot be taken over.
var errPassOver = errors.New("not taken over")

// takeOver saves one answer of another checkpoint, as old as it is there and at
// no cost. A copy, made to plan with, keeps no answers.
func (im *importer) takeOver(other *Store, m match, origin string) error {
	var c Completion
	var crc uint32
	var started, finished int64
	err := other.db.QueryRow(`SELECT q.attempts, q.started, q.finished, a.crc, a.answer
		FROM requests q JOIN answers a ON a.request = q.id WHERE q.id = ?`, m.other).Scan(&c.Attempts, &started, &finished, &crc, &c.Answer)
	if err != nil || crc32.ChecksumIEEE(c.Answer) != crc || len(c.Answer) == 0 {
		return errPassOver
	}
	s := im.s
	c.Started, c.Finished = fromMillis(started), fromMillis(finished)
	if s.original != "" {
		c.Answer = []byte("null")
	}
	if err := s.exec(noteInterrupted+" AND id = ?1; UPDATE requests SET attempts = 0, run = 0 WHERE id = ?1", m.id); err != nil {
		return err
	}
	if err := s.complete(m.id, c); err != nil {
		return err
	}
	return s.exec("INSERT OR REPLACE INTO reused VALUES (?, ?)", m.id, origin)
}

// Rel is the name of another file as seen from the checkpoint's folder, with
// slashes, so that both can be moved together; on another volume its whole path.
func (s *Store) Rel(path string) string {
	from, err1 := filepath.Abs(filepath.Dir(s.Path()))
	to, err2 := filepath.Abs(path)
	if name, err := filepath.Rel(from, to); err1 == nil && err2 == nil && err == nil {
		return filepath.ToSlash(name)
	}
	return to
}

// Reused tells which answers of the last input other checkpoints paid for.
func (s *Store) Reused() (list []Reused, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var r Reused
		err := rows.Scan(&r.Checkpoint, &r.Answers)
		list = append(list, r)
		return true, err
	}, `SELECT origin, count(*) FROM reused r JOIN requests q ON q.id = r.request
		WHERE q.position > 0 AND q.state = 'answered' GROUP BY origin ORDER BY origin`)
	if err != nil {
		return nil, fmt.Errorf("read which answers in %s were taken over: %w", s.path, err)
	}
	return list, nil
}
