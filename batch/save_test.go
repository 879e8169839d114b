package batch

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/checkpoint"
)

// breakSaves makes the checkpoint refuse every save that sets a state, through
// a connection of its own, until the returned function is called.
func breakSaves(t *testing.T, s *checkpoint.Store, state string) (mend func()) {
	t.Helper()
	exec := func(text string) {
		db, err := sql.Open("sqlite", "file:"+s.Path()+"?_pragma=busy_timeout(10000)")
		if err != nil {
			t.Error(err)
			return
		}
		defer db.Close()
		if _, err := db.Exec(text); err != nil {
			t.Error(err)
		}
	}
	exec("CREATE TRIGGER broken BEFORE UPDATE ON requests WHEN new.state = '" + state + "' BEGIN SELECT RAISE(FAIL, 'the disk is full'); END")
	return func() { exec("DROP TRIGGER broken") }
}

func TestAnswersThatCannotBeSavedAreRescued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		var mend func()
		svc := newService(func(r request) reply {
			if r.total == 13 {
				mend = breakSaves(t, store, "answered")
			}
			return reply{takes: time.Duration(r.total) * time.Second}
		})
		var onDisk bool
		sum, err := Run(t.Context(), store, svc, Options{Workers: 4, OnEvent: func(e Event) {
			if files, _ := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), "bizbatch-rescue-*")); e.Progress.InFlight == 3 && len(files) == 1 {
				onDisk = true // long before the drain is over
			}
		}})
		out := verify(t, svc, sum, err, 0, 0)
		var stop *StopError
		if !errors.As(err, &stop) || stop.Kind != StopSave || stop.Unsaved == nil || stop.Unsaved.Answers != 4 || !onDisk {
			t.Fatalf("%+v, on disk early: %v", stop, onDisk)
		}
		if info, err := os.Stat(stop.Unsaved.File); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the rescue file: %v, %v", info, err)
		}
		if out.Answered+out.Left != 20 || sum.Spent != Money(out.Answered)*24*Cent || sum.LeftCost != Money(out.Left)*24*Cent {
			t.Errorf("%+v", sum)
		}
		mend()
		if plan := importN(t, store, 20); plan.Rescued != 4 || plan.ToAsk() != out.Left {
			t.Errorf("%+v", plan)
		}
		svc.rule = answers(time.Second)
		_, next := run(t, store, svc, Options{})
		want(t, next, outcome{Answered: out.Left, Sum: out.Left})
	})
}

func TestAnswersAreSavedOnceTheCheckpointTakesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 10)
		var mend func()
		svc := newService(func(r request) reply {
			if r.total == 1 {
				mend = breakSaves(t, store, "answered")
				time.AfterFunc(15*time.Second, mend)
			}
			return reply{takes: time.Duration(r.total) * 10 * time.Second}
		})
		sum, err := Run(t.Context(), store, svc, Options{Workers: 2})
		out := verify(t, svc, sum, err, 0, 0)
		want(t, out, outcome{Stop: StopSave, Answered: 2, Left: 8, Sum: 2})
		var stop *StopError
		if files, _ := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), "bizbatch-rescue-*")); errors.As(err, &stop) && stop.Unsaved != nil || len(files) > 0 {
			t.Errorf("%+v, %v", stop, files)
		}
		for i, r := range records(t, store)[:2] {
			if r.Status != Answered {
				t.Errorf("question %d is %s", i+1, r.Status)
			}
		}
	})
}

func TestARescueIsToldWhateverStoppedTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 4)
		svc := newService(func(r request) reply {
			if r.number() == 1 {
				breakSaves(t, store, "answered")
				return reply{takes: time.Second, err: httpError(402)}
			}
			return reply{takes: time.Minute}
		})
		_, err := Run(t.Context(), store, svc, Options{})
		var stop *StopError
		if !errors.As(err, &stop) || stop.Kind != StopBalance || stop.Unsaved == nil || stop.Unsaved.Answers != 3 || stop.Unsaved.File == "" {
			t.Errorf("%+v", stop)
		}
	})
}

func TestNothingIsSentThatCannotBeNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 10)
		mend := breakSaves(t, store, "running")
		svc := newService(answers(0))
		_, out := run(t, store, svc, Options{})
		want(t, out, outcome{Stop: StopSave, Left: 10})
		mend()
		_, out = run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 10, Sum: 10})
	})
}

func TestAFailureThatCannotBeSavedLeavesTheQuestionPending(t *testing.T) {
	for _, status := range []int{400, 500} {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 1)
			mend := breakSaves(t, store, "failed")
			svc := newService(from(1, httpError(status)))
			sum, err := Run(t.Context(), store, svc, Options{MaxAttempts: 1})
			want(t, verify(t, svc, sum, err, 0, 0), outcome{Stop: StopSave, Left: 1, Sum: 1})
			mend()
			if plan := importN(t, store, 1); plan.ToAsk() != 1 {
				t.Errorf("%+v", plan)
			}
		})
	}
}

// A copy of the file as it is while requests are in flight is what a kill
// would leave.
func TestWhatACrashLeavesIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 20)
		copied := filepath.Join(t.TempDir(), "copy.bizbatch")
		svc := newService(answers(10 * time.Second))
		time.AfterFunc(15*time.Second, func() {
			db, err := sql.Open("sqlite", "file:"+store.Path()+"?_pragma=busy_timeout(10000)")
			if err == nil {
				_, err = db.Exec("VACUUM INTO ?", copied)
				err = errors.Join(err, db.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
		if _, err := Run(context.Background(), store, svc, Options{Workers: 4}); err != nil {
			t.Fatal(err)
		}
		again := openStore(t, copied)
		plan := importN(t, again, 20)
		if flights, err := again.Flights(); err != nil || len(flights.Interrupted) != 4 || plan.Answered != 4 || plan.ToAsk() != 16 {
			t.Errorf("%+v, %v, %+v", flights, err, plan)
		}
		svc = newService(answers(time.Second))
		_, out := run(t, again, svc, Options{})
		want(t, out, outcome{Answered: 16, Sum: 16})
	})
}
