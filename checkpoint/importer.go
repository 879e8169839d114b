package checkpoint

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
)

// An importer holds the state of one Import.
type importer struct {
	s    *Store
	opts ImportOptions
	plan Plan

	settings int64 // row id of opts.Settings
	known    int   // requests there were before; a larger id is new
	// ids are the requests by key. Looking them up here and not in an index of
	// the database takes a third of the time of an import.
	ids      *keyTable
	was, now []uint32 // by id, the first row that asks a request: in the last input, in this one
	requests bulk
	rows     bulk

	rescueFiles []string // to remove once their answers are committed
}

func (im *importer) run(rows iter.Seq2[Row, error]) error {
	digest, err := im.s.metaTx("digest")
	if err != nil {
		return err
	}
	if im.opts.Digest != "" && digest == im.opts.Digest {
		return im.unchanged()
	}
	if err := im.begin(); err != nil {
		return err
	}
	if err := im.readAll(rows); err != nil {
		return err
	}
	return im.finish()
}

// recover makes pending again what a run that ended without a word had in
// flight, and notes that it may have been charged.
func (im *importer) recover() error {
	err := im.s.writer.QueryRowContext(bg, "SELECT count(*), coalesce(sum(cost), 0) FROM requests WHERE state = 'running'").
		Scan(&im.plan.Interrupted, &im.plan.InterruptedCost)
	if err != nil {
		return err
	}
	return im.s.exec(`
		INSERT INTO uncertain (request, run, started, finished, cost, reason, request_id, partial)
			SELECT id, run, started, 0, cost, 'interrupted', '', '' FROM requests WHERE state = 'running';
		UPDATE requests SET state = 'pending', interrupted = 1 WHERE state = 'running';
		UPDATE runs SET outcome = 'interrupted' WHERE ended = 0`)
}

// unchanged plans for the rows that are there already.
func (im *importer) unchanged() error {
	var same Plan
	plan, err := im.s.metaTx("plan")
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(plan), &same); err != nil {
		return fmt.Errorf("read the plan in %s: %w", im.s.path, err)
	}
	im.plan.Rows, im.plan.Skipped, im.plan.Duplicates = same.Rows, same.Skipped, same.Duplicates
	return im.count()
}

func (im *importer) begin() error {
	err := im.s.writer.QueryRowContext(bg, `INSERT INTO settings (value) VALUES (?)
		ON CONFLICT DO UPDATE SET value = value RETURNING id`, string(im.opts.Settings)).Scan(&im.settings)
	if err != nil {
		return err
	}
	if err := im.loadRequests(); err != nil {
		return err
	}
	if err := im.s.exec("ALTER TABLE rows RENAME TO old_rows;" + rowsSchema); err != nil {
		return err
	}
	if err := im.s.outdate(); err != nil {
		return err
	}
	im.requests = bulk{conn: im.s.writer, into: "requests (id, key, position, settings, mode, subject, payload)", cols: 7}
	im.rows = bulk{conn: im.s.writer, into: "rows (position, request, line, id, skip, fields)", cols: 6}
	return nil
}

// loadRequests reads which requests the checkpoint knows.
func (im *importer) loadRequests() error {
	if err := im.s.writer.QueryRowContext(bg, "SELECT coalesce(max(id), 0) FROM requests").Scan(&im.known); err != nil {
		return err
	}
	im.ids = newKeyTable()
	im.was, im.now = make([]uint32, im.known+1), make([]uint32, im.known+1)
	rows, err := im.s.writer.QueryContext(bg, "SELECT id, position, key FROM requests ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, position uint32
		var key sql.RawBytes
		if err := rows.Scan(&id, &position, &key); err != nil {
			return err
		}
		im.ids.add(shortKey(key), id)
		im.was[id] = position
	}
	return rows.Err()
}

func (im *importer) readAll(rows iter.Seq2[Row, error]) error {
	defer im.requests.close()
	defer im.rows.close()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := im.add(row); err != nil {
			return fmt.Errorf("import rows into %s: %w", im.s.path, err)
		}
	}
	if err := errors.Join(im.requests.flush(), im.rows.flush()); err != nil {
		return fmt.Errorf("import rows into %s: %w", im.s.path, err)
	}
	return nil
}

// add takes one row in.
func (im *importer) add(r Row) error {
	im.plan.Rows++
	position := int64(im.plan.Rows)
	if r.Skip != "" {
		im.plan.Skipped++
		return im.rows.add(position, nil, int64(r.Line), r.ID, r.Skip, r.Fields)
	}
	key := KeyOf(r.Payload)
	id := im.ids.find(shortKey(key[:]))
	switch {
	case id == 0:
		id = uint32(len(im.now))
		im.ids.add(shortKey(key[:]), id)
		im.now = append(im.now, uint32(position))
		err := im.requests.add(int64(id), key[:], position, im.settings, r.Mode, subjectHash(r.Subject), r.Payload)
		if err != nil {
			return err
		}
	case im.now[id] == 0:
		im.now[id] = uint32(position)
	default:
		im.plan.Duplicates++
	}
	return im.rows.add(position, int64(id), int64(r.Line), r.ID, "", r.Fields)
}

// subjectHash is stored instead of the subject. Two subjects with the same
// hash could at worst ask for a confirmation too many.
func subjectHash(subject string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(subject))
	return int64(h.Sum64())
}

// finish moves the requests that were known, counts what the import found, and
// notes the input.
func (im *importer) finish() error {
	if err := im.move(); err != nil {
		return err
	}
	if len(im.now) > im.known+1 {
		if err := errors.Join(im.findEdited(), im.findConflicts()); err != nil {
			return err
		}
	}
	if err := im.s.exec("DROP TABLE old_rows"); err != nil {
		return err
	}
	if err := im.count(); err != nil {
		return err
	}
	plan, err := json.Marshal(im.plan)
	if err != nil {
		return err
	}
	var input []byte
	if im.opts.Input != nil {
		input = im.opts.Input()
	}
	return im.s.exec("INSERT OR REPLACE INTO meta VALUES ('input', ?), ('digest', ?), ('plan', ?)",
		string(input), im.opts.Digest, string(plan))
}

// move notes where the requests that were known are asked now.
func (im *importer) move() error {
	stmt, err := im.s.writer.PrepareContext(bg, "UPDATE requests SET position = ? WHERE id = ?")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for id, was := range im.was {
		if now := im.now[id]; now != was {
			if _, err := stmt.ExecContext(bg, int64(now), int64(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// findEdited counts the rows that were edited since the last input: those with
// a known id and a new request, unless it is new only because of the settings.
func (im *importer) findEdited() error {
	return im.s.writer.QueryRowContext(bg, `
		WITH fresh AS (SELECT r.position, r.id, q.subject FROM rows r JOIN requests q ON q.id = r.request WHERE r.request > ?),
			old AS (SELECT r.id, q.subject, q.settings FROM old_rows r LEFT JOIN requests q ON q.id = r.request)
		SELECT count(DISTINCT position) FROM fresh JOIN old USING (id)
		WHERE old.settings IS NULL OR old.settings = ? OR old.subject <> fresh.subject`, im.known, im.settings).Scan(&im.plan.Edited)
}

// findConflicts finds the requests that would pay again for what is answered
// under other settings.
func (im *importer) findConflicts() error {
	rows, err := im.s.writer.QueryContext(bg, `
		WITH old AS (SELECT subject, max(settings) AS settings FROM requests
			WHERE state = 'answered' AND settings <> ? GROUP BY subject)
		SELECT q.mode, count(*), max(old.settings) FROM requests q JOIN old USING (subject)
		WHERE q.id > ? GROUP BY q.mode`, im.settings, im.known)
	if err != nil {
		return err
	}
	defer rows.Close()
	modes, latest := map[string]int{}, 0
	for rows.Next() {
		var mode string
		var n, settings int
		if err := rows.Scan(&mode, &n, &settings); err != nil {
			return err
		}
		modes[mode], latest = n, max(latest, settings)
	}
	if err := rows.Err(); err != nil || latest == 0 {
		return err
	}
	im.plan.Conflicts = &Conflicts{Modes: modes}
	return im.s.writer.QueryRowContext(bg, "SELECT value FROM settings WHERE id = ?", latest).Scan(&im.plan.Conflicts.Settings)
}

// count takes in what was rescued, and what was interrupted; counts the
// requests of this input by state, and makes failed ones pending where they are
// to be asked again.
func (im *importer) count() (err error) {
	if im.plan.Rescued, im.rescueFiles, err = im.s.takeRescued(); err != nil {
		return err
	}
	if err := im.recover(); err != nil { // what was not rescued
		return err
	}
	rows, err := im.s.writer.QueryContext(bg, `SELECT state, mode, passing, count(*) FROM requests
		WHERE position > 0 GROUP BY state, mode, passing`)
	if err != nil {
		return err
	}
	defer rows.Close()
	again := false
	im.plan.Answered, im.plan.Failed, im.plan.Pending = 0, 0, map[string]int{}
	for rows.Next() {
		var state State
		var mode string
		var passing bool
		var n int
		if err := rows.Scan(&state, &mode, &passing, &n); err != nil {
			return err
		}
		switch {
		case state == Answered:
			im.plan.Answered += n
		case state == Failed && !passing && !im.opts.RetryFailed:
			im.plan.Failed += n
		default:
			im.plan.Pending[mode] += n
			again = again || state == Failed
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if again || im.plan.Rescued > 0 || im.plan.Interrupted > 0 {
		if err := im.s.outdate(); err != nil {
			return err
		}
	}
	if !again {
		return nil
	}
	return im.s.exec(`UPDATE requests SET state = 'pending', passing = 0
		WHERE state = 'failed' AND position > 0 AND (passing OR ?)`, im.opts.RetryFailed)
}
