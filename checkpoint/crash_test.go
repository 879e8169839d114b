package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// jobVariable names the job that this binary does instead of its tests, on the
// checkpoint that is its argument.
const jobVariable = "CHECKPOINT_TEST_JOB"

var jobs = map[string]func(path string) error{"answer everything": answerEverything, "start one": startOne, "complete one": completeOne, "make one": makeOne, "rescue two": rescueTwo}

// startJob starts a job in a process of its own. Its lines come from the
// reader.
func startJob(t testing.TB, job, path string, wrap ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, exe, path)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), jobVariable+"="+job)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// kill ends a process as kill -9 does, and returns what it had still written.
func kill(t testing.TB, cmd *exec.Cmd, out *bufio.Reader) string {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	return string(rest)
}

const jobRows = 500

// given begins a run and claims n requests, in a job.
func given(s *Store, n int) (Run, []Request, error) {
	run, _, err := s.Begin(noon)
	if err != nil {
		return nil, nil, err
	}
	page, err := run.Claim(n)
	return run, page, err
}

// answerEverything imports an input that differs each time, and answers it
// with many goroutines. It writes a line for every 25 rows read, and one
// for each answer once it is saved.
func answerEverything(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	first := rand.IntN(jobRows)
	_, err = s.Import(func(yield func(Row, error) bool) {
		for i := range jobRows {
			if i%25 == 0 {
				fmt.Println("row", i)
			}
			if !yield(ask(fmt.Sprint(i), fmt.Sprint("text ", (first+i)%jobRows)), nil) {
				return
			}
		}
	}, ImportOptions{})
	if err != nil {
		return err
	}
	run, page, err := given(s, jobRows)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; i < len(page); i += 8 {
				err = errors.Join(run.Start(page[i].ID, noon, 24), run.Complete(page[i].ID, answerTo(page[i])))
				if err != nil {
					fmt.Println("error:", err)
					os.Exit(1)
				}
				fmt.Printf("saved %s\n", page[i].Payload)
			}
		})
	}
	wg.Wait()
	return errors.Join(run.End(noon, "finished", []byte("{}")), s.Close())
}

func TestKilledAtAnyMomentKeepsEveryAnswer(t *testing.T) {
	path := temp(t)
	saved := map[string]bool{}
	take := func(line string) {
		if text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "saved "); ok && strings.HasSuffix(line, "\n") {
			saved[text] = true
		} else if strings.HasPrefix(line, "error") {
			t.Fatal(line)
		}
	}
	for range 6 {
		lines := rand.IntN(120) // 20 of them while rows are read
		cmd, out := startJob(t, "answer everything", path)
		for range lines {
			line, err := out.ReadString('\n')
			if err != nil {
				break // it was done
			}
			take(line)
		}
		for line := range strings.Lines(kill(t, cmd, out)) {
			take(line)
		}
		t.Logf("killed after %d lines, %d answers saved so far", lines, len(saved))
		check(t, path)
	}
	s := open(t, path, Options{})
	var rows []Row
	for i := range jobRows {
		rows = append(rows, ask(fmt.Sprint(i), fmt.Sprint("text ", i)))
	}
	doImport(t, s, ImportOptions{}, rows...)
	for r, err := range s.Results() {
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint("text ", r.ID)
		if saved[text] && string(r.Answer) != "answer to "+text {
			t.Errorf("the answer to %q was saved and is %q", text, r.Answer)
		}
	}
}

// startOne leaves a request running and waits to be killed.
func startOne(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	run, page, err := given(s, 1)
	if err != nil {
		return err
	}
	if err := run.Start(page[0].ID, noon, 24); err != nil {
		return err
	}
	fmt.Println("started")
	select {}
}

func TestWhatWasInFlightIsToldAndAskedAgain(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{Digest: "x"}, ask("1", "a"), ask("2", "b"))
	closeStore(t, s)
	cmd, out := startJob(t, "start one", path)
	if line, err := out.ReadString('\n'); line != "started\n" {
		t.Fatal(line, err)
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("while the other runs: %v", err)
	}
	if !inUse(path) {
		t.Error("not in use while the other runs")
	}
	kill(t, cmd, out)
	if inUse(path) {
		t.Error("in use after the other was killed")
	}

	s = open(t, path, Options{})
	plan := doImport(t, s, ImportOptions{Digest: "x"})
	diff(t, "plan", Plan{Rows: 2, Interrupted: 1, InterruptedCost: 24, Pending: map[string]int{"fast": 2}}, plan)
	end(t, first(begin(t, s, 0)))
	diff(t, "plan of the next", 0, doImport(t, s, ImportOptions{Digest: "x"}).Interrupted)
	flights, err := s.Flights()
	diff(t, "flights", Flights{
		Interrupted: []Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Mode: "fast", Cost: 24}},
		Uncertain:   []Flight{{RowID: "1", Line: 2, Run: 1, Started: noon, Cost: 24, Mode: "fast", Reason: "interrupted"}},
	}, flights)
	diff(t, "error", nil, err)
	runs, err := s.Runs()
	diff(t, "run", RunRecord{Run: 1, Started: noon, Outcome: "interrupted", Summary: []byte("{}")}, runs[0])
	diff(t, "error", nil, err)

	answer(t, s, 1)
	flights, err = s.Flights()
	if len(flights.Interrupted) > 0 || err != nil {
		t.Errorf("answered, and still interrupted: %v, %v", flights, err)
	}
}

// first is the run that begin returns.
func first(r Run, _ []Request) Run { return r }

// completeOne saves one answer between two lines.
func completeOne(path string) error {
	s, err := Open(path, Options{NoSync: os.Getenv("CHECKPOINT_TEST_NOSYNC") != ""})
	if err != nil {
		return err
	}
	run, page, err := given(s, 1)
	if err != nil {
		return err
	}
	fmt.Println("before")
	if err := run.Complete(page[0].ID, answerTo(page[0])); err != nil {
		return err
	}
	fmt.Println("after")
	return s.Close()
}

// synced reports whether the log was synced while an answer was saved, by
// watching the system calls.
func synced(t *testing.T) bool {
	t.Helper()
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	closeStore(t, s)
	for _, call := range traced(t, "complete one", path) {
		if strings.Contains(call, "sync(") && strings.Contains(call, "-wal") {
			return true
		}
	}
	return false
}

// makeOne makes a checkpoint between two lines.
func makeOne(path string) error {
	fmt.Println("before")
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	fmt.Println("after")
	return s.Close()
}

// rescueTwo answers two questions between two lines, in a checkpoint that takes
// no answer.
func rescueTwo(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	run, page, err := given(s, 2)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec("CREATE TRIGGER broken BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"); err != nil {
		return err
	}
	fmt.Println("before")
	for _, q := range page {
		if err := run.Complete(q.ID, unsaved(string(q.Payload))); err == nil {
			return errors.New("it was saved")
		}
	}
	fmt.Println("after")
	return nil
}

// traced runs a job under strace, and returns its calls between the two lines.
func traced(t *testing.T, job, path string) (calls []string) {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	cmd, out := startJob(t, job, path, "strace", "-f", "-y", "-e", "trace=write,fsync,fdatasync,rename,renameat,renameat2", "-o", trace)
	lines, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Skip("strace does not work here:", err, string(lines))
	}
	all, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok1 := strings.Cut(string(all), `"before\n"`)
	during, _, ok2 := strings.Cut(after, `"after\n"`)
	if !ok1 || !ok2 {
		t.Fatalf("no trace of the job:\n%s", all)
	}
	return strings.Split(during, "\n")
}

// inOrder checks that for each pattern there is a call, one after another.
func inOrder(t *testing.T, calls []string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		re := regexp.MustCompile(p)
		at := slices.IndexFunc(calls, re.MatchString)
		if at < 0 {
			t.Errorf("no %s in its place", p)
			return
		}
		calls = calls[at+1:]
	}
}

// A new checkpoint and a rescue file are there after a power cut: the file is
// synced, and then the folder that has its name.
func TestNewFilesAreSyncedWithTheirFolder(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip(err)
	}
	rescueFolders(t)
	path := temp(t)
	folder := regexp.QuoteMeta("<" + filepath.Dir(path) + ">")
	inOrder(t, traced(t, "make one", path), `fsync.*bizbatch\.new>`, `rename.*bizbatch\.new`, `fsync.*`+folder)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
	closeStore(t, s)
	const write, sync = `write.*bizbatch-rescue`, `fsync.*bizbatch-rescue`
	inOrder(t, traced(t, "rescue two", path), write, sync, `fsync.*`+folder, write, sync)
}

func TestAnswerIsSyncedBeforeCompleteReturns(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip(err)
	}
	if !synced(t) {
		t.Error("not synced")
	}
	t.Setenv("CHECKPOINT_TEST_NOSYNC", "1")
	if synced(t) {
		t.Error("synced in spite of NoSync: this test would not see a missing sync")
	}
}
