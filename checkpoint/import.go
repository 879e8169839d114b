package checkpoint

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"strings"
)

// ImportOptions say how rows are taken in.
type ImportOptions struct {
	// Settings describe what the run sets for all its requests, as JSON. They
	// take part in Plan.Conflicts; the keys alone decide what is asked.
	Settings []byte
	// Input is called after the last row; what it returns is kept, for Input.
	Input func() []byte
	// Digest identifies the whole input and everything that makes requests of
	// it. Where the last import had the same, its rows are kept and none are
	// read. Empty: unknown.
	Digest string
	// RetryFailed makes every failed request of the input pending again, not
	// only those that failed for a passing fault.
	RetryFailed bool
	// Confirm sees the plan before anything is kept. Its error ends the import
	// and leaves the checkpoint as it was.
	Confirm func(Plan) error
}

// A Plan is what an import found.
type Plan struct {
	Rows       int            `json:"rows"`
	Skipped    int            `json:"skipped"`    // rows that are not asked
	Duplicates int            `json:"duplicates"` // rows that share the request of an earlier row
	Edited     int            `json:"edited"`     // rows known by id, whose request is new
	Answered   int            `json:"answered"`   // requests of this input that are answered
	Failed     int            `json:"failed"`     // requests of this input that failed and stay so
	Rescued    int            `json:"rescued"`    // answers taken in from a rescue file
	Pending    map[string]int `json:"pending"`    // requests to ask, by mode
	Conflicts  *Conflicts     `json:"conflicts,omitempty"`
}

// ToAsk is the number of requests to ask, over all modes.
func (p Plan) ToAsk() int {
	n := 0
	for c := range maps.Values(p.Pending) {
		n += c
	}
	return n
}

// Conflicts are requests new to the checkpoint whose subject is answered
// already under other settings: asking them pays again.
type Conflicts struct {
	Settings []byte         // the settings of the answers there are
	Modes    map[string]int // requests by mode
}

// Import replaces the rows of the checkpoint by those of an input, adds the
// requests that are new, and makes requests that were interrupted pending. It
// all happens in one transaction: an error, also one that rows yields, leaves
// the checkpoint as it was.
func (s *Store) Import(rows iter.Seq2[Row, error], opts ImportOptions) (plan Plan, err error) {
	im := importer{s: s, opts: opts}
	err = s.write(func() error {
		if err := im.run(rows); err != nil {
			return err
		}
		plan = im.plan
		if opts.Confirm != nil {
			return opts.Confirm(plan)
		}
		return nil
	})
	if err != nil {
		return plan, err
	}
	s.created = false
	return plan, remove(im.rescueFiles...)
}

// An importer holds the state of one Import.
type importer struct {
	s        *Store
	opts     ImportOptions
	plan     Plan
	input    int64 // number of this import
	settings int64 // row id of opts.Settings
	previous bool  // there was an input before
	batch    []Row
	requests *sql.Stmt // inserts batchRows requests
	rows     *sql.Stmt // inserts batchRows rows

	rescueFiles []string // to remove once their answers are committed
}

// batchRows is how many rows share one INSERT. A million rows take a third of
// the time that they take one by one.
const batchRows = 100

func (im *importer) run(rows iter.Seq2[Row, error]) error {
	if err := im.recover(); err != nil {
		return err
	}
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
	return im.s.exec(`
		INSERT INTO uncertain (request, run, started, finished, cost, reason, request_id, partial)
			SELECT id, run, started, 0, 0, 'interrupted', '', '' FROM requests WHERE state = 'running';
		UPDATE requests SET state = 'pending', interrupted = 1 WHERE state = 'running';
		UPDATE runs SET outcome = 'interrupted' WHERE ended = 0`)
}

// unchanged plans for the rows that are there already.
func (im *importer) unchanged() error {
	plan, err := im.s.metaTx("plan")
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(plan), &im.plan); err != nil {
		return fmt.Errorf("read the plan in %s: %w", im.s.path, err)
	}
	im.plan.Edited, im.plan.Conflicts = 0, nil
	if im.input, err = im.s.inputNumber(); err != nil {
		return err
	}
	return im.count()
}

func (im *importer) begin() (err error) {
	if im.input, err = im.s.inputNumber(); err != nil {
		return err
	}
	im.previous = im.input > 0
	im.input++
	// A large cache keeps the index of keys in memory; it is given back.
	if err := im.s.exec("PRAGMA cache_size = -48000"); err != nil {
		return err
	}
	err = im.s.writer.QueryRowContext(bg, `INSERT INTO settings (value) VALUES (?)
		ON CONFLICT DO UPDATE SET value = value RETURNING id`, string(im.opts.Settings)).Scan(&im.settings)
	if err != nil {
		return err
	}
	if err := im.s.exec("DROP TABLE IF EXISTS old_rows; ALTER TABLE rows RENAME TO old_rows;" + rowsSchema); err != nil {
		return err
	}
	if im.requests, err = im.s.writer.PrepareContext(bg, requestsInsert(batchRows)); err != nil {
		return err
	}
	im.rows, err = im.s.writer.PrepareContext(bg, rowsInsert(batchRows))
	return err
}

const requestCols, rowCols = 9, 7

func requestsInsert(n int) string {
	return `INSERT INTO requests (hash, key, input, born, position, settings, mode, subject, payload) VALUES ` +
		values(n, requestCols) + `
		ON CONFLICT (hash) DO UPDATE SET input = excluded.input, position = excluded.position WHERE input <> excluded.input`
}

func rowsInsert(n int) string {
	return `INSERT INTO rows (position, request, line, id, skip, fields)
		SELECT column1, q.id, column4, column5, column6, column7 FROM (VALUES ` + values(n, rowCols) + `)
		LEFT JOIN requests q ON q.hash = column2 AND q.key = column3`
}

// values is n rows of placeholders for cols values each.
func values(n, cols int) string {
	row := "(?" + strings.Repeat(", ?", cols-1) + ")"
	return row + strings.Repeat(", "+row, n-1)
}

func (im *importer) readAll(rows iter.Seq2[Row, error]) error {
	defer im.requests.Close()
	defer im.rows.Close()
	for row, err := range rows {
		if err != nil {
			return err
		}
		im.batch = append(im.batch, row)
		if len(im.batch) == batchRows {
			if err := im.flush(); err != nil {
				return fmt.Errorf("import rows into %s: %w", im.s.path, err)
			}
		}
	}
	if err := im.flush(); err != nil {
		return fmt.Errorf("import rows into %s: %w", im.s.path, err)
	}
	return nil
}

// flush writes the rows read since the last flush.
func (im *importer) flush() error {
	requests := make([]any, 0, batchRows*requestCols)
	rows := make([]any, 0, batchRows*rowCols)
	for _, r := range im.batch {
		im.plan.Rows++
		var hash, key any // NULL for a skipped row
		if r.Skip != "" {
			im.plan.Skipped++
		} else {
			k := KeyOf(r.Payload)
			hash, key = k.hash(), k[:]
			requests = append(requests, hash, key, im.input, im.input, im.plan.Rows, im.settings, r.Mode, subjectHash(r.Subject), r.Payload)
		}
		rows = append(rows, im.plan.Rows, hash, key, r.Line, r.ID, r.Skip, r.Fields)
	}
	im.batch = im.batch[:0]
	return errors.Join(
		im.insert(im.requests, requestsInsert, requests, requestCols),
		im.insert(im.rows, rowsInsert, rows, rowCols))
}

// insert runs the prepared statement for a full batch, and a statement of its
// own for any other number of rows.
func (im *importer) insert(full *sql.Stmt, text func(n int) string, args []any, cols int) (err error) {
	switch n := len(args) / cols; n {
	case 0:
	case batchRows:
		_, err = full.ExecContext(bg, args...)
	default:
		_, err = im.s.writer.ExecContext(bg, text(n), args...)
	}
	return err
}

// subjectHash is stored instead of the subject. Two subjects with the same
// hash could at worst ask for a confirmation too many.
func subjectHash(subject string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(subject))
	return int64(h.Sum64())
}

// finish counts what the import found, and notes the input.
func (im *importer) finish() error {
	var questions, requests, fresh int
	err := im.s.writer.QueryRowContext(bg, `SELECT count(*), count(DISTINCT request) FROM rows WHERE request IS NOT NULL`).Scan(&questions, &requests)
	if err != nil {
		return err
	}
	im.plan.Duplicates = questions - requests
	if err := im.s.writer.QueryRowContext(bg, `SELECT count(*) FROM requests WHERE born = ?`, im.input).Scan(&fresh); err != nil {
		return err
	}
	if im.previous && fresh > 0 {
		if err := im.compare(); err != nil {
			return err
		}
	}
	if err := im.s.exec("DROP TABLE old_rows; PRAGMA cache_size = -8000"); err != nil {
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
	return im.s.exec("INSERT OR REPLACE INTO meta VALUES ('input', ?), ('digest', ?), ('plan', ?), ('number', ?)",
		string(input), im.opts.Digest, string(plan), im.input)
}

// compare finds the rows that were edited since the last input, and the
// requests that would pay again for what is answered under other settings.
func (im *importer) compare() error {
	err := im.s.writer.QueryRowContext(bg, `
		SELECT count(*) FROM rows r JOIN requests q ON q.id = r.request
		WHERE q.born = ? AND r.id IN (SELECT id FROM old_rows)`, im.input).Scan(&im.plan.Edited)
	if err != nil {
		return err
	}
	rows, err := im.s.writer.QueryContext(bg, `
		SELECT max(s.value), q.mode, count(*) FROM requests q
		JOIN (SELECT subject, max(settings) AS settings FROM requests
			WHERE state = 'answered' AND settings <> ?1 GROUP BY subject) old ON old.subject = q.subject
		JOIN settings s ON s.id = old.settings
		WHERE q.born = ?2 GROUP BY q.mode`, im.settings, im.input)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var settings, mode string
		var n int
		if err := rows.Scan(&settings, &mode, &n); err != nil {
			return err
		}
		if im.plan.Conflicts == nil {
			im.plan.Conflicts = &Conflicts{Modes: map[string]int{}}
		}
		im.plan.Conflicts.Settings = []byte(settings)
		im.plan.Conflicts.Modes[mode] = n
	}
	return rows.Err()
}

// count takes in what was rescued, makes failed requests pending where they are to be asked again, and
// counts the requests of this input by state.
func (im *importer) count() (err error) {
	im.plan.Rescued, im.rescueFiles, err = im.s.takeRescued()
	if err != nil {
		return err
	}
	err = im.s.exec("UPDATE requests SET state = 'pending', passing = 0 WHERE state = 'failed' AND input = ? AND (passing OR ?)",
		im.input, im.opts.RetryFailed)
	if err != nil {
		return err
	}
	rows, err := im.s.writer.QueryContext(bg, "SELECT state, mode, count(*) FROM requests WHERE input = ? GROUP BY state, mode", im.input)
	if err != nil {
		return err
	}
	defer rows.Close()
	im.plan.Answered, im.plan.Failed, im.plan.Pending = 0, 0, map[string]int{}
	for rows.Next() {
		var state State
		var mode string
		var n int
		if err := rows.Scan(&state, &mode, &n); err != nil {
			return err
		}
		switch state {
		case Answered:
			im.plan.Answered += n
		case Failed:
			im.plan.Failed += n
		default:
			im.plan.Pending[mode] += n
		}
	}
	return rows.Err()
}

// exec runs statements on the writing connection, within its transaction.
func (s *Store) exec(text string, args ...any) error {
	_, err := s.writer.ExecContext(bg, text, args...)
	return err
}

// metaTx is meta as the transaction in progress sees it.
func (s *Store) metaTx(name string) (value string, err error) {
	err = s.writer.QueryRowContext(bg, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}
