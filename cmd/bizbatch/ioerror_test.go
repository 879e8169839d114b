//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"

	"bizbatch/internal/sandbox"
)

// A disk that fails, at any call, once or from then on: the run says so or
// copes, what was answered is not asked again, and the next run gets all.
func TestADiskThatFails(t *testing.T) {
	if err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").Run(); err != nil {
		t.Skip("strace does not work here:", err)
	}
	const questions = 24
	// About how often a run of so many questions makes each call.
	calls := map[string]int{"fsync": 80, "pwrite64": 500, "renameat": 2, "ftruncate": 2, "unlink": 4, "unlinkat": 4}
	rounds := 2
	if *torture {
		rounds = 40
	}
	for call, most := range calls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			for range rounds {
				for _, then := range []string{"", "+"} {
					fault := fmt.Sprintf("inject=%s:error=%s:when=%d%s", call, []string{"EIO", "ENOSPC"}[rand.IntN(2)], 1+rand.IntN(most), then)
					if err := failDisk(t, server, call, fault, questions); err != nil {
						t.Errorf("%s: %v", fault, err)
					}
				}
			}
		})
	}
}

// failDisk runs with a fault, and then without.
func failDisk(t *testing.T, server *sandbox.Server, call, fault string, questions int) error {
	before := server.Ledger()
	v := victim{t: t, server: server, dir: t.TempDir()}
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		return err
	}
	// A template of its own makes the questions other ones for the ledger.
	args := []string{"run", "--quiet", "--workers", "4", "--template", v.dir + " {{.question}}", "q.csv"}
	cmd := v.command(args...)
	cmd.Args = append([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", fault, cmd.Path}, args...)
	var err error
	if cmd.Path, err = exec.LookPath("strace"); err != nil {
		return err
	}
	var told bytes.Buffer
	cmd.Stderr = &told
	switch err := cmd.Run(); {
	case err == nil:
	case cmd.ProcessState.ExitCode() > 2:
		return fmt.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), &told)
	case !bytes.HasPrefix(told.Bytes(), []byte("error: ")) || !bytes.Contains(told.Bytes(), []byte("\nhint: ")):
		return fmt.Errorf("no error or no hint: %s", &told)
	}
	v.run(args...)
	v.run("status", "--check", "q.csv.bizbatch")
	st, err := statusAt(v.path("q.csv.bizbatch"))
	if err != nil {
		return err
	}
	after := server.Ledger()
	var errs []error
	if again := after.Charged - before.Charged - questions; again < 0 || again > len(st.Uncertain) {
		errs = append(errs, fmt.Errorf("%d were charged again, and %d are called uncertain; the run had said: %s", again, len(st.Uncertain), &told))
	}
	if st.Answered != questions {
		errs = append(errs, fmt.Errorf("%d of %d answered", st.Answered, questions))
	}
	return errors.Join(errs...)
}
