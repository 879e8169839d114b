package checkpoint

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// paid is a checkpoint beside another, of a service, whose run is on and has
// answered a and b.
func paid(t *testing.T, dir, endpoint string) *Store {
	t.Helper()
	s := open(t, filepath.Join(dir, "paid.bizbatch"), Options{Endpoint: endpoint})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
	answer(t, s, 2)
	begin(t, s, 1)
	return s
}

func TestAnswersOfAnotherCheckpointAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	other := paid(t, dir, "https://one")
	path := filepath.Join(dir, "q.bizbatch")
	s := open(t, path, Options{Endpoint: "https://one"})
	rows := []Row{ask("x", "c"), ask("y", "b"), ask("z", "a"), ask("z again", "a"), ask("new", "d")}
	reuse := ImportOptions{Digest: "x", Reuse: []string{path}, Neighbours: []string{other.path}}

	planned := openCopy(t, path, Options{Endpoint: "https://one"})
	want := Plan{Rows: 5, Duplicates: 1, Answered: 2, Reused: []Reused{{"paid.bizbatch", 2}}, Asking: []Reused{{"paid.bizbatch", 1}}, Pending: map[string]int{"fast": 2}}
	diff(t, "plan of a copy", want, doImport(t, planned, reuse, rows...))
	diff(t, "plan", want, doImport(t, s, reuse, rows...))
	for r, err := range s.Results() {
		diff(t, "error", nil, err)
		if r.State == Answered && (r.Cost != 0 || r.Reused != "paid.bizbatch" || !r.Started.Equal(noon) || r.Finished.Equal(noon)) {
			t.Errorf("taken over: %+v", r)
		}
	}
	diff(t, "results", []string{"x pending", "y answered: answer to b", "z answered: answer to a", "z again answered: answer to a", "new pending"}, results(t, s))
	counts, err := s.Counts()
	diff(t, "error", nil, err)
	diff(t, "spent", int64(0), counts.SpentTotal)
	list, err := s.Reused()
	diff(t, "error", nil, err)
	diff(t, "reused", []Reused{{"paid.bizbatch", 2}}, list)
	diff(t, "reused by the next import", []Reused(nil), doImport(t, s, reuse).Reused)

	// What the other answers later is taken over later, also by an unchanged input.
	end(t, other.begun.Load())
	answer(t, other, 1)
	diff(t, "reused once it was answered", []Reused{{"paid.bizbatch", 1}}, doImport(t, s, reuse).Reused)
}

func TestWhatIsNotTakenOver(t *testing.T) {
	rows := []Row{ask("1", "a"), ask("2", "b")}
	shortWaits(t)
	lockWait = time.Minute
	for name, test := range map[string]struct {
		endpoint string
		unread   bool // it could not be read
		spoil    func(t *testing.T, other *Store)
	}{
		"answers of another service": {"https://two", false, func(*testing.T, *Store) {}},
		"those of a checkpoint that is locked": {"https://one", true, func(t *testing.T, other *Store) {
			closeStore(t, other)
			db, err := sql.Open("sqlite", dsn(other.path, "rw", "locking_mode(EXCLUSIVE)"))
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			t.Cleanup(func() { diff(t, "error", nil, db.Close()) })
			_, err = db.Exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
			diff(t, "error", nil, err)
		}},
		"what is no checkpoint": {"https://one", true, func(t *testing.T, other *Store) {
			closeStore(t, other)
			diff(t, "error", nil, os.WriteFile(other.path, []byte("text"), 0o600))
			t.Cleanup(func() { _ = os.Remove(other.path) })
		}},
		"damaged answers": {"https://one", false, func(t *testing.T, other *Store) {
			_, err := other.db.Exec("UPDATE answers SET answer = CAST('x' AS BLOB)")
			diff(t, "error", nil, err)
			t.Cleanup(func() { // its own check must not complain
				_, err := other.db.Exec("DELETE FROM answers; UPDATE requests SET state = 'pending' WHERE state = 'answered'")
				diff(t, "error", nil, err)
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			other := paid(t, dir, test.endpoint)
			s := open(t, filepath.Join(dir, "q.bizbatch"), Options{Endpoint: "https://one"})
			test.spoil(t, other)
			begun := time.Now()
			plan := doImport(t, s, ImportOptions{Neighbours: []string{other.path}}, rows...)
			if test.unread != (len(plan.Unread) == 1) || test.unread && plan.Unread[0].Checkpoint != "paid.bizbatch" {
				t.Errorf("not read: %q", plan.Unread)
			}
			if took := time.Since(begun); took > lockWait/2 {
				t.Errorf("it waited for a lock, %.1f of what a run does", took.Seconds()/lockWait.Seconds())
			}
			plan.Unread = nil
			diff(t, "plan", Plan{Rows: 2, Pending: map[string]int{"fast": 2}}, plan)
			if _, err := s.Import(rowsOf(rows...), ImportOptions{Reuse: []string{other.path}}); (err != nil) != test.unread {
				t.Errorf("asked for by name: %v", err)
			}
		})
	}
}

// A question that was in flight when its run was killed may have been charged,
// also if another checkpoint turns out to have the answer.
func TestATakenOverAnswerHidesNoCharge(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "q.bizbatch")
	s := open(t, path, Options{Endpoint: "https://one"})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	run, page := begin(t, s, 1)
	if err := errors.Join(run.Start(page[0].ID, noon, 24), s.Close()); err != nil {
		t.Fatal(err)
	}
	other := paid(t, dir, "https://one")
	s = open(t, path, Options{Endpoint: "https://one"})
	diff(t, "reused", []Reused{{"paid.bizbatch", 1}}, doImport(t, s, ImportOptions{Reuse: []string{other.path}}, ask("1", "a")).Reused)
	end(t, first(begin(t, s, 0)))
	flights, err := s.Flights()
	diff(t, "error", nil, err)
	diff(t, "uncertain", []Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Cost: 24, Mode: "fast", Reason: "interrupted"}}, flights.Uncertain)
	diff(t, "interrupted", 0, len(flights.Interrupted))
}
