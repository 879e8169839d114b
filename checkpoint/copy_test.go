package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// openCopy opens a copy, and checks that it leaves nothing behind.
func openCopy(t *testing.T, path string, opts Options) *Store {
	t.Helper()
	s, err := OpenCopy(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Dir(s.path)); !errors.Is(err, fs.ErrNotExist) {
			t.Error("left behind:", filepath.Dir(s.path), err)
		}
	})
	return s
}

// A copy plans as the checkpoint would, beside a run, and changes nothing in it.
func TestACopyPlansAsTheCheckpointDoes(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	rows := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c"), ask("4", "d"), ask("4", "d")}
	s := open(t, path, Options{Endpoint: "https://one"})
	doImport(t, s, ImportOptions{Digest: "x"}, rows...)
	answer(t, s, 1)
	fail(t, s, 1, false)
	run, page := begin(t, s, 1)
	inFlight := page[0]
	if err := run.Start(inFlight.ID, noon, 24); err != nil {
		t.Fatal(err)
	}

	c := openCopy(t, path, Options{Endpoint: "https://one"})
	diff(t, "path", s.Path(), c.Path())
	want := Plan{Rows: 5, Duplicates: 1, Answered: 1, Failed: 1, Pending: map[string]int{"fast": 2}}
	diff(t, "plan", want, doImport(t, c, ImportOptions{Digest: "x"}))
	changed := []Row{ask("1", "a"), ask("2", "new"), under("other", "5", "a")}
	want = Plan{Rows: 3, Edited: 1, Answered: 1, Pending: map[string]int{"fast": 2}}
	got := doImport(t, openCopy(t, path, Options{}), ImportOptions{Settings: []byte("other")}, changed...)
	if got.Conflicts == nil {
		t.Error("no conflict with the settings of the answer")
	}
	got.Conflicts = nil
	diff(t, "plan of another input", want, got)

	if _, _, err := c.Begin(noon); !errors.Is(err, ErrCopy) {
		t.Errorf("a run on a copy: %v", err)
	}
	if err := run.Complete(inFlight.ID, answerTo(inFlight)); err != nil {
		t.Error("the run cannot go on:", err)
	}
	diff(t, "results", []string{"1 answered: answer to a", "2 failed", "3 answered: answer to c", "4 pending", "4 pending"}, results(t, s))
}

// What a run that was killed left is planned with, and stays for the next one.
func TestACopyLeavesWhatAKilledRunLeft(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	s := open(t, path, Options{Endpoint: "https://one"})
	rows := []Row{ask("1", "a"), ask("2", "b")}
	doImport(t, s, ImportOptions{}, rows...)
	file := leaveRescued(t, s, "b")
	closeStore(t, s)
	c, err := OpenCopy(path, Options{Endpoint: "https://one"})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "plan", Plan{Rows: 2, Answered: 1, Rescued: 1, Pending: map[string]int{"fast": 1}}, doImport(t, c, ImportOptions{}, rows...))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error("the rescue file:", err)
	}

	path = killed(t)
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenCopy(path, Options{}); !errors.Is(err, ErrLost) {
		t.Errorf("without the log: %v, %v", s, err)
	}
}

func TestACopyIsRefusedLikeItsOriginal(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	newCheckpoint(t, path, Options{Endpoint: "https://one"})
	_, err := OpenCopy(path, Options{Endpoint: "https://two"})
	var other *EndpointError
	if !errors.As(err, &other) || *other != (EndpointError{Path: path, Have: "https://one", Want: "https://two"}) {
		t.Errorf("of another endpoint: %v", err)
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCopy(path, Options{}); !errors.Is(err, ErrNotCheckpoint) {
		t.Errorf("of a text: %v", err)
	}
	c := openCopy(t, path+".missing", Options{Endpoint: "https://one"})
	diff(t, "plan of a new one", Plan{Rows: 1, Pending: map[string]int{"fast": 1}}, doImport(t, c, ImportOptions{}, ask("1", "a")))
	if _, err := os.Stat(path + ".missing"); err == nil {
		t.Error("it was made")
	}
}

// A copy is for another service only where that could take over the original.
func TestOpenCopyForAnotherEndpoint(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{Endpoint: "https://one"})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	run, page := begin(t, s, 1)
	if err := run.Start(page[0].ID, noon, 24); err != nil {
		t.Fatal(err)
	}
	var other *EndpointError
	if _, err := OpenCopy(path, Options{Endpoint: "https://two"}); !errors.As(err, &other) {
		t.Errorf("with a question in flight: %v", err)
	}
	if err := run.Release(page[0].ID, Fault{}); err != nil {
		t.Fatal(err)
	}
	end(t, run)
	closeStore(t, s)
	c := openCopy(t, path, Options{Endpoint: "https://two"})
	diff(t, "to ask", 1, doImport(t, c, ImportOptions{}, ask("1", "a")).ToAsk())
	closeStore(t, c)
	s = open(t, path, Options{})
	if endpoint, err := s.Endpoint(); endpoint != "https://one" || err != nil {
		t.Errorf("the original is for %s, %v", endpoint, err)
	}
}
