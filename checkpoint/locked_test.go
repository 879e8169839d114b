package checkpoint

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/saves"
)

// lockDatabase locks a checkpoint as a program does that has begun to change it.
func lockDatabase(t *testing.T, path string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// running is a store with n requests in flight, answered by the returned
// function in as many goroutines, with the errors of Complete.
func running(t *testing.T, n int, opts Options) (s *Store, r Run, answerAll func() []error) {
	t.Helper()
	s = open(t, temp(t), opts)
	var rows []Row
	for i := range n {
		rows = append(rows, ask(fmt.Sprint(i+1), fmt.Sprint("question ", i+1)))
	}
	doImport(t, s, ImportOptions{}, rows...)
	r, page := begin(t, s, n)
	for _, q := range page {
		if err := r.Start(q.ID, noon, 24); err != nil {
			t.Fatal(err)
		}
	}
	return s, r, func() []error {
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i, q := range page {
			wg.Go(func() { errs[i] = r.Complete(q.ID, unsaved(string(q.Payload))) })
		}
		wg.Wait()
		return errs
	}
}

// rescueFilesOf are the rescue files beside a checkpoint, and their lines.
func rescueFilesOf(t *testing.T, s *Store) (files []string, lines int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.path), "bizbatch-rescue-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(b, []byte("\n"))
	}
	return files, lines
}

// shortWaits has locks and answers wait for less than a run's do.
func shortWaits(t *testing.T) {
	long, short, idle, held := lockWait, shortLockWait, idleLockWait, saves.Hold
	t.Cleanup(func() { lockWait, shortLockWait, idleLockWait, saves.Hold = long, short, idle, held })
	lockWait, shortLockWait, idleLockWait, saves.Hold = time.Second, 10*time.Millisecond, 100*time.Millisecond, 10*time.Millisecond
	rescueFolders(t)
}

// awaitLines waits until the rescue file has so many lines.
func awaitLines(t *testing.T, s *Store, n int) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	deadline := time.After(time.Minute)
	for {
		if _, lines := rescueFilesOf(t, s); lines == n {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Error("waited in vain for a rescue file")
			return
		}
	}
}

// Another program keeps the checkpoint locked: every answer is in a file before
// anybody gives up waiting, and none waits for the lock after another has.
func TestAnswersBehindALockAreRescued(t *testing.T) {
	shortWaits(t)
	lockWait = 4 * time.Second // half of which no save takes, on a busy machine either
	const n = 8
	s, r, answerAll := running(t, n, Options{})
	unlock := lockDatabase(t, s.path)
	begun := time.Now()
	done := make(chan []error)
	go func() { done <- answerAll() }()
	awaitLines(t, s, n)
	for _, err := range <-done {
		var lost *UnsavedError
		if !errors.As(err, &lost) || !errors.Is(err, ErrLocked) || lost.File == "" || lost.Printed > 0 {
			t.Errorf("saved behind a lock: %v", err)
		}
	}
	if took := time.Since(begun); took > 4*lockWait { // 9 times, if each waits
		t.Errorf("it took %.1f waits until all were given up", took.Seconds()/lockWait.Seconds())
	}
	begun = time.Now()
	if err := r.Release(1, Fault{}); !errors.Is(err, ErrLocked) {
		t.Errorf("released behind a lock: %v", err)
	}
	if took := time.Since(begun); took > lockWait/2 {
		t.Errorf("the next save waited for %.1f of a wait", took.Seconds()/lockWait.Seconds())
	}
	files, lines := rescueFilesOf(t, s)
	diff(t, "rescue files and lines", []int{1, n}, []int{len(files), lines})

	// The lock is gone: the end of the run saves them, and nothing is left.
	unlock()
	end(t, r)
	files, _ = rescueFilesOf(t, s)
	diff(t, "files left", 0, len(files))
	counts, err := s.Counts()
	diff(t, "error", nil, err)
	diff(t, "states", map[State]int{Answered: n}, counts.States)
}

// A lock that ends in time costs nothing but the time.
func TestAShortLockIsWaitedFor(t *testing.T) {
	shortWaits(t)
	lockWait = time.Minute
	s, r, answerAll := running(t, 4, Options{})
	unlock := lockDatabase(t, s.path)
	go func() {
		awaitLines(t, s, 4)
		unlock()
	}()
	diff(t, "errors", make([]error, 4), answerAll())
	files, _ := rescueFilesOf(t, s)
	diff(t, "rescue files", 0, len(files))
	end(t, r)
}

// What cannot be saved stays in the file after the run, and only there.
func TestWhatIsNeverSavedIsToldAtTheEnd(t *testing.T) {
	shortWaits(t)
	lockWait = shortLockWait
	s, r, answerAll := running(t, 3, Options{})
	defer lockDatabase(t, s.path)()
	answerAll()
	var lost *UnsavedError
	if err := r.End(noon, "cannot save", nil); !errors.As(err, &lost) || lost.Answers != 3 {
		t.Fatalf("ended: %v", err)
	}
	if files, lines := rescueFilesOf(t, s); len(files) != 1 || files[0] != lost.File || lines != 3 {
		t.Errorf("%d answers in %v, and told of %s", lines, files, lost.File)
	}
	// They are rescued, and not perhaps charged for nothing.
	flights, err := s.Flights()
	diff(t, "error", nil, err)
	diff(t, "rescued, interrupted, uncertain", []int{3, 0, 0}, []int{len(flights.Rescued), len(flights.Interrupted), len(flights.Uncertain)})
}

// Where the folder of the file takes no more, all of it moves on.
func TestTheRescueFileMovesAsAWhole(t *testing.T) {
	_, home := rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	r := &run{s: s}
	r.rescue.Place = s.rescuePlace()
	put := func(id int64, text string) {
		line := s.rescued(keys.Of([]byte(text)), unsaved(text))
		r.rescue.Wait(id, line)
		r.rescue.Put(id, line)
	}
	put(1, "a")
	first, _, _ := r.rescue.Unsaved()
	r.rescue.Close() // nothing can be written to it any more
	if err := os.RemoveAll(filepath.Dir(s.path)); err != nil {
		t.Fatal(err)
	}
	put(2, "b")
	defer r.rescue.Close()
	second, _, _ := r.rescue.Unsaved()
	diff(t, "folder", home, filepath.Dir(second))
	b, err := os.ReadFile(second)
	diff(t, "error", nil, err)
	diff(t, "lines", 2, bytes.Count(b, []byte("\n")))
	if _, err := os.Stat(first); err == nil {
		t.Error("the first file is still there")
	}
}

// A program that has the checkpoint for itself keeps it from being opened at all.
func TestOpenOfALockedCheckpoint(t *testing.T) {
	shortWaits(t)
	path := temp(t)
	newCheckpoint(t, path, Options{})
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	for what, open := range map[string]func() (*Store, error){
		"a run":  func() (*Store, error) { return Open(path, Options{}) },
		"a view": func() (*Store, error) { return View(path) },
	} {
		if _, err := open(); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
