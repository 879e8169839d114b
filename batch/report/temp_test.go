//go:build unix

package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// What a killed process left is removed, and nothing else.
func TestATemporaryFileThatWasLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "answers.csv")
	inUse := create(t, path, oneColumn)
	kept := []string{".answers.csv.mine.tmp", ".answers.jsonl.1.tmp", "answers.csv.2.tmp", ".answers.csv.3"}
	for _, name := range append(kept, ".answers.csv.4711.tmp") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept = append(kept, ".answers.csv.5.tmp", "answers.csv")
	if err := syscall.Mkfifo(filepath.Join(dir, ".answers.csv.5.tmp"), 0o600); err != nil { // which would be waited for
		t.Fatal(err)
	}
	if err := create(t, path, oneColumn).Commit(); err != nil {
		t.Fatal(err)
	}
	if err := inUse.Commit(); err != nil {
		t.Error("the other one's was taken away:", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	slices.Sort(kept)
	if !slices.Equal(got, kept) {
		t.Errorf("there are %q, want %q", got, kept)
	}
}

// Many at once do not take each other's files away.
func TestManyWriteOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answers.csv")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				f := create(t, path, oneColumn)
				if err := errors.Join(f.Write(row("q")), f.Commit()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if files, err := os.ReadDir(filepath.Dir(path)); len(files) != 1 || err != nil {
		t.Errorf("left behind: %v, %v", files, err)
	}
}
