package checkpoint

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOutcomes(t *testing.T) {
	fault := Fault{Reason: "timeout", Message: "too slow", RequestID: "req_1", Attempts: 2, Started: noon, Finished: noon.Add(time.Second)}
	charged := fault
	charged.MaybeCharged, charged.Cost, charged.Partial = true, 24, "The ra"
	told := []Uncertain{{RowID: "1", Run: 1, Started: noon, Finished: noon.Add(time.Second), Cost: 24, Mode: "fast", Reason: "timeout", RequestID: "req_1", Partial: "The ra"}}
	c := Completion{Answer: []byte("yes"), Attempts: 3, Cost: 30, Started: noon, Finished: noon.Add(time.Minute)}
	row := Result{Position: 1, ID: "1", Line: 2, Fields: []byte(`["a"]`)}
	with := func(change func(*Result)) Result { r := row; change(&r); return r }
	answered := with(func(r *Result) {
		r.State, r.Attempts, r.Cost, r.Answer, r.Started, r.Finished = Answered, 3, 30, []byte("yes"), noon, noon.Add(time.Minute)
	})
	for _, tt := range []struct {
		name      string
		do        func(*Store) error
		result    Result
		uncertain []Uncertain
	}{
		{"completed", func(s *Store) error { return s.Complete(1, c) }, answered, nil},
		{"completed twice: the first answer stays", func(s *Store) error {
			return errors.Join(s.Complete(1, c), s.Complete(1, Completion{Answer: []byte("no"), Attempts: 1, Cost: 1}))
		}, answered, nil},
		{"failed after it was completed: the answer stays", func(s *Store) error {
			return errors.Join(s.Complete(1, c), s.Fail(1, fault), s.Release(1, fault))
		}, answered, nil},
		{"failed", func(s *Store) error { return s.Fail(1, fault) },
			with(func(r *Result) {
				r.State, r.Attempts, r.Error, r.RequestID, r.Started, r.Finished = Failed, 2, "too slow", "req_1", noon, noon.Add(time.Second)
			}), nil},
		{"released", func(s *Store) error { return s.Release(1, fault) },
			with(func(r *Result) { r.State, r.Attempts, r.Error, r.RequestID = Pending, 2, "too slow", "req_1" }), nil},
		{"released, but perhaps charged", func(s *Store) error { return s.Release(1, charged) },
			with(func(r *Result) { r.State, r.Attempts, r.Error, r.RequestID = Pending, 2, "too slow", "req_1" }), told},
		{"released, sent again and completed: all attempts count", func(s *Store) error {
			return errors.Join(s.Release(1, fault), s.Start(1, noon, 24), s.Complete(1, c))
		}, with(func(r *Result) { *r = answered; r.Attempts = 5 }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := temp(t)
			s := open(t, path, Options{})
			doImport(t, s, ImportOptions{}, ask("1", "a"))
			if err := errors.Join(s.BeginRun(noon), s.Start(1, noon, 24), tt.do(s)); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			s = open(t, path, Options{})
			for r, err := range s.Results() {
				diff(t, "result", tt.result, r)
				diff(t, "error", nil, err)
			}
			uncertain, err := s.Uncertain()
			diff(t, "uncertain", tt.uncertain, uncertain)
			diff(t, "error", nil, err)
		})
	}
}

func TestStartRefusesWhatWouldPayTwice(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
	answer(t, s, 1)
	fail(t, s, 1, false)
	if err := s.Start(3, noon, 24); err != nil {
		t.Fatal(err)
	}
	for id, what := range map[int64]string{1: "answered", 2: "failed", 3: "running", 4: "unknown"} {
		if err := s.Start(id, noon, 24); !errors.Is(err, errNotPending) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if err := errors.Join(s.Complete(4, Completion{Answer: []byte("x")})); err == nil {
		t.Error("an answer to an unknown request was lost without a word")
	}
}

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
	for _, r := range pending(t, s, n) {
		wg.Go(func() {
			if err := errors.Join(s.Start(r.ID, noon, 24), s.Complete(r.ID, answerTo(r))); err != nil {
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
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
	// As groupSaves does, with a group that is known.
	var group []save
	for id, answer := range [][]byte{[]byte("x"), nil, []byte("z")} {
		group = append(group, save{
			apply: func() error { return s.complete(int64(id+1), Completion{Answer: answer}) },
			done:  make(chan error, 1),
		})
	}
	s.commit(group)
	for i, bad := range []bool{false, true, false} {
		if err := <-group[i].done; (err != nil) != bad {
			t.Errorf("save %d: %v", i+1, err)
		}
	}
	diff(t, "results", []string{"1 answered: x", "2 pending", "3 answered: z"}, results(t, s))
	saves, syncs := s.Saves()
	diff(t, "saves and syncs", []int64{2, 2}, []int64{saves, syncs})
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
	err := errors.Join(s.BeginRun(noon), s.EndRun(noon.Add(time.Hour), "finished", []byte(`{"answered":1}`)), s.BeginRun(noon))
	diff(t, "error", nil, err)
	runs, err := s.Runs()
	diff(t, "error", nil, err)
	diff(t, "runs", []RunRecord{
		{Run: 1, Started: noon, Ended: noon.Add(time.Hour), Outcome: "finished", Summary: []byte(`{"answered":1}`)},
		{Run: 2, Started: noon, Summary: []byte("{}")},
	}, runs)

	answer(t, s, 1)
	fail(t, s, 1, false)
	doImport(t, s, ImportOptions{}, ask("2", "b"), ask("3", "c"), skipped("4"))
	counts, err := s.Counts()
	diff(t, "error", nil, err)
	diff(t, "counts", Counts{
		Rows: 3, Skipped: 1, States: map[State]int{Failed: 1, Pending: 1}, Reasons: map[string]int{"refused": 1},
		SpentTotal: 24, AnsweredByMode: map[string]int{}, SpentByMode: map[string]int64{}, PendingByMode: map[string]int{"fast": 1},
	}, counts)

	err = s.AddOutput("/home/me/answers.csv", noon)
	diff(t, "error", nil, err)
	for path, want := range map[string]bool{"/home/me/answers.csv": true, "/home/me/other.csv": false} {
		has, err := s.HasOutput(path)
		if has != want || err != nil {
			t.Errorf("HasOutput(%s) = %v, %v", path, has, err)
		}
	}
}
