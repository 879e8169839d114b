package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"os"

	"bizbatch/checkpoint/internal/rescue"
)

// takeRescued saves the answers of earlier runs' rescue files, within the
// transaction of an import. It returns their number, and the files to remove after
// the commit. An answer whose request is not in the checkpoint stays in its file. A
// file of another checkpoint is ignored unless that checkpoint does not exist: this
// one may be the same, moved.
func (im *importer) takeRescued() (n int, used []string, err error) {
	for _, f := range im.s.rescuePlace().Find() {
		if !f.Mine && im.s.endpoint == "" {
			continue // nothing tells whose answers these are
		}
		taken, all, err := im.takeRescueFile(f.Path)
		if err != nil && f.Mine {
			return n, nil, fmt.Errorf("take in the rescue file %s: %w", f.Path, err)
		}
		if n += taken; all && f.Mine {
			used = append(used, f.Path)
		}
	}
	return n, used, nil
}

// takeRescueFile returns the number of new answers, and whether all answers of the
// file are now in the checkpoint.
func (im *importer) takeRescueFile(path string) (taken int, all bool, err error) {
	all = true
	for line, err := range rescue.Read(path) {
		if errors.Is(err, rescue.ErrTorn) {
			return taken, false, nil
		}
		if err != nil {
			return taken, false, err
		}
		switch fresh, err := im.keepRescued(line); {
		case errors.Is(err, sql.ErrNoRows):
			all = false
		case err != nil:
			return taken, false, err
		case fresh:
			taken++
		}
	}
	return taken, all, nil
}

// keepRescued saves one answer and reports whether it is new. The error is
// sql.ErrNoRows if its request is not known.
func (im *importer) keepRescued(r rescue.Line) (fresh bool, err error) {
	s := im.s
	if _, err := os.Stat(r.Checkpoint); r.Endpoint != s.endpoint || err == nil && r.Checkpoint != s.absPath() {
		return false, sql.ErrNoRows // another service's, or another checkpoint's that will take it in
	}
	id, err := im.find(r.SHA())
	if err != nil {
		return false, err
	}
	var state State
	var started int64
	err = s.writer.QueryRowContext(bg, "SELECT state, started FROM requests WHERE id = ?", id).Scan(&state, &started)
	if err != nil || state == Answered && started >= millis(r.Started) {
		return false, err
	}
	if err := s.setAside(id, forRefresh); err != nil { // an older answer, if there is one
		return false, err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0 AND started = ?", id, millis(r.Started)); err != nil {
		return false, err
	}
	return true, s.complete(id, completion(r))
}

// rescuedIDs returns the requests without an answer whose answers are in this
// checkpoint's rescue files, with the time at which they were sent (milliseconds
// since 1970).
func (s *Store) rescuedIDs() (map[int64]int64, error) {
	keys, ids := map[requestKey]int64{}, map[int64]int64{}
	for _, f := range s.rescuePlace().Find() {
		if !f.Mine {
			continue
		}
		for line, err := range rescue.Read(f.Path) {
			if err != nil {
				break // the next import tells what is wrong with it
			}
			if line.Endpoint == s.endpoint {
				keys[line.SHA()] = millis(line.Started)
			}
		}
	}
	if len(keys) == 0 {
		return ids, nil
	}
	err := s.query(func(rows *sql.Rows) (bool, error) {
		var id int64
		var key sql.RawBytes
		err := rows.Scan(&id, &key)
		if err == nil && len(key) == len(requestKey{}) {
			if started, found := keys[requestKey(key)]; found {
				ids[id] = started
			}
		}
		return true, err
	}, "SELECT id, key FROM requests WHERE state <> 'answered'")
	return ids, err
}
