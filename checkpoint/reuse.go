package checkpoint

import (
	"database/sql"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/internal/disk"
)

// reuse copies answers of other checkpoints to the requests of the input that have
// none.
func (im *importer) reuse() error {
	wanted, err := im.unanswered()
	if err != nil || len(wanted) == 0 {
		return err
	}
	for _, path := range slices.Concat(im.opts.Reuse, im.opts.Neighbours) {
		unread, err := im.reuseFrom(path, wanted)
		if err != nil {
			return fmt.Errorf("take over answers from %s: %w", path, err)
		}
		if unread != nil && slices.Contains(im.opts.Reuse, path) {
			return fmt.Errorf("answers in %s cannot be taken over: %w", path, unread)
		}
		if unread != nil {
			im.plan.Unread = append(im.plan.Unread, Unread{im.s.rel(path), unread.Error()})
		}
	}
	return nil
}

// unanswered returns the requests of the input without an answer, by ID. It returns
// nil if all have one or there is no other checkpoint.
func (im *importer) unanswered() (wanted []bool, err error) {
	if len(im.opts.Reuse)+len(im.opts.Neighbours) == 0 {
		return nil, nil
	}
	err = query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return false, err
		}
		if wanted == nil {
			wanted = make([]bool, id+1)
		}
		wanted[id] = true
		return true, nil
	}, "SELECT id FROM requests WHERE position > 0 AND state <> 'answered' ORDER BY id DESC")
	return wanted, err
}

// reuseFrom copies the answers of one checkpoint. The error unread is set if it
// could not be read.
func (im *importer) reuseFrom(path string, wanted []bool) (unread, err error) {
	if disk.SameFile(path, im.s.Path()) {
		return nil, nil
	}
	other, unread := Peek(path)
	if unread != nil {
		return unread, nil
	}
	defer other.Close()
	endpoint, unread := other.Endpoint()
	if unread != nil || endpoint != im.s.endpoint || endpoint == "" {
		return unread, nil // another service's answers are none
	}
	if err := im.load(); err != nil {
		return nil, err
	}
	matches, unread := im.matches(other, wanted, "state = 'answered'")
	if unread != nil {
		return unread, nil
	}
	taken, err := im.takeOver(other, matches, wanted)
	if taken > 0 {
		im.plan.Reused = append(im.plan.Reused, Reused{im.s.rel(other.path), taken})
	}
	if err != nil || !inUse(other.path) {
		return nil, err
	}
	asked, unread := im.matches(other, wanted, "state IN ('pending', 'running') AND position > 0")
	if len(asked) > 0 {
		im.plan.Asking = append(im.plan.Asking, Reused{im.s.rel(other.path), len(asked)})
	}
	return unread, nil
}

// A match is a request that another checkpoint has an answer to.
type match struct{ id, other int64 }

// matches returns the wanted requests that are also in the other checkpoint and meet
// the condition, in SQL.
func (im *importer) matches(other *Store, wanted []bool, condition string) (list []match, err error) {
	err = other.query(func(rows *sql.Rows) (bool, error) {
		var m match
		var key sql.RawBytes
		if err := rows.Scan(&m.other, &key); err != nil || len(key) != len(keys.Key{}) {
			return err == nil, err
		}
		if m.id = int64(im.ids.find(shortKey(key))); m.id != 0 && int(m.id) < len(wanted) && wanted[m.id] {
			list = append(list, m)
		}
		return true, nil
	}, "SELECT id, key FROM requests WHERE "+condition)
	return list, err
}

// takeOver saves answers of another checkpoint with their original times and at no
// cost. It skips damaged ones. A copy that was made to plan with saves none without
// need.
func (im *importer) takeOver(other *Store, matches []match, wanted []bool) (taken int, err error) {
	if len(matches) == 0 {
		return 0, nil
	}
	s := im.s
	unfit := "false"
	if other.format > 3 {
		unfit = "EXISTS (SELECT 1 FROM unfit WHERE request = q.id)"
	}
	answer, err := other.db.Prepare(`SELECT q.reason, q.attempts, q.started, q.finished, ` + unfit + `, a.crc, a.answer
		FROM requests q JOIN answers a ON a.request = q.id WHERE q.id = ?`)
	if err != nil {
		return 0, nil // of a checkpoint that cannot be read after all
	}
	defer answer.Close()
	origin := s.rel(other.path)
	for _, m := range matches {
		var c Completion
		var crc uint32
		err := answer.QueryRow(m.other).Scan(&c.Label, &c.Attempts, millis.Into(&c.Started), millis.Into(&c.Finished), &c.Unfit, &crc, &c.Answer)
		if err != nil || crc32.ChecksumIEEE(c.Answer) != crc || len(c.Answer) == 0 {
			continue
		}
		if s.original != "" && len(im.opts.Refresh) == 0 { // else a rule may have to see it
			c.Answer = []byte("null")
		}
		if err := im.keepTaken(m.id, c, origin); err != nil {
			return taken, err
		}
		wanted[m.id] = false
		taken++
	}
	return taken, nil
}

// keepTaken saves one answer. If its request was in flight when a run was killed,
// that record is kept.
func (im *importer) keepTaken(id int64, c Completion, origin string) error {
	s := im.s
	if err := s.exec(noteInterrupted+" AND id = ?", id); err != nil {
		return err
	}
	if err := s.exec("UPDATE requests SET attempts = 0, run = 0 WHERE id = ?", id); err != nil {
		return err
	}
	if err := s.complete(id, c); err != nil {
		return err
	}
	return s.exec("INSERT OR REPLACE INTO reused VALUES (?, ?)", id, origin)
}

// rel returns the name of another file relative to the checkpoint's folder, with
// slashes, so that both can be moved together. On another volume it is the whole
// path.
func (s *Store) rel(path string) string {
	from, err1 := filepath.Abs(filepath.Dir(s.Path()))
	to, err2 := filepath.Abs(path)
	if name, err := filepath.Rel(from, to); err1 == nil && err2 == nil && err == nil {
		return filepath.ToSlash(name)
	}
	return to
}

// Reused returns the number of answers of the last input that each other checkpoint
// paid for.
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
