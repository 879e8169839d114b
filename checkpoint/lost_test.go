package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bizbatch/internal/disk"
)

// killed is a checkpoint whose run was killed after it had saved answers. They
// are in the log still.
func killed(t *testing.T) (path string) {
	t.Helper()
	path = temp(t)
	cmd, out := startJob(t, "answer everything", path)
	for saved := 0; saved < 40; {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "saved") {
			saved++
		}
	}
	kill(t, cmd, out)
	return path
}

// What a run that was killed had saved is not asked again without a word.
func TestADamagedLogIsNoticed(t *testing.T) {
	for name, damage := range map[string]func(wal string) error{
		"removed": os.Remove,
		"cut":     func(wal string) error { return os.Truncate(wal, 100_000) },
		"flipped at its beginning": func(wal string) error {
			b, err := os.ReadFile(wal)
			if err == nil {
				b[10] ^= 0xff
				err = os.WriteFile(wal, b, 0o600)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := killed(t)
			if err := damage(path + "-wal"); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a refusal changes nothing
				if s, err := Open(path, Options{}); !errors.Is(err, ErrLost) {
					t.Fatalf("opened: %v, %v", s, err)
				}
				if s, err := View(path); !errors.Is(err, ErrLost) {
					t.Fatalf("opened for reading: %v, %v", s, err)
				}
			}
			if err := os.Remove(lockPath(path)); err != nil { // the user agrees to the loss
				t.Fatal(err)
			}
			open(t, path, Options{})
		})
	}
	t.Run("whole", func(t *testing.T) { open(t, killed(t), Options{}) })
}

// A checkpoint that is moved without the log of a run that was killed is refused, for the newest
// answers are in the log. With the log it is whole, and with the lock file it is known whether.
func TestACheckpointIsMovedWithItsLog(t *testing.T) {
	for name, test := range map[string]struct {
		along []string
		want  error
	}{
		"alone":              {nil, ErrMoved},
		"with its log":       {[]string{"-wal"}, nil},
		"with all files":     {[]string{"-wal", ".lock"}, nil},
		"with the lock file": {[]string{".lock"}, ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			path, to := killed(t), temp(t)
			for _, ending := range append(test.along, "") {
				if err := os.Rename(path+ending, to+ending); err != nil {
					t.Fatal(err)
				}
			}
			for _, opened := range []func(string) (*Store, error){View, Peek, func(path string) (*Store, error) { return Open(path, Options{}) }} {
				s, err := opened(to)
				if !errors.Is(err, test.want) {
					t.Fatalf("%v, want %v", err, test.want)
				}
				if err == nil {
					closeStore(t, s)
				}
			}
		})
	}
}

// Once a run has ended by itself, its checkpoint is whole wherever it is.
func TestACheckpointThatIsWholeIsMovedAlone(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	answer(t, s, 1)
	closeStore(t, s)
	to := temp(t)
	if err := os.Rename(path, to); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, to, Options{}))
}

// What an import takes in from a rescue file comes on top of what was saved, as
// the lock file has it.
func TestRescuedAnswersDoNotHideLostOnes(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	s := open(t, path, Options{})
	rows := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c")}
	doImport(t, s, ImportOptions{Digest: "x"}, rows...)
	answer(t, s, 2)
	leaveRescued(t, s, "c")
	closeStore(t, s)
	s = open(t, path, Options{})
	diff(t, "rescued", 1, doImport(t, s, ImportOptions{Digest: "x"}).Rescued)
	diff(t, "saved, as noted", int64(3), notedSaved(path))
}

// On Windows the first byte of the lock file is the one that is locked: nobody
// else can write it, or read it.
func TestTheFirstByteOfTheLockFileIsLeftAlone(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	answer(t, s, 1)
	b, err := os.ReadFile(lockPath(path))
	diff(t, "error", nil, err)
	if want := fmt.Sprintf("\x00process %d\nanswers 1\n", os.Getpid()); string(b) != want {
		t.Errorf("the lock file holds %q, want %q", b, want)
	}
	pid, saved := readLock(strings.NewReader("process 12\nanswers 34\n")) // of format 1
	diff(t, "notes of an older run", []int64{12, 34}, []int64{int64(pid), saved})
}

func TestALogWithoutItsDatabaseIsNotThrownAway(t *testing.T) {
	path := killed(t)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(path, Options{}); !errors.Is(err, ErrLost) {
		t.Fatalf("opened: %v, %v", s, err)
	}
	if s, err := OpenCopy(path, Options{}); !errors.Is(err, ErrLost) {
		t.Fatalf("planned with: %v, %v", s, err)
	}
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	open(t, path, Options{})
}

// gone is a checkpoint with two answers of three, whose file is taken away.
func gone(t *testing.T, away func(path string) error) (s *Store, run Run, third Request, rows []Row) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be taken away there")
	}
	rescueFolders(t)
	s, err := Open(temp(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.lock != nil {
			_ = s.Close()
		}
	})
	rows = []Row{ask("1", "a"), ask("2", "b"), ask("3", "c")}
	doImport(t, s, ImportOptions{}, rows...)
	run, page := begin(t, s, 3)
	for i, r := range page {
		if err := run.Start(r.ID, noon, 24); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			third = r
			break
		}
		if err := run.Complete(r.ID, unsaved(string(r.Payload))); err != nil {
			t.Fatal(err)
		}
	}
	if err := away(s.path); err != nil {
		t.Fatal(err)
	}
	return s, run, third, rows
}

func TestSavesFailOnceTheCheckpointIsGone(t *testing.T) {
	for name, away := range map[string]func(path string) error{
		"removed": os.Remove,
		"renamed": func(path string) error { return os.Rename(path, path+".moved") },
		"replaced": func(path string) error {
			err := os.WriteFile(path+".other", []byte("another"), 0o600)
			return errors.Join(err, os.Rename(path+".other", path))
		},
		"removed with its folder": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, run, third, rows := gone(t, away)
			if err := run.Complete(third.ID, unsaved("c")); !errors.Is(err, ErrGone) {
				t.Errorf("saved: %v", err)
			}
			var unsaved *UnsavedError
			if err := run.End(noon, "finished", nil); !errors.As(err, &unsaved) || !errors.Is(err, ErrGone) || unsaved.Answers != 3 || unsaved.Printed > 0 {
				t.Fatalf("ended: %+v, %v", unsaved, err)
			}
			// A new checkpoint of the same name takes them in.
			dir := filepath.Dir(s.path)
			if err := errors.Join(s.Close(), disk.Remove(Files(s.path)...), os.MkdirAll(dir, 0o700)); err != nil {
				t.Fatal(err)
			}
			s.lock = nil
			next := open(t, s.path, Options{})
			diff(t, "plan", Plan{Rows: 3, Answered: 3, Rescued: 3, Pending: map[string]int{}}, doImport(t, next, ImportOptions{}, rows...))
			if _, err := os.Stat(unsaved.File); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the rescue file is still there:", err)
			}
		})
	}
}

func TestAMovedCheckpointFindsItsRescueFile(t *testing.T) {
	rescueFolders(t)
	for _, endpoint := range []string{"https://one", "https://two"} {
		s := open(t, temp(t), Options{Endpoint: "https://one"})
		doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
		file := leaveRescued(t, s, "a")
		closeStore(t, s)
		beside := open(t, s.path+".beside", Options{Endpoint: endpoint})
		diff(t, "rescued for another one", 0, doImport(t, beside, ImportOptions{}, ask("1", "a"), ask("2", "b")).Rescued)
		if err := os.Remove(s.path); err != nil {
			t.Fatal(err)
		}
		other := open(t, s.path+".moved", Options{Endpoint: endpoint})
		want := map[string]int{"https://one": 1, "https://two": 0}[endpoint]
		diff(t, "rescued for "+endpoint, want, doImport(t, other, ImportOptions{}, ask("1", "a"), ask("2", "b")).Rescued)
		if _, err := os.Stat(file); err != nil {
			t.Error("the other checkpoint's file is gone:", err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARescueFileOfAnotherUserIsNotTakenIn(t *testing.T) {
	rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	if err := os.Chown(leaveRescued(t, s, "a"), 65534, 65534); err != nil {
		t.Skip("needs root:", err)
	}
	diff(t, "rescued", 0, doImport(t, s, ImportOptions{}, ask("1", "a")).Rescued)
}

func TestNoOtherWayToACheckpointThatIsInUse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the database itself is not locked there")
	}
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	if err := os.Link(path, path+".link"); err != nil {
		t.Skip(err)
	}
	if s, err := Open(path+".link", Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("by a hard link: %v, %v", s, err)
	}
	if err := os.Remove(lockPath(path)); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("without the lock file: %v, %v", s, err)
	}
	answer(t, s, 1)
}

func TestALockFileThatIsALinkIsRefused(t *testing.T) {
	path := temp(t)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(os.WriteFile(victim, []byte("mine"), 0o600), os.Symlink(victim, lockPath(path))); err != nil {
		t.Skip(err)
	}
	if s, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("opened: %v, %v", s, err)
	}
	if b, err := os.ReadFile(victim); string(b) != "mine" {
		t.Errorf("the file it leads to: %q, %v", b, err)
	}
}

// An import that is refused takes nothing away, not even what is known of the
// answers there are.
func TestARefusedImportKeepsTheCount(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	rows := []Row{ask("1", "a"), ask("2", "b")}
	doImport(t, s, ImportOptions{}, rows...)
	answer(t, s, 2)
	if _, err := s.writer.ExecContext(bg, "UPDATE answers SET answer = CAST('x' AS BLOB) WHERE request = 1"); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if _, err := s.Import(rowsOf(rows...), ImportOptions{Confirm: func(Plan) error { return no }}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	diff(t, "saved, as noted", int64(2), notedSaved(path))
	doImport(t, s, ImportOptions{}, rows...)
	diff(t, "saved once one is a failure", int64(1), notedSaved(path))
}

// A copy that SQLite made during a run has what the log has.
func TestACopyThatSQLiteMadeIsWhole(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	answer(t, s, 1)
	copied := temp(t)
	if _, err := s.db.Exec("VACUUM INTO ?", copied); err != nil {
		t.Fatal(err)
	}
	c := open(t, copied, Options{})
	if n, err := c.countAnswered(); err != nil || n != 1 {
		t.Errorf("%d answers, %v; want one", n, err)
	}
}

// What is in the log is moved into the database now and then, and the mark is set anew.
func TestTheLogIsMovedInTime(t *testing.T) {
	s := open(t, temp(t), Options{NoSync: true})
	var rows []Row
	for n := range moveEach + 1 {
		rows = append(rows, ask(fmt.Sprint(n), fmt.Sprint(n)))
	}
	doImport(t, s, ImportOptions{}, rows...)
	answer(t, s, len(rows))
	alone := temp(t)
	b, err := os.ReadFile(s.path)
	if err == nil {
		err = os.WriteFile(alone, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Open(alone, Options{}); !errors.Is(err, ErrMoved) {
		t.Errorf("opened: %v, %v", s, err)
	}
	db, err := sql.Open("sqlite", dsn(alone, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answers int
	if err := db.QueryRow("SELECT count(*) FROM answers").Scan(&answers); err != nil || answers < moveEach {
		t.Errorf("%d answers are in the database without its log, want %d: %v", answers, moveEach, err)
	}
}
