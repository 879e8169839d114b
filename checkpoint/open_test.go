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
	"sync"
	"testing"
)

// newCheckpoint makes a checkpoint with an answer, and returns its bytes.
func newCheckpoint(t *testing.T, path string, opts Options) []byte {
	t.Helper()
	s := open(t, path, opts)
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
	answer(t, s, 1)
	closeStore(t, s)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenRefuses(t *testing.T) {
	whole := newCheckpoint(t, temp(t), Options{Endpoint: "https://one"})
	sqlite := func(statements string) []byte {
		path := temp(t)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(statements)
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	flip := func(at int) []byte {
		b := append([]byte(nil), whole...)
		b[at] ^= 0xff
		return b
	}
	type row struct {
		name    string
		content []byte
		want    error
	}
	table := []row{
		{"an empty file", nil, ErrNotCheckpoint},
		{"a text", []byte("question\nWhat is the rate?\n"), ErrNotCheckpoint},
		{"a long text", []byte(strings.Repeat("What is the rate?\n", 1000)), ErrNotCheckpoint},
		{"another SQLite database", sqlite("CREATE TABLE t (x)"), ErrNotCheckpoint},
		{"a newer version", sqlite(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; CREATE TABLE t (x)", applicationID, len(migrations)+1)), ErrNewer},
		{"a version that never was", sqlite(fmt.Sprintf("PRAGMA application_id = %d; CREATE TABLE t (x)", applicationID)), ErrNotCheckpoint},
		{"format 1 before its release", sqlite(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1; CREATE TABLE answers (request)", applicationID)), ErrNotCheckpoint},
		{"a flipped byte in the magic", flip(3), ErrNotCheckpoint},
		{"a flipped byte in the application id", flip(68), ErrNotCheckpoint},
		{"a flipped byte in the schema's page", flip(100), ErrNotCheckpoint},
	}
	for _, n := range []int{1, 15, 99, 100, 512, 4096, 8191, 8192, 8193, len(whole) / 2, len(whole) - 8192, len(whole) - 1} {
		table = append(table, row{fmt.Sprintf("cut after %d of %d bytes", n, len(whole)), whole[:n], ErrNotCheckpoint})
	}
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			path := temp(t)
			if err := os.WriteFile(path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path, Options{})
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Open: got %v, want %v", err, tt.want)
			}
			if v, err := View(path); err == nil {
				_ = v.Close()
				t.Error("View took it")
			} else if !errors.Is(err, tt.want) {
				t.Errorf("View: got %v, want %v", err, tt.want)
			}
			after, err := os.ReadFile(path)
			if err != nil || string(after) != string(tt.content) {
				t.Error("the file was changed", err)
			}
			if inUse(path) {
				t.Error("the lock is still held")
			}
		})
	}
}

func TestOpenRefusesAnotherEndpoint(t *testing.T) {
	path := temp(t)
	newCheckpoint(t, path, Options{Endpoint: "https://one"})
	_, err := Open(path, Options{Endpoint: "https://two"})
	var other *EndpointError
	if !errors.As(err, &other) {
		t.Fatalf("got %v", err)
	}
	diff(t, "error", EndpointError{Path: path, Have: "https://one", Want: "https://two"}, *other)
	for _, same := range []string{"https://one", ""} {
		s := open(t, path, Options{Endpoint: same})
		have, err := s.Endpoint()
		if have != "https://one" || err != nil {
			t.Errorf("endpoint %q, %v", have, err)
		}
		closeStore(t, s)
	}
}

func TestOpenRefusesADirectory(t *testing.T) {
	dir := t.TempDir()
	if s, err := Open(dir, Options{}); err == nil {
		_ = s.Close()
		t.Error("Open took a directory")
	}
	if s, err := View(dir); !errors.Is(err, ErrNotCheckpoint) {
		if err == nil {
			_ = s.Close()
		}
		t.Errorf("View took a directory: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "missing", "x"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}

func TestViewWithoutACheckpoint(t *testing.T) {
	path := temp(t)
	if _, err := View(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("View made a file")
	}
}

func TestCloseRemovesWhatOpenMadeWithoutAnImport(t *testing.T) {
	path := temp(t)
	no := errors.New("no")
	s := open(t, path, Options{Endpoint: "https://one"})
	if _, err := s.Import(rowsOf(ask("1", "a")), ImportOptions{Confirm: func(Plan) error { return no }}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	closeStore(t, s)
	left, err := os.ReadDir(filepath.Dir(path))
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	newCheckpoint(t, path, Options{})
	closeStore(t, open(t, path, Options{}))
	left, err = os.ReadDir(filepath.Dir(path))
	if len(left) != 1 || err != nil {
		t.Errorf("after an import only the checkpoint stays: %v, %v", left, err)
	}
}

func TestCloseCanBeCalledTwice(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	v, err := View(s.path)
	diff(t, "error", nil, err)
	diff(t, "errors", nil, errors.Join(v.Close(), v.Close(), s.Close(), s.Close()))
}

// Somebody puts another file where Open had just made a checkpoint.
func TestCloseRemovesNoFileOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be replaced there")
	}
	path := temp(t)
	s, err := Open(path, Options{})
	diff(t, "error", nil, err)
	diff(t, "error", nil, errors.Join(os.WriteFile(path+".other", []byte("mine"), 0o600), os.Rename(path+".other", path)))
	_ = s.Close() // it may say that something is wrong
	if b, err := os.ReadFile(path); string(b) != "mine" {
		t.Errorf("the other file: %q, %v", b, err)
	}
}

func TestOnlyOneRunHoldsACheckpoint(t *testing.T) {
	path := temp(t)
	newCheckpoint(t, path, Options{})
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	var wg sync.WaitGroup
	stores, errs := make([]*Store, 10), make([]error, 10)
	for i := range stores {
		wg.Go(func() { stores[i], errs[i] = Open([]string{path, link}[i%2], Options{}) })
	}
	wg.Wait()
	won := 0
	for i, s := range stores {
		if errs[i] == nil {
			won++
			defer closeStore(t, s)
		} else if !errors.Is(errs[i], ErrInUse) {
			t.Error(errs[i])
		}
	}
	diff(t, "runs that hold it", 1, won)
}

func TestALockFileThatNobodyHoldsIsNoLock(t *testing.T) {
	path := temp(t)
	newCheckpoint(t, path, Options{})
	if err := os.WriteFile(lockPath(path), []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if inUse(path) {
		t.Error("in use")
	}
	open(t, path, Options{})
}

func TestEveryFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"))
	answer(t, s, 1)
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %v", strings.TrimPrefix(f.Name(), filepath.Base(path)), info.Mode()))
	}
	diff(t, "files", []string{" -rw-------", "-shm -rw-------", "-wal -rw-------", ".lock -rw-------"}, got)
}

func TestAPathMayHoldAnyCharacter(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a b", "why?mode=ro", "50%41", "#1", "it's", "-q", "two\nlines", "ünï", "a;b&c=d", "file:x"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, "?\n:") {
			continue
		}
		newCheckpoint(t, name, Options{})
		if _, err := os.Lstat(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		v, err := View(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		diff(t, name, []string{"1 answered: answer to a", "2 pending"}, results(t, v))
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(".")
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestViewBesideARun(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"))
	v, err := View(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	answer(t, s, 1)
	diff(t, "results", []string{"1 answered: answer to a", "2 pending"}, results(t, v))
	_, err = s.Import(func(yield func(Row, error) bool) {
		for i := range 2000 { // more than the cache holds
			if !yield(ask(fmt.Sprint(i), fmt.Sprint(i, strings.Repeat("x", 8000))), nil) {
				return
			}
		}
		diff(t, "results while rows are imported", []string{"1 answered: answer to a", "2 pending"}, results(t, v))
	}, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	counts, err := v.Counts()
	diff(t, "error", nil, err)
	diff(t, "pending after", 2000, counts.States[Pending])
	if _, _, err := v.Begin(noon); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Begin in a view: %v", err)
	}
	if _, err := v.Import(rowsOf(), ImportOptions{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Import in a view: %v", err)
	}
	if _, err := v.db.Exec("DELETE FROM rows"); err == nil {
		t.Error("a view can write")
	}
}

func TestViewInAFolderThatCannotBeWrittenTo(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("nothing keeps this user from writing")
	}
	path := temp(t)
	newCheckpoint(t, path, Options{})
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	v, err := View(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	diff(t, "results", []string{"1 answered: answer to a", "2 pending"}, results(t, v))
}
