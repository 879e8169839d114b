package checkpoint

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func init() { jobs["refresh everything"], jobs["refresh one"] = refreshEverything, refreshOne }

const refreshRows = 200

// toRefresh begins a run that refreshes every answer.
func toRefresh(path string) (s *Store, run Run, page []Request, err error) {
	if s, err = Open(path, Options{}); err != nil {
		return s, run, page, err
	}
	if _, err = s.Import(rowsOf(), ImportOptions{Digest: "x", Refresh: everyAnswer}); err != nil {
		return s, run, page, err
	}
	run, page, err = given(s, refreshRows)
	return s, run, page, err
}

// refreshEverything refreshes the answers with many goroutines. It writes a line for
// each as it was sent, and one once the new one is saved. Some fail.
func refreshEverything(path string) error {
	s, run, page, err := toRefresh(path)
	if err != nil {
		return err
	}
	runs, err := s.Runs()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; i < len(page); i += 8 {
				q := page[i]
				err := run.Start(q.ID, noon.Add(time.Hour), 24)
				fmt.Println("sent", q.RowID)
				switch {
				case err != nil:
				case i%5 == 0:
					err = run.Release(q.ID, Fault{Reason: "503"})
				case i%7 == 0:
					err = run.Fail(q.ID, Fault{Reason: "400"})
				default:
					err = run.Complete(q.ID, Completion{Answer: fmt.Append(nil, len(runs)), Cost: 24, Started: noon, Finished: noon})
					fmt.Println("saved", q.RowID, len(runs))
				}
				if err != nil {
					fmt.Println("error:", err)
					os.Exit(1)
				}
			}
		})
	}
	wg.Wait()
	if err := run.End(noon, "finished", []byte("{}")); err != nil {
		return err
	}
	select {} // Close would move the log into the file; see withoutPower
}

// Killed at any moment, or without power, every question has an answer: the one that
// was saved last, or a later one.
func TestKilledAtAnyMomentOfARefresh(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	var rows []Row
	for i := range refreshRows {
		rows = append(rows, ask(strconv.Itoa(i), fmt.Sprint("text ", i)))
	}
	doImport(t, s, ImportOptions{Digest: "x"}, rows...)
	run, page := begin(t, s, refreshRows)
	for _, q := range page {
		if err := errors.Join(run.Start(q.ID, noon, 24), run.Complete(q.ID, Completion{Answer: []byte("1"), Cost: 24, Started: noon, Finished: noon})); err != nil {
			t.Fatal(err)
		}
	}
	end(t, run)
	closeStore(t, s)
	saved := map[string]int{} // the last answer that was said to be saved, by row
	take := func(line string) {
		var id string
		var n int
		if _, err := fmt.Sscanf(line, "saved %s %d\n", &id, &n); err == nil && strings.HasSuffix(line, "\n") {
			saved[id] = n
		} else if strings.HasPrefix(line, "error") {
			t.Fatal(line)
		}
	}
	for range 8 {
		cmd, out := startJob(t, "refresh everything", path)
		for range rand.IntN(3 * refreshRows / 2) { // it writes more
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			take(line)
		}
		for line := range strings.Lines(kill(t, cmd, out)) {
			take(line)
		}
		if cut := withoutPower(t, path); cut != "" {
			eachAnswered(t, cut, nil) // an answer that was synced is not lost, and none is without
		}
		eachAnswered(t, path, saved)
		check(t, path)
	}
	s = open(t, path, Options{})
	plan := doImport(t, s, ImportOptions{Digest: "x"})
	diff(t, "answered and to ask", []int{refreshRows, 0}, []int{plan.Answered, plan.ToAsk()})
	closeStore(t, s)
	eachAnswered(t, path, saved)
}

// eachAnswered checks that each row has an answer, and none older than was saved.
func eachAnswered(t *testing.T, path string, saved map[string]int) {
	t.Helper()
	s, err := View(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := 0
	for r, err := range s.Results() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		n, err := strconv.Atoi(string(r.Answer))
		if err != nil || r.State != Answered || n < saved[r.ID] {
			t.Errorf("row %s is %s with answer %q, %d was saved", r.ID, r.State, r.Answer, saved[r.ID])
		}
	}
	diff(t, "rows", refreshRows, rows)
}

// withoutPower returns a copy of a checkpoint whose log ends anywhere; empty: some of
// the log may be in the file already, and would be in a real one that is cut.
func withoutPower(t *testing.T, path string) (copied string) {
	t.Helper()
	const autoCheckpoint = 1000 * (8192 + 24) // SQLite's, in pages of ours
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() >= autoCheckpoint {
		return ""
	}
	copied = filepath.Join(t.TempDir(), "cut.bizbatch")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix != "" {
			b = b[:rand.IntN(len(b)+1)]
		}
		if err := os.WriteFile(copied+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// refreshOne refreshes an answer between two lines.
func refreshOne(path string) error {
	s, run, page, err := toRefresh(path)
	if err != nil {
		return err
	}
	fmt.Println("before")
	if err := run.Start(page[0].ID, noon, 24); err != nil {
		return err
	}
	if err := run.Complete(page[0].ID, answerTo(page[0])); err != nil {
		return err
	}
	fmt.Println("after")
	return errors.Join(run.End(noon, "finished", []byte("{}")), s.Close())
}

func TestARefreshIsSyncedAsItIsSentAndAsItIsSaved(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip(err)
	}
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{Digest: "x"}, ask("1", "a"))
	answer(t, s, 1)
	closeStore(t, s)
	inOrder(t, traced(t, "refresh one", path), `sync.*-wal`, `sync.*-wal`)
}
