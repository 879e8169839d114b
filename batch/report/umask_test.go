//go:build unix

package report_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFileIsForItsOwnerWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), "answers.csv")
		before := syscall.Umask(mask)
		err := create(t, path, oneColumn).Commit()
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("umask %04o: %v, %v", mask, info.Mode(), err)
		}
	}
}
