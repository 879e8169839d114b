//go:build linux

package job

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Whoever may have locked a checkpoint is named: those who have it open.
func TestOpenedByNamesTheOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "q.csv.bizbatch")
	mine, err := os.Create(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if got := openedBy(path); len(got) > 0 {
		t.Errorf("nobody else has it open: %v", got)
	}
	cmd := exec.Command("sh", "-c", `exec 3<"$0"; echo open; read x`, path+"-wal")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatal(line, err)
	}
	if err := os.Symlink(path, path+".link"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("process %d (sh) has it open", cmd.Process.Pid)}
	for _, name := range []string{path, path + ".link"} {
		if got := openedBy(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", filepath.Base(name), got, want)
		}
	}
	_ = in.Close() // it ends
	_ = cmd.Wait() // read fails
}
