package report_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// oneColumn is the smallest input, and row a row of it.
var oneColumn = batch.Input{Format: batch.CSV, Columns: []string{"question"}}

func row(question string) batch.Record {
	fields, err := json.Marshal([]string{question})
	if err != nil {
		panic(err)
	}
	return batch.Record{ID: "1", Line: 2, Fields: fields, Status: batch.Pending}
}

// create begins a file that is aborted when the test ends.
func create(t testing.TB, path string, in batch.Input) *report.File {
	t.Helper()
	f, err := report.Create(path, in, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Abort(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// written is what a file holds after the records were written to it.
func written(t testing.TB, name string, in batch.Input, recs ...batch.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, in, report.Options{}, recs...)
	return read(t, path)
}

// write makes a file of the records.
func write(t testing.TB, path string, in batch.Input, o report.Options, recs ...batch.Record) {
	t.Helper()
	f, err := report.Create(path, in, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	for _, rec := range recs {
		if err := f.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// folder names what a folder holds.
func folder(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]string{
		"answers.csv":         "CSV",
		"Answers.CSV":         "CSV",
		"a.b/answers.tsv":     "tab-separated",
		"answers.jsonl":       "JSON Lines",
		"answers.ndjson":      "JSON Lines",
		"answers.csv.jsonl":   "JSON Lines",
		"answers.csv.zip":     "",
		"answers":             "",
		"folder.csv/answers":  "",
		"answers.jsonl.jsonx": "",
	} {
		got, err := report.FormatOf(path)
		if got.Name != want || (err != nil) != (want == "") {
			t.Errorf("%s: format %q, error %v, want %q", path, got.Name, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), ".csv, .tsv, .txt, .xlsx, .xlsm, .jsonl, .docx, .md or .html") {
			t.Errorf("the error does not list the formats: %v", err)
		}
	}
}

func TestFileAppearsAtCommitAndNotBefore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "answers.csv")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := create(t, path, oneColumn)
	for range 10_000 { // more than any buffer holds
		if err := f.Write(row("Can I deduct a home office?")); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, path); got != "before" {
		t.Fatalf("before Commit the file holds %.40q", got)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(read(t, path), "\n"); got != 10_001 {
		t.Errorf("%d lines, want 10001", got)
	}
	if err := f.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if diff := cmp.Diff([]string{"answers.csv"}, folder(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
	for name, err := range map[string]error{"Write": f.Write(row("late")), "Commit": f.Commit()} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Commit: %v", name, err)
		}
	}
}

func TestCopyGetsEveryByte(t *testing.T) {
	in := oneColumn
	in.BOM = true // written before the first record
	for _, name := range []string{"a.csv", "a.jsonl", "a.xlsx", "a.md", "a.html", "a.docx"} {
		var copied strings.Builder
		path := filepath.Join(t.TempDir(), name)
		write(t, path, in, report.Options{Copy: &copied}, row("What is VAT?"), row("What is GST?"))
		if d := cmp.Diff(read(t, path), copied.String()); d != "" {
			t.Errorf("%s (-file +copy):\n%s", name, d)
		}
	}
}

func TestFileIsForItsOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	dir := t.TempDir()
	f := create(t, filepath.Join(dir, "answers.csv"), oneColumn)
	for _, when := range []string{"before Commit", "after it"} {
		info, err := os.Stat(filepath.Join(dir, folder(t, dir)[0]))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s the mode is %v, want 0600", when, info.Mode())
		}
		if when == "before Commit" {
			if err := f.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f := create(t, filepath.Join(dir, "answers.csv"), oneColumn)
	if err := f.Write(row("a question")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second does nothing
		if err := f.Abort(); err != nil {
			t.Fatal(err)
		}
	}
	if names := folder(t, dir); names != nil {
		t.Errorf("the folder holds %q", names)
	}
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Commit after Abort: %v", err)
	}
}

func TestFileWithABadRowIsNeverCommitted(t *testing.T) {
	for name, test := range map[string]struct {
		in     batch.Input
		fields string
		want   string
	}{
		"a CSV row with too many fields": {oneColumn, `["a","b"]`, "it has 2 fields, the header has 1"},
		"a CSV row with too few fields":  {oneColumn, `[]`, "it has 0 fields, the header has 1"},
		"a CSV row that is an object":    {oneColumn, `{"question":"a"}`, "read its fields: json: "},
		"a JSONL row that is a list":     {batch.Input{Format: batch.JSONL}, `["a"]`, "fields"},
		"a JSONL row that is torn":       {batch.Input{Format: batch.JSONL}, `{"a":`, "read its fields: unexpected end"},
	} {
		for _, file := range []string{"answers.csv", "answers.jsonl"} {
			t.Run(name+" to "+file, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, file)
				f := create(t, path, test.in)
				err := f.Write(batch.Record{Line: 7, Fields: json.RawMessage(test.fields)})
				if err == nil || !strings.Contains(err.Error(), test.want) ||
					!strings.HasPrefix(err.Error(), "write "+path+": the row of line 7: ") {
					t.Errorf("Write: %v", err)
				}
				if again := f.Write(batch.Record{}); again != err {
					t.Errorf("Write afterwards: %v, want the same error", again)
				}
				if commit := f.Commit(); commit != err {
					t.Errorf("Commit: %v, want the same error", commit)
				}
				if err := f.Abort(); err != nil {
					t.Error(err)
				}
				if names := folder(t, dir); names != nil {
					t.Errorf("the folder holds %q", names)
				}
			})
		}
	}
}

func TestCreateSaysWhichFileAndWhy(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"folder.csv", "locked"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "locked"), 0o500); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		want error // what the error wraps, if anything
		text string
	}{
		"a folder that is not there":   {"missing/answers.csv", fs.ErrNotExist, "create a file in folder " + filepath.Join(dir, "missing")},
		"a folder that is read-only":   {"locked/answers.csv", fs.ErrPermission, "create a file in folder " + filepath.Join(dir, "locked")},
		"a folder that is a file":      {"plain/answers.csv", nil, ""},
		"a file that is a folder":      {"folder.csv", nil, "it is there and is not a file"},
		"a file of an unknown format":  {"answers.odt", nil, ".csv, .tsv, .txt, .xlsx, .xlsm, .jsonl, .docx, .md or .html"},
		"a delimiter that can be none": {"answers.csv", nil, "delimiter"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(test.path, "locked") && (os.Geteuid() == 0 || runtime.GOOS == "windows") {
				t.Skip("nothing is read-only to root, nor folders on Windows")
			}
			in := oneColumn
			if test.text == "delimiter" {
				in.Delimiter = "\n"
			}
			path := filepath.Join(dir, test.path)
			_, err := report.Create(path, in, report.Options{})
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v, want it to name %s and say %q", err, path, test.text)
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error %v is not %v", err, test.want)
			}
		})
	}
	if diff := cmp.Diff([]string{"folder.csv", "locked", "plain"}, folder(t, dir)); diff != "" {
		t.Errorf("the folder afterwards (-want +got):\n%s", diff)
	}
}

func TestSymbolicLinkStaysAndItsTargetIsWritten(t *testing.T) {
	for name, existing := range map[string]bool{
		"a target that exists":       true,
		"a target that does not yet": false,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			link, target := filepath.Join(dir, "answers.csv"), filepath.Join(dir, "shared", "latest.txt")
			if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join("shared", "latest.txt"), link); err != nil {
				t.Skip(err) // Windows, without the right to
			}
			if existing {
				if err := os.WriteFile(target, []byte("before"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := create(t, link, oneColumn).Commit(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("the link is %v (%v)", info.Mode(), err)
			}
			if got := read(t, target); !strings.HasPrefix(got, "question,answer,") {
				t.Errorf("the target holds %q", got)
			}
			if diff := cmp.Diff([]string{"answers.csv", "shared"}, folder(t, dir)); diff != "" {
				t.Errorf("the link's folder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinksInACircle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answers.csv")
	if err := os.Symlink(path, path); err != nil {
		t.Skip(err)
	}
	if _, err := report.Create(path, oneColumn, report.Options{}); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("error %v", err)
	}
}
