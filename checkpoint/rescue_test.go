package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/rescue"
)

// rescueFolders makes the temporary and the home folder the test's own.
func rescueFolders(t *testing.T) (temp, home string) {
	temp, home = t.TempDir(), t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	for _, name := range []string{"HOME", "USERPROFILE"} {
		t.Setenv(name, home)
	}
	return temp, home
}

// unsaved is an answer to text.
func unsaved(text string) Completion {
	return Completion{Answer: fmt.Appendf(nil, `{"text":"<answer> to %s"}`, text), Attempts: 1, Cost: 24, Started: noon, Finished: noon.Add(time.Second)}
}

// leaveRescued leaves a rescue file with the answers to texts, as a run does.
func leaveRescued(t *testing.T, s *Store, texts ...string) string {
	t.Helper()
	var lines []rescue.Line
	for _, text := range texts {
		lines = append(lines, s.rescued(keys.Of([]byte(text)), unsaved(text)))
	}
	return leave(t, s, lines...)
}

func leave(t *testing.T, s *Store, lines ...rescue.Line) string {
	t.Helper()
	r := &run{s: s}
	r.rescue.Place = s.rescuePlace()
	for i, line := range lines {
		r.rescue.Wait(int64(i), line)
	}
	s.begun.Store(r)
	s.RescueWaiting()
	s.begun.Store(nil)
	r.rescue.Close()
	file, _, _ := r.rescue.Unsaved()
	return file
}

func TestRescuedAnswersAreTakenIn(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	s := open(t, path, Options{})
	three := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c")}
	doImport(t, s, ImportOptions{Digest: "x"}, three...)
	run, page := begin(t, s, 3)
	for _, r := range page {
		if err := run.Start(r.ID, noon, 24); err != nil {
			t.Fatal(err)
		}
	}
	first, second := leaveRescued(t, s, "a", "b"), leaveRescued(t, s, "b", "unknown")
	for _, file := range []string{first, second} {
		info, err := os.Stat(file)
		if err != nil || filepath.Dir(file) != filepath.Dir(path) || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	closeStore(t, s)

	s = open(t, path, Options{})
	before, err := s.Flights()
	diff(t, "error", nil, err)
	if len(before.Rescued) != 2 || len(before.Interrupted) != 1 || len(before.Uncertain) != 1 {
		t.Errorf("two are rescued, and one is interrupted: %+v", before)
	}
	no := errors.New("no")
	if _, err := s.Import(nil, ImportOptions{Digest: "x", Confirm: func(Plan) error { return no }}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	if _, err := os.Stat(first); err != nil {
		t.Error("an import that was not kept took the file:", err)
	}
	want := []string{`1 answered: {"text":"<answer> to a"}`, `2 answered: {"text":"<answer> to b"}`, "3 running"}
	diff(t, "plan", Plan{Rows: 3, Answered: 2, Rescued: 2, Interrupted: 1, InterruptedCost: 24, Pending: map[string]int{"fast": 1}}, doImport(t, s, ImportOptions{Digest: "x"}))
	diff(t, "results", want, results(t, s))
	if _, err := os.Stat(first); err == nil {
		t.Error("the file whose answers were all taken in is still there")
	}
	if _, err := os.Stat(second); err != nil {
		t.Error("the file with an unknown answer is gone:", err)
	}
	flights, err := s.Flights()
	diff(t, "error", nil, err)
	if len(flights.Uncertain) != 1 || flights.Uncertain[0].RowID != "3" || len(flights.Rescued) > 0 {
		t.Errorf("only the third may have been charged without an answer: %+v", flights)
	}
	diff(t, "taken in again", 0, doImport(t, s, ImportOptions{Digest: "x"}).Rescued)
	diff(t, "taken in with its question", 1, doImport(t, s, ImportOptions{}, ask("4", "unknown")).Rescued)
	if _, err := os.Stat(second); err == nil {
		t.Error("the file is still there")
	}
}

func TestRescueGoesWhereItCan(t *testing.T) {
	dir, home := rescueFolders(t)
	var printed bytes.Buffer
	s := open(t, temp(t), Options{LastResort: &printed})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	for _, folder := range []string{filepath.Dir(s.Path()), home, dir} {
		diff(t, "folder", folder, filepath.Dir(leaveRescued(t, s, "a")))
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	if path := leaveRescued(t, s, "a"); path != "" || !strings.Contains(printed.String(), "<answer> to a") {
		t.Errorf("path %q, printed %q", path, &printed)
	}
}

func TestImportRefusesARescueFileOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	path := leaveRescued(t, s, "a")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(rowsOf(ask("1", "a")), ImportOptions{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	diff(t, "results", []string{"1 pending"}, results(t, s))
}

func TestATornRescueFileGivesWhatIsWhole(t *testing.T) {
	rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
	path := leaveRescued(t, s, "a", "b")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-5); err != nil {
		t.Fatal(err)
	}
	diff(t, "rescued", 1, doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b")).Rescued)
	if _, err := os.Stat(path); err != nil {
		t.Error("the torn file is gone:", err)
	}
}

// A line that cannot be read, in a file of a checkpoint that is gone, hides none of
// the answers before it: the output is out of date.
func TestAnswersBeforeABrokenLineCount(t *testing.T) {
	rescueFolders(t)
	dir := t.TempDir()
	gone := open(t, filepath.Join(dir, "gone.bizbatch"), Options{Endpoint: "https://one"})
	doImport(t, gone, ImportOptions{}, ask("1", "a"))
	path := leaveRescued(t, gone, "a")
	closeStore(t, gone)
	if err := os.Remove(gone.path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	diff(t, "errors", []error{nil, nil}, []error{err, os.WriteFile(path, append(b, "no JSON\n"...), 0o600)})

	s := open(t, filepath.Join(dir, "moved.bizbatch"), Options{Endpoint: "https://one"})
	plan := doImport(t, s, ImportOptions{}, ask("1", "a"))
	diff(t, "plan", Plan{Rows: 1, Answered: 1, Rescued: 1, Pending: map[string]int{}}, plan)
}

// Of two answers that were not saved, the checkpoint takes one in the end.
func TestTheEndCountsWhatIsStillUnsaved(t *testing.T) {
	rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
	r, page := begin(t, s, 2)
	exec := func(text string) {
		if _, err := s.db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TRIGGER broken BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, 'no') WHERE new.request = 1; END; CREATE TRIGGER all_broken BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, 'no'); END")
	for _, q := range page {
		if err := errors.Join(r.Start(q.ID, noon, 24)); err != nil {
			t.Fatal(err)
		}
		if err := r.Complete(q.ID, unsaved(string(q.Payload))); err == nil {
			t.Fatal("saved")
		}
	}
	exec("DROP TRIGGER all_broken")
	var lost *UnsavedError
	if err := r.End(noon, "cannot save", nil); !errors.As(err, &lost) || lost.Answers != 1 || lost.File == "" {
		t.Errorf("%+v, %v", lost, err)
	}
	exec("DROP TRIGGER broken")
	diff(t, "rescued", 1, doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b")).Rescued)
	diff(t, "results", []string{`1 answered: {"text":"<answer> to a"}`, `2 answered: {"text":"<answer> to b"}`}, results(t, s))
}
