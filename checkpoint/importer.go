package checkpoint

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"bizbatch/checkpoint/internal/keys"
)

// An importer holds the state of one Import.
type importer struct {
	s    *Store
	opts ImportOptions
	plan Plan

	settings int64 // row id of opts.Settings
	known    int   // requests there were before; a larger id is new
	// ids are the requests by key, nil until they are read. Looking them up here
	// and not in an index of the database takes a third of the time of an import.
	ids      *keyTable
	was, now []uint32            // by id, the first row that asks a request: in the last input, in this one
	damaged  map[uint32]bool     // requests to mend from the input: their payload does not have their key
	misnamed map[keys.Key]uint32 // the same ones, if it is the key that is damaged: by the right one
	reread   bool                // the rows are to be read though the input is the same
	requests bulk
	rows     bulk
	masked   bulk
	kept     []int64        // in flight when a run was killed, and answered
	older    map[string]int // answers that a rule by age alone chooses, by mode

	rescueFiles []string // to remove once their answers are committed
}

func (im *importer) run(rows iter.Seq2[Row, error]) error {
	digest, err := im.s.metaTx("digest")
	if err == nil {
		err = im.findDamage()
	}
	if err == nil && !im.reread {
		err = im.checkRows()
	}
	if err == nil {
		err = im.findSettings()
	}
	if err != nil {
		return err
	}
	if im.opts.Digest != "" && digest == im.opts.Digest && !im.reread {
		err = im.unchanged()
	} else {
		err = im.replace(rows)
	}
	if err == nil {
		err = im.settle()
	}
	return err
}

// replace takes the rows in, in the place of those of the last input.
func (im *importer) replace(rows iter.Seq2[Row, error]) error {
	if err := im.begin(); err != nil {
		return err
	}
	if err := im.readAll(rows); err != nil {
		return err
	}
	return im.finish()
}

// settle finds answers that are elsewhere, and counts what is left to ask.
func (im *importer) settle() error {
	if err := im.takeRescued(); err != nil {
		return err
	}
	if err := im.takeBackRefreshed(); err != nil {
		return err
	}
	if err := im.reuse(); err != nil {
		return err
	}
	if err := im.count(); err != nil {
		return err
	}
	if err := im.findConflicts(); err != nil {
		return err
	}
	return im.chooseRefresh()
}

// findSettings gives the settings their row.
func (im *importer) findSettings() error {
	w := im.s.writer
	err := w.QueryRowContext(bg, "SELECT id FROM settings WHERE value = ?", string(im.opts.Settings)).Scan(&im.settings)
	if errors.Is(err, sql.ErrNoRows) {
		err = w.QueryRowContext(bg, "INSERT INTO settings (value) VALUES (?) RETURNING id", string(im.opts.Settings)).Scan(&im.settings)
	}
	return err
}

// checkRows finds out whether every request that is to be asked stands at a row
// that asks it. Where not, the rows are read again.
func (im *importer) checkRows() error {
	return im.s.writer.QueryRowContext(bg, `SELECT EXISTS (SELECT 1 FROM requests q LEFT JOIN rows r ON r.position = q.position
		WHERE q.position > 0 AND q.state <> 'answered' AND r.request IS NOT q.id)`).Scan(&im.reread)
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
	return nil
}

func (im *importer) begin() error {
	if err := im.load(); err != nil {
		return err
	}
	if err := im.s.exec("DELETE FROM masked; ALTER TABLE rows RENAME TO old_rows;" + rowsSchema); err != nil {
		return err
	}
	if err := im.s.outdate(); err != nil {
		return err
	}
	im.requests = bulk{conn: im.s.writer, into: "requests (id, key, position, settings, mode, subject, payload)", cols: 7}
	im.rows = bulk{conn: im.s.writer, into: "rows (position, request, line, id, skip, fields)", cols: 6}
	im.masked = bulk{conn: im.s.writer, into: "masked (position, originals)", cols: 2}
	return nil
}

// find returns the id of the request with a key; 0: there is none.
func (im *importer) find(key keys.Key) (int64, error) {
	err := im.load()
	if err != nil {
		return 0, err
	}
	return int64(im.id(key)), nil
}

func (im *importer) id(key keys.Key) uint32 {
	if id := im.ids.find(shortKey(key[:])); id != 0 {
		return id
	}
	return im.misnamed[key]
}

// load reads which requests the checkpoint knows, unless that was done.
func (im *importer) load() error {
	if im.ids != nil {
		return nil
	}
	if err := im.s.writer.QueryRowContext(bg, "SELECT coalesce(max(id), 0) FROM requests").Scan(&im.known); err != nil {
		return err
	}
	im.ids = newKeyTable()
	im.was, im.now = make([]uint32, im.known+1), make([]uint32, im.known+1)
	return query(im.s.writer, func(rows *sql.Rows) (bool, error) {
		var id, position uint32
		var key sql.RawBytes
		if err := rows.Scan(&id, &position, &key); err != nil {
			return false, err
		}
		im.ids.add(shortKey(key), id)
		im.was[id] = position
		return true, nil
	}, "SELECT id, position, key FROM requests ORDER BY id")
}

func (im *importer) readAll(rows iter.Seq2[Row, error]) error {
	defer im.requests.close()
	defer im.rows.close()
	defer im.masked.close()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := im.add(row); err != nil {
			return fmt.Errorf("import rows into %s: %w", im.s.path, err)
		}
	}
	if err := errors.Join(im.requests.flush(), im.rows.flush(), im.masked.flush()); err != nil {
		return fmt.Errorf("import rows into %s: %w", im.s.path, err)
	}
	return nil
}

// add imports one row.
func (im *importer) add(r Row) error {
	if r.Fields == nil {
		r.Fields = []byte{} // the column is NOT NULL
	}
	im.plan.Rows++
	position := int64(im.plan.Rows)
	if r.Skip != "" {
		im.plan.Skipped++
		return im.rows.add(position, nil, int64(r.Line), r.ID, r.Skip, r.Fields)
	}
	key := keys.Of(r.Payload)
	id := im.id(key)
	switch {
	case id == 0:
		id = uint32(len(im.now))
		im.ids.add(shortKey(key[:]), id)
		im.now = append(im.now, uint32(position))
		err := im.requests.add(int64(id), key[:], position, im.settings, r.Mode, keys.Subject(r.Subject), r.Payload)
		if err != nil {
			return err
		}
	case im.now[id] == 0:
		im.now[id] = uint32(position)
		if im.damaged[id] {
			if err := im.s.exec("UPDATE requests SET key = ?, payload = ? WHERE id = ?", key[:], r.Payload, id); err != nil {
				return err
			}
		}
	default:
		im.plan.Duplicates++
	}
	if r.Originals != nil {
		if err := im.masked.add(position, r.Originals); err != nil {
			return err
		}
	}
	return im.rows.add(position, int64(id), int64(r.Line), r.ID, "", r.Fields)
}

// finish moves the requests that were known, and notes the input.
func (im *importer) finish() error {
	if err := im.move(); err != nil {
		return err
	}
	if len(im.now) > im.known+1 {
		if err := im.findEdited(); err != nil {
			return err
		}
	}
	if err := im.s.exec("DROP TABLE old_rows"); err != nil {
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
