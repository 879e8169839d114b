package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/internal/disk"
)

// An importer holds the state of one Import.
type importer struct {
	s    *Store
	d    db
	opts checkpoint.ImportOptions
	plan checkpoint.Plan

	settings int64                               // id of opts.Settings
	kept     []int64                             // in flight when a run was killed, and answered
	older    map[string]int                      // answers that a rule by age alone chooses, by mode
	refresh  func() ([]checkpoint.Chosen, error) // answers to ask for again; nil: none
	rowsErr  error                               // from the rows
	refused  error                               // from Confirm

	rescueFiles []string // to remove once their answers are committed
}

// errPlanned ends an import that is only a plan.
var errPlanned = errors.New("it was only a plan")

// importIdle is how long an import may be silent before the server ends it: others wait
// for it, and the machine may be gone. Tests make it shorter.
var importIdle = time.Minute

// Import replaces the rows of the batch by those of an input, and adds new requests,
// as [checkpoint.Store.Import] does. What another batch of the service has answered is
// answered. Reuse and Neighbours are not looked at: they are files.
//
// The rows are copied to the server before anything there is locked. Imports for one
// service wait for each other.
func (s *Store) Import(rows iter.Seq2[checkpoint.Row, error], opts checkpoint.ImportOptions) (checkpoint.Plan, error) {
	im := importer{s: s, opts: opts}
	if s.mode == viewing {
		return im.plan, checkpoint.ErrReadOnly
	}
	service, batch := s.service, s.batch
	s.refresh = nil
	err := beginFor(bg, s.pool, importIdle, func(d db) error {
		im.d = d
		return im.run(rows)
	})
	switch {
	case im.rowsErr != nil:
		err = im.rowsErr
	case im.refused != nil:
		err = im.refused
	case errors.Is(err, errPlanned):
		err = nil
	case err != nil:
		err = fmt.Errorf("import rows into %s: %w", s.name, away(err))
	default:
		s.created, s.refresh = false, im.refresh
		return im.plan, disk.Remove(im.rescueFiles...)
	}
	s.service, s.batch = service, batch // one that was added is not there
	return im.plan, err
}

func (im *importer) run(rows iter.Seq2[checkpoint.Row, error]) error {
	s := im.s
	if err := s.findBatch(im.d); err != nil {
		return err
	}
	same, err := im.isSame()
	if err != nil {
		return err
	}
	if !same {
		if err := im.stage(rows); err != nil {
			return err
		}
	}
	if err := s.lockImports(im.d); err != nil {
		return err
	}
	if err := s.stays(im.d); err != nil {
		return err
	}
	if !same { // another host may have taken the same rows in meanwhile
		if same, err = im.isSame(); err != nil {
			return err
		}
	}
	if err := im.findSettings(); err != nil {
		return err
	}
	if same {
		err = im.unchanged()
	} else {
		err = im.replace()
	}
	if err != nil {
		return err
	}
	return im.settle()
}

// lockImports makes imports for the service wait for each other, until the end of the
// transaction. It does not hold up runs.
func (s *Store) lockImports(d db) error {
	_, err := d.exec("SELECT pg_advisory_xact_lock($1::int, $2::int)", migrationLock, s.service)
	return err
}

// isSame reports whether the batch holds the rows of the input already.
func (im *importer) isSame() (bool, error) {
	digest, err := im.s.note(im.d, "digest")
	return im.opts.Digest != "" && string(digest) == im.opts.Digest, err
}

// settle finds answers that are elsewhere, counts what is left to ask, and has the
// plan confirmed.
func (im *importer) settle() error {
	for _, step := range []func() error{im.takeRescued, im.endRefreshes, im.askUnfit, im.count, im.findConflicts, im.chooseRefresh} {
		if err := step(); err != nil {
			return err
		}
	}
	if im.opts.Confirm != nil {
		if _, err := im.d.exec("SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil { // a person may have to think
			return err
		}
		if im.refused = im.opts.Confirm(im.plan); im.refused != nil {
			return im.refused
		}
	}
	if im.s.mode == planning {
		return errPlanned
	}
	return nil
}

// findSettings gives the settings their row.
func (im *importer) findSettings() (err error) {
	im.settings, err = keepSettings(im.d, im.opts.Settings)
	return err
}

// keepSettings returns the number of settings, which it adds if they are new.
func keepSettings(d db, value []byte) (id int64, err error) {
	key := keys.Of(value)
	if value == nil {
		value = []byte{} // the column is NOT NULL
	}
	if _, err := d.exec("INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", key[:], value); err != nil {
		return 0, err
	}
	err = d.get("SELECT id FROM settings WHERE key = $1", []any{key[:]}, &id)
	return id, err
}

// unchanged plans for the rows that are there already.
func (im *importer) unchanged() error {
	plan, err := im.s.note(im.d, "plan")
	if err != nil {
		return err
	}
	var same checkpoint.Plan
	if err := json.Unmarshal(plan, &same); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	im.plan.Rows, im.plan.Skipped, im.plan.Duplicates = same.Rows, same.Skipped, same.Duplicates
	return nil
}

// replace takes the staged rows in, in the place of those of the last input.
func (im *importer) replace() error {
	s := im.s
	err := im.d.get(`SELECT count(*) - count(key), count(key) - count(DISTINCT key) FROM fresh`, nil, &im.plan.Skipped, &im.plan.Duplicates)
	if err != nil {
		return err
	}
	if err := im.findEdited(); err != nil {
		return err
	}
	if err := im.findReused(); err != nil {
		return err
	}
	for _, step := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO requests (service, key, mode, subject, payload) SELECT DISTINCT ON (key) $1::bigint, key, mode, subject, payload
			FROM fresh WHERE key IS NOT NULL ORDER BY key, position ON CONFLICT DO NOTHING`, []any{s.service}},
		{"UPDATE asked SET position = 0 WHERE batch = $1 AND position > 0", []any{s.batch}},
		{`INSERT INTO asked (batch, request, position, settings) SELECT $1, q.id, min(f.position), $3
			FROM fresh f JOIN requests q ON q.service = $2 AND q.key = f.key GROUP BY q.id
			ON CONFLICT (batch, request) DO UPDATE SET position = excluded.position`, []any{s.batch, s.service, im.settings}},
		{"DELETE FROM rows WHERE batch = $1", []any{s.batch}},
		{`INSERT INTO rows (batch, position, request, line, id, skip, fields, originals) SELECT $1, f.position, q.id, f.line, f.id, f.skip, f.fields, f.originals
			FROM fresh f LEFT JOIN requests q ON q.service = $2 AND q.key = f.key`, []any{s.batch, s.service}},
	} {
		if _, err := im.d.exec(step.text, step.args...); err != nil {
			return err
		}
	}
	if im.plan.Rows >= manyRows { // else the server would plan as for a few until it looks by itself
		if _, err := im.d.exec("ANALYZE requests, asked, rows"); err != nil {
			return err
		}
	}
	return im.noteInput()
}

// manyRows are so many that it matters how the server looks for them.
const manyRows = 500

// noteInput notes what the rows are those of.
func (im *importer) noteInput() error {
	plan, err := json.Marshal(im.plan)
	if err != nil {
		return err
	}
	var input []byte
	if im.opts.Input != nil {
		input = im.opts.Input()
	}
	return errors.Join(im.s.outdate(im.d), im.s.keepNote(im.d, "input", input),
		im.s.keepNote(im.d, "digest", []byte(im.opts.Digest)), im.s.keepNote(im.d, "plan", plan))
}

// findEdited counts the rows that were edited since the last input: those with
// a known id and a request that is new to the batch, unless it is new only because of
// the settings.
func (im *importer) findEdited() error {
	return im.d.get(`SELECT count(DISTINCT f.position) FROM fresh f JOIN rows o ON o.batch = $1 AND o.id = f.id
		LEFT JOIN requests q ON q.id = o.request LEFT JOIN asked a ON a.batch = $1 AND a.request = o.request
		WHERE f.key IS NOT NULL AND (q.id IS NULL OR a.settings = $3 OR q.subject <> f.subject)
		AND NOT EXISTS (SELECT 1 FROM requests n JOIN asked b ON b.request = n.id AND b.batch = $1 WHERE n.service = $2 AND n.key = f.key)`,
		[]any{im.s.batch, im.s.service, im.settings}, &im.plan.Edited)
}

// findReused counts the requests new to the batch that another one has answered.
func (im *importer) findReused() error {
	return im.d.each(func(rows pgx.Rows) (bool, error) {
		r, err := scanReused(rows)
		im.plan.Reused = append(im.plan.Reused, r)
		return true, err
	}, `SELECT p.name, count(DISTINCT q.id) FROM fresh f JOIN requests q ON q.service = $2 AND q.key = f.key JOIN batches p ON p.id = q.batch
		WHERE q.state = 'answered' AND NOT EXISTS (SELECT 1 FROM asked WHERE batch = $1 AND request = q.id) GROUP BY p.name ORDER BY p.name`,
		im.s.batch, im.s.service)
}
