package checkpoint

import (
	"database/sql"
	"os"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/rescue"
)

// takeRescued saves the answers of earlier runs' rescue files, within the
// transaction of an import. A file of another checkpoint is ignored unless that
// checkpoint does not exist: this one may be the same, moved.
func (im *importer) takeRescued() (err error) {
	moved := im.s.endpoint != "" // else nothing tells whose answers those of others are
	im.rescueFiles, err = im.s.rescuePlace().TakeIn(moved, im.keepRescued)
	return err
}

// keepRescued saves one answer, unless there is a newer one. The error is sql.ErrNoRows
// if its request is not known.
func (im *importer) keepRescued(r rescue.Line) error {
	s := im.s
	if _, err := os.Stat(r.Checkpoint); r.Endpoint != s.endpoint || err == nil && r.Checkpoint != s.absPath() {
		return sql.ErrNoRows // another service's, or another checkpoint's that will take it in
	}
	id, err := im.find(r.SHA())
	if err != nil {
		return err
	}
	var state State
	var started int64
	err = s.writer.QueryRowContext(bg, "SELECT state, started FROM requests WHERE id = ?", id).Scan(&state, &started)
	if err != nil || state == Answered && started >= millis.Of(r.Started) {
		return err
	}
	if err := s.setAside(id, forRefresh); err != nil { // an older answer, if there is one
		return err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0 AND started = ?", id, millis.Of(r.Started)); err != nil {
		return err
	}
	if err = s.complete(id, completion(r)); err == nil {
		im.plan.Rescued++
	}
	return err
}

// rescuedIDs returns the requests without an answer whose answers are in this
// checkpoint's rescue files, with the time at which they were sent (milliseconds
// since 1970).
func (s *Store) rescuedIDs() (map[int64]int64, error) {
	sent, ids := map[keys.Key]int64{}, map[int64]int64{}
	for line := range s.rescuePlace().Lines() {
		if line.Endpoint == s.endpoint {
			sent[line.SHA()] = millis.Of(line.Started)
		}
	}
	if len(sent) == 0 {
		return ids, nil
	}
	err := s.query(func(rows *sql.Rows) (bool, error) {
		var id int64
		var key sql.RawBytes
		err := rows.Scan(&id, &key)
		if err == nil && len(key) == len(keys.Key{}) {
			if started, found := sent[keys.Key(key)]; found {
				ids[id] = started
			}
		}
		return true, err
	}, "SELECT id, key FROM requests WHERE state <> 'answered'")
	return ids, err
}
