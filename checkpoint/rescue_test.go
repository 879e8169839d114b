package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
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
func unsaved(text string) Unsaved {
	return Unsaved{Payload: []byte(text), Completion: Completion{
		Answer: fmt.Appendf(nil, `{"text":"<answer> to %s"}`, text), Attempts: 1, Cost: 24, Started: noon, Finished: noon.Add(time.Second),
	}}
}

func rescue(t *testing.T, s *Store, answers ...Unsaved) string {
	t.Helper()
	path, err := s.Rescue(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRescuedAnswersAreTakenIn(t *testing.T) {
	dir, _ := rescueFolders(t)
	path := temp(t)
	s := open(t, path, Options{})
	three := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c")}
	doImport(t, s, ImportOptions{Digest: "x"}, three...)
	for _, r := range pending(t, s, 3) {
		if err := s.Start(r.ID, noon, 24); err != nil {
			t.Fatal(err)
		}
	}
	first, second := rescue(t, s, unsaved("a"), unsaved("b")), rescue(t, s, unsaved("b"), unsaved("unknown"))
	for _, file := range []string{first, second} {
		info, err := os.Stat(file)
		if err != nil || filepath.Dir(file) != dir || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	closeStore(t, s)

	s = open(t, path, Options{})
	no := errors.New("no")
	if _, err := s.Import(nil, ImportOptions{Digest: "x", Confirm: func(Plan) error { return no }}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	if _, err := os.Stat(first); err != nil {
		t.Error("an import that was not kept took the file:", err)
	}
	want := []string{`1 answered: {"text":"<answer> to a"}`, `2 answered: {"text":"<answer> to b"}`, "3 pending"}
	diff(t, "plan", Plan{Rows: 3, Answered: 2, Rescued: 2, Interrupted: 1, InterruptedCost: 24, Pending: map[string]int{"fast": 1}}, doImport(t, s, ImportOptions{Digest: "x"}))
	diff(t, "results", want, results(t, s))
	if _, err := os.Stat(first); err == nil {
		t.Error("the file whose answers were all taken in is still there")
	}
	if _, err := os.Stat(second); err != nil {
		t.Error("the file with an unknown answer is gone:", err)
	}
	uncertain, err := s.Uncertain()
	diff(t, "error", nil, err)
	if len(uncertain) != 1 || uncertain[0].RowID != "3" {
		t.Errorf("only the third may have been charged without an answer: %v", uncertain)
	}
	diff(t, "taken in again", 0, doImport(t, s, ImportOptions{Digest: "x"}).Rescued)
	diff(t, "taken in with its question", 1, doImport(t, s, ImportOptions{}, ask("4", "unknown")).Rescued)
	if _, err := os.Stat(second); err == nil {
		t.Error("the file is still there")
	}
}

func TestRescueGoesWhereItCan(t *testing.T) {
	dir, home := rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	diff(t, "folder", home, filepath.Dir(rescue(t, s, unsaved("a"))))
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
	beside := filepath.Dir(s.Path())
	diff(t, "folder", beside, filepath.Dir(rescue(t, s, unsaved("a"))))
	if err := os.RemoveAll(beside); err != nil {
		t.Fatal(err)
	}
	var last bytes.Buffer
	path, err := s.Rescue([]Unsaved{unsaved("a")}, &last)
	if path != "" || err != nil || !strings.Contains(last.String(), "<answer> to a") {
		t.Errorf("path %q, %v, last %q", path, err, last.String())
	}
}

func TestImportRefusesARescueFileOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	rescueFolders(t)
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	path := rescue(t, s, unsaved("a"))
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
	path := rescue(t, s, unsaved("a"), unsaved("b"))
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

func FuzzReadRescued(f *testing.F) {
	s := &Store{path: "questions.csv.bizbatch"}
	var two bytes.Buffer
	err := writeRescued(&two, func(yield func(rescued, error) bool) {
		for _, a := range []Unsaved{unsaved("a"), unsaved("b")} {
			key := KeyOf(a.Payload)
			yield(s.rescued(key[:], a.Completion), nil)
		}
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(two.Bytes())
	f.Add(two.Bytes()[:two.Len()-1])
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"key":"00","answer":1}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, torn, err := readRescued(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(list) != bytes.Count(b, []byte("\n")) || torn != (len(b) > 0 && b[len(b)-1] != '\n') {
			t.Errorf("%d answers, torn %v, of %q", len(list), torn, b)
		}
		for _, r := range list {
			if !json.Valid(r.Answer) || len(r.Key) != 2*len(Key{}) {
				t.Errorf("%+v", r)
			}
		}
	})
}
