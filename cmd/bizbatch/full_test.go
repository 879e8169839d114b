//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"bizbatch/internal/exit"
	"bizbatch/internal/sandbox"
)

// mounted is a folder that is a small file system of its own.
func mounted(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("nothing can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func remount(t *testing.T, dir string, flags uintptr, size string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, "size="+size); err != nil {
		t.Fatal(err)
	}
}

// onDisk is a run of so many questions with everything in one folder.
func onDisk(t *testing.T, dir string, questions int) *victim {
	t.Helper()
	server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	v := &victim{t: t, server: server, dir: dir}
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		t.Fatal(err)
	}
	return v
}

// fails runs a command that must end with exit code 1 and say what to do, and
// returns what it said.
func (v *victim) fails(cmd *exec.Cmd) string {
	v.t.Helper()
	var told bytes.Buffer
	cmd.Stderr = &told
	_ = cmd.Run() // its exit code says how
	if cmd.ProcessState.ExitCode() != int(exit.Unexpected) || !strings.Contains(told.String(), "error: ") || !strings.Contains(told.String(), "\nhint: ") {
		v.t.Fatalf("%v: exit code %d: %s", cmd.Args, cmd.ProcessState.ExitCode(), &told)
	}
	return told.String()
}

// allAnswered checks that every question was charged once and is answered. So
// many at most may be called uncertain.
func (v *victim) allAnswered(questions, uncertain int) {
	v.t.Helper()
	v.run("status", "--check", "q.csv.bizbatch")
	st, err := statusAt(v.path("q.csv.bizbatch"))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := errors.Join(chargedOnce(v.server.Ledger(), st), balanced(v.server.Ledger(), st)); err != nil || st.Answered != questions || len(st.Uncertain) > uncertain {
		v.t.Errorf("%d answered, %d uncertain, %v", st.Answered, len(st.Uncertain), err)
	}
}

// The disk is full in the middle: what cannot be saved any more goes elsewhere,
// or where that is full too, is printed; the next run asks none of it.
func TestADiskThatIsFull(t *testing.T) {
	const questions = 300
	line := regexp.MustCompile(`(?m)^\{"checkpoint":.*\n`)
	for name, elsewhere := range map[string]bool{"there is room elsewhere": true, "there is no room anywhere": false} {
		t.Run(name, func(t *testing.T) {
			dir := mounted(t, "1m")
			v := onDisk(t, dir, questions)
			out := filepath.Join(t.TempDir(), "answers.csv") // on a disk with room
			cmd := v.command("run", "--workers", "4", "--out", out, "q.csv")
			if elsewhere {
				other := t.TempDir()
				cmd.Env = append(cmd.Env, "TMPDIR="+other, "HOME="+other)
			}
			told := v.fails(cmd)
			asked := v.server.Ledger().Requests
			if asked == 0 || asked == questions || !strings.Contains(told, "error: answers can no longer be saved") {
				t.Fatalf("%d were asked: %s", asked, told)
			}
			if _, err := statusAt(v.path("q.csv.bizbatch")); err != nil {
				t.Error("on the full disk:", err)
			}
			_, verdict, _ := strings.Cut(told, "\nerror: ") // after the log
			if b, err := os.ReadFile(out); err != nil || bytes.Contains(b, []byte(",running,")) || strings.Count(verdict, "disk is full") != 1 {
				t.Errorf("the output says that something runs, or the disk's error is told more than once: %v, %s", err, told)
			}
			remount(t, dir, 0, "64m")
			next := v.command("run", "--quiet", "--out", out, "q.csv")
			if elsewhere {
				next.Env = cmd.Env
			} else if lines := strings.Join(line.FindAllString(told, -1), ""); lines != "" { // as the message says
				if err := os.WriteFile(v.path("bizbatch-rescue-1.jsonl"), []byte(lines), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if strings.Contains(told, "could only be printed") {
				t.Fatal("nothing was printed:", told)
			}
			if out, err := next.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			v.allAnswered(questions, 4) // what was marked as sent and then was not cannot be unmarked there
		})
	}
}

// Where no checkpoint can be made, nothing is sent.
func TestADiskWithoutRoomOrRights(t *testing.T) {
	const questions = 5
	for name, shut := range map[string]func(dir string){
		"full": func(dir string) {
			err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 4<<20), 0o600)
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
		},
		"read-only": func(dir string) { remount(t, dir, syscall.MS_RDONLY, "1m") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := mounted(t, "1m")
			v := onDisk(t, dir, questions)
			shut(dir)
			told := v.fails(v.command("run", "q.csv"))
			if !strings.Contains(told, "nothing was sent") || v.server.Ledger().Requests != 0 {
				t.Errorf("%d were sent: %s", v.server.Ledger().Requests, told)
			}
		})
	}
	t.Run("read-only after the run", func(t *testing.T) {
		dir := mounted(t, "1m")
		v := onDisk(t, dir, questions)
		v.run("run", "q.csv")
		remount(t, dir, syscall.MS_RDONLY, "1m")
		v.fails(v.command("run", "q.csv"))
		out := filepath.Join(t.TempDir(), "a.csv")
		v.run("export", "q.csv.bizbatch", "--out", out)
		v.allAnswered(questions, 0)
		if b, err := os.ReadFile(out); err != nil || bytes.Count(b, []byte(",answered,")) != questions {
			t.Errorf("%s, %v", b, err)
		}
	})
}

// A checkpoint of another user is refused, and stays as it is.
func TestACheckpointOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	v := onDisk(t, t.TempDir(), 2)
	v.run("run", "q.csv")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Another user gets as far as the file: the folders, the program and the
	// questions are everybody's.
	shared, err := os.MkdirTemp("", "bizbatch-shared-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(shared)
	program, err := os.ReadFile(exe)
	err = errors.Join(err, os.WriteFile(filepath.Join(shared, "bizbatch"), program, 0o755), os.Chmod(shared, 0o777))
	for _, name := range []string{"q.csv", "q.csv.bizbatch"} {
		err = errors.Join(err, os.Rename(v.path(name), filepath.Join(shared, name)))
	}
	if err = errors.Join(err, os.Chmod(filepath.Join(shared, "q.csv"), 0o644)); err != nil {
		t.Fatal(err)
	}
	v.dir = shared
	before, err := os.ReadFile(v.path("q.csv.bizbatch"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "q.csv"}, {"run", "--dry-run", "q.csv"}, {"status", "q.csv.bizbatch"}, {"export", "q.csv.bizbatch", "--out", "a.csv"}} {
		cmd := v.command(args...)
		cmd.Path = filepath.Join(shared, "bizbatch")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if told := v.fails(cmd); !strings.Contains(told, "q.csv.bizbatch: permission denied") {
			t.Errorf("%v: %s", args, told)
		}
	}
	after, err := os.ReadFile(v.path("q.csv.bizbatch"))
	if err != nil || !bytes.Equal(before, after) || v.server.Ledger().Requests != 2 {
		t.Errorf("the checkpoint changed, or something was asked: %v", err)
	}
	v.run("status", "--check", "q.csv.bizbatch") // and is open to its owner, whatever was left beside it
	v.run("run", "q.csv")
}
