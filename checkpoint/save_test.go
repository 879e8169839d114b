package checkpoint

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestManyGoroutinesSaveTogether(t *testing.T) {
	const n = 400
	path := temp(t)
	s := open(t, path, Options{})
	var rows []Row
	for i := range n {
		rows = append(rows, ask(fmt.Sprint(i), fmt.Sprint("text ", i)))
	}
	doImport(t, s, ImportOptions{}, rows...)
	var wg sync.WaitGroup
	run, page := begin(t, s, n)
	for _, r := range page {
		wg.Go(func() {
			if err := errors.Join(run.Start(r.ID, noon, 24), run.Complete(r.ID, answerTo(r))); err != nil {
				t.Error(err)
			}
			// A view has a connection of its own: it sees what is committed.
			if r.ID%100 == 0 {
				v, err := View(path)
				if err != nil {
					t.Error(err)
					return
				}
				defer v.Close()
				var state State
				err = v.db.QueryRow("SELECT state FROM requests WHERE id = ?", r.ID).Scan(&state)
				if state != Answered || err != nil {
					t.Errorf("saved, and %s, %v", state, err)
				}
			}
		})
	}
	wg.Wait()
	counts, err := s.Counts()
	diff(t, "error", nil, err)
	diff(t, "states", map[State]int{Answered: n}, counts.States)
	diff(t, "spent", int64(24*n), counts.Spent)
	saves, syncs := s.Saves()
	diff(t, "saves", int64(2*n), saves)
	if syncs < 2 || syncs >= saves/2 { // the two of a question cannot share one
		t.Errorf("%d syncs for %d saves", syncs, saves)
	}
}

func TestASaveThatCannotBeAppliedTakesNoOtherWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, temp(t), Options{})
		doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
		var wg sync.WaitGroup
		free := make(chan struct{})
		wg.Go(func() { // meanwhile the others come together
			if err := s.saves.Save(1, nil, func(*Store) error { <-free; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for id, answer := range [][]byte{[]byte("x"), nil, []byte("z")} {
			wg.Go(func() {
				err := s.saves.Save(int64(id+1), nil, func(s *Store) error { return s.complete(int64(id+1), Completion{Answer: answer}) })
				if (err != nil) != (answer == nil) {
					t.Errorf("save %d: %v", id+1, err)
				}
			})
		}
		synctest.Wait()
		close(free)
		wg.Wait()
		diff(t, "results", []string{"1 answered: x", "2 pending", "3 answered: z"}, results(t, s))
		saves, syncs := s.Saves()
		diff(t, "saves and syncs", []int64{3, 3}, []int64{saves, syncs})
	})
}

func TestWhatWritesSyncsEveryCommit(t *testing.T) {
	settings := func(opts Options) string {
		path := temp(t)
		newCheckpoint(t, path, opts)
		s := open(t, path, opts)
		var mode, sync string
		err := s.writer.QueryRowContext(bg, "SELECT * FROM pragma_journal_mode, pragma_synchronous").Scan(&mode, &sync)
		if err != nil {
			t.Fatal(err)
		}
		return mode + " " + sync
	}
	const extra, off = "3", "0"
	diff(t, "settings", "wal "+extra, settings(Options{}))
	diff(t, "settings with NoSync", "wal "+off, settings(Options{NoSync: true}))
}

func TestTheFirstImportEndsWithTheLog(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", strings.Repeat("a", 100)))
	var mode string
	if err := s.writer.QueryRowContext(bg, "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
}

func TestHistory(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"), skipped("4"))
	run, _ := begin(t, s, 0)
	err := run.End(noon.Add(time.Hour), "finished", []byte(`{"answered":1}`))
	diff(t, "error", nil, err)
	run, _ = begin(t, s, 0)
	runs, err := s.Runs()
	diff(t, "error", nil, err)
	diff(t, "runs", []RunRecord{
		{Run: 1, Started: noon, Ended: noon.Add(time.Hour), Outcome: "finished", Summary: []byte(`{"answered":1}`)},
		{Run: 2, Started: noon, Summary: []byte("{}")},
	}, runs)

	end(t, run)
	answer(t, s, 1)
	fail(t, s, 1, false)
	doImport(t, s, ImportOptions{}, ask("2", "b"), ask("3", "c"), skipped("4"))
	counts, err := s.Counts()
	diff(t, "error", nil, err)
	diff(t, "counts", Counts{
		Rows: 3, Skipped: 1, States: map[State]int{Failed: 1, Pending: 1}, Reasons: map[string]int{"refused": 1},
		SpentTotal: 24, Labels: map[string]int{}, PaidByMode: map[string]int{}, SpentByMode: map[string]int64{}, PendingByMode: map[string]int{"fast": 1},
	}, counts)

	diff(t, "error", nil, errors.Join(s.SetOutput("answers.csv", "first second"), s.SetOutput("new.csv", "")))
	for path, want := range map[string]struct {
		digest string
		ours   bool
	}{"answers.csv": {"first second", true}, "new.csv": {"", true}, "other.csv": {"", false}} {
		digest, ours, err := s.Output(path)
		if digest != want.digest || ours != want.ours || err != nil {
			t.Errorf("Output(%s) = %q, %v, %v", path, digest, ours, err)
		}
	}
}
