package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
)

// older is a copy of the file that a version with a format wrote.
func older(t *testing.T, format int) (path string) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("testdata/version%d.sqlite", format))
	if err != nil {
		t.Fatal(err)
	}
	path = temp(t)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tables are the statements that made them.
func tables(t *testing.T, path string) (list []string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			t.Fatal(err)
		}
		list = append(list, statement)
	}
	return list
}

// Every format there was has a file in testdata. It is read as it was, by a run
// and by those who only look.
func TestOlderFormatsAreBroughtToTodays(t *testing.T) {
	fresh := temp(t)
	newCheckpoint(t, fresh, Options{})
	for format := 1; format < len(migrations); format++ {
		for name, opens := range map[string]func(string) (*Store, error){
			"a run":  func(path string) (*Store, error) { return Open(path, Options{Endpoint: "https://api.example"}) },
			"a view": View,
		} {
			t.Run(fmt.Sprintf("format %d, %s", format, name), func(t *testing.T) {
				path := older(t, format)
				s, err := opens(path)
				if err != nil {
					t.Fatal(err)
				}
				diff(t, "results", []string{"1 answered: {\"text\":\"yes\"}", "2 failed", "3 pending", "4 answered: {\"text\":\"yes\"}", "5 skipped: no question", "6 running"}, results(t, s))
				flights, err := s.Flights()
				diff(t, "error", nil, err)
				diff(t, "interrupted and uncertain", []int{1, 2}, []int{len(flights.Interrupted), len(flights.Uncertain)})
				_, ours, err := s.Output(filepath.Join(filepath.Dir(path), "questions.answers.csv"))
				if note, err2 := s.Note("prices"); !ours || errors.Join(err, err2) != nil || string(note) != `{"fast":0.25}` {
					t.Errorf("output known: %v, prices %s, %v", ours, note, errors.Join(err, err2))
				}
				runs, err := s.Runs()
				if err != nil || len(runs) != 2 || runs[0].Outcome != "interrupted" {
					t.Errorf("runs %+v, %v", runs, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				check(t, path)
				diff(t, "tables", tables(t, fresh), tables(t, path))
			})
		}
	}
}

// What cannot be brought to today's format now is refused, and says why.
func TestAnOlderCheckpointThatCannotBeUpgraded(t *testing.T) {
	path := older(t, 1)
	l, err := takeLock(path) // as a run of the older version holds it
	if err != nil {
		t.Fatal(err)
	}
	_, err = View(path)
	if !errors.Is(err, ErrOlder) || !errors.Is(err, ErrInUse) {
		t.Errorf("while its run is on: %v", err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
	broken := older(t, 1)
	db, err := sql.Open("sqlite", dsn(broken, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("CREATE TABLE agreed (in_the_way)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	before := tables(t, broken)
	if s, err := Open(broken, Options{}); err == nil {
		_ = s.Close()
		t.Error("a half migration was taken")
	}
	diff(t, "tables after a migration that failed", before, tables(t, broken))
	if left, err := filepath.Glob(broken + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// An answer that waits to be replaced waits in today's format, too: the last one.
func TestAnAnswerThatWaitedStillDoes(t *testing.T) {
	for format := 4; format < 6; format++ {
		path := older(t, format)
		db, err := sql.Open("sqlite", dsn(path, "rw"))
		if err != nil {
			t.Fatal(err)
		}
		for _, answer := range []string{"first", "second"} {
			_, err := db.Exec(`INSERT INTO earlier (request, label, cost, started, finished, crc, answer)
				SELECT id, '', 24, 1, 2, ?, CAST(? AS BLOB) FROM requests WHERE position IN (3, 4)`, crc32.ChecksumIEEE([]byte(answer)), answer)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		planned := doImport(t, openCopy(t, path, Options{}), ImportOptions{AskUnfit: 1}, under("", "3", "c"))
		s := open(t, path, Options{})
		diff(t, "results", []string{"1 answered: {\"text\":\"yes\"}", "2 failed", "3 answered: second", "4 answered: {\"text\":\"yes\"}", "5 skipped: no question", "6 running"}, results(t, s))
		diff(t, "plan of a copy", doImport(t, s, ImportOptions{AskUnfit: 1}, under("", "3", "c")), planned)
		closeStore(t, s)
	}
}
