//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/job"
	"bizbatch/internal/sandbox"
)

// A fleet is several hosts that ask the questions of one file, each of them a process
// with a home folder of its own. Their lease is short.
type fleet struct {
	*victim
	database  string
	file      string
	questions int
	env       []string // of every host
	under     []string // the command that starts hosts; empty: none
}

// A fleetHost is a run of one host.
type fleetHost struct {
	f    *fleet
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// newFleet is a fleet without hosts, with a sandbox of its own.
func newFleet(t *testing.T, database, file string, questions int, o sandbox.Options) *fleet {
	t.Helper()
	o.Shape = sandbox.Short
	f := &fleet{victim: served(t, o), database: database, file: file, questions: questions, env: []string{"BIZBATCH_TEST_LEASE=4s"}}
	if err := writeRows(f.path(file), questions); err != nil {
		t.Fatal(err)
	}
	return f
}

// start starts the run of a host by way of an address of the database.
func (f *fleet) start(name, address string, args ...string) *fleetHost {
	f.t.Helper()
	home := f.path(name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		f.t.Fatal(err)
	}
	h := &fleetHost{f: f, log: filepath.Join(home, "log"), done: make(chan struct{})}
	log, err := os.OpenFile(h.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	defer log.Close()
	h.cmd = f.command(append([]string{"run", "--out", name + ".csv"}, append(args, f.file)...)...)
	h.cmd.Env = append(append(h.cmd.Env, "HOME="+home, "TMPDIR="+home, "BIZBATCH_CHECKPOINT="+address), f.env...)
	if len(f.under) > 0 {
		h.cmd.Path, h.cmd.Args = f.under[0], append(f.under, append([]string{h.cmd.Path}, h.cmd.Args[1:]...)...)
	}
	h.cmd.Stdout, h.cmd.Stderr = log, log
	if err := h.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	go func() {
		_ = h.cmd.Wait() // finish looks at how it ended
		close(h.done)
	}()
	f.t.Cleanup(func() {
		_ = h.cmd.Process.Kill() // where the test ended before
		<-h.done
	})
	return h
}

func (h *fleetHost) signal(sig syscall.Signal) {
	h.f.t.Helper()
	if err := h.cmd.Process.Signal(sig); err != nil {
		h.f.t.Fatal(err)
	}
}

// finish waits for the end of the run and checks its exit code.
func (h *fleetHost) finish(code int) {
	h.f.t.Helper()
	h.f.until(func() bool {
		select {
		case <-h.done:
			return true
		default:
			return false
		}
	})
	if got := h.cmd.ProcessState.ExitCode(); got != code {
		h.f.t.Fatalf("exit code %d, want %d\n%s", got, code, h.said())
	}
}

// said is what the host printed.
func (h *fleetHost) said() string {
	b, _ := os.ReadFile(h.log) // it may not be there yet
	return string(b)
}

// look returns what the server knows of the fleet.
func (f *fleet) look() postgres.Overview {
	f.t.Helper()
	o, err := postgres.Look(f.database)
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

// closed is the number of accounts for which nothing is sent.
func (f *fleet) closed() (n int) {
	f.t.Helper()
	for _, a := range f.look().Accounts {
		if a.Closed {
			n++
		}
	}
	return n
}

// seen is the host as the server knows it; nil: it does not.
func (h *fleetHost) seen() *postgres.Host {
	h.f.t.Helper()
	for _, seen := range h.f.look().Hosts {
		if strings.HasSuffix(seen.Name, fmt.Sprintf(" %d", h.cmd.Process.Pid)) {
			return &seen
		}
	}
	return nil
}

// asks reports whether the host has so many questions in flight.
func (h *fleetHost) asks(n int) bool {
	seen := h.seen()
	return seen != nil && seen.InFlight >= n
}

// status is what the database tells of the batch.
func (f *fleet) status() *status {
	f.t.Helper()
	at, err := job.InDatabase(f.database, f.file)
	if err != nil {
		f.t.Fatal(err)
	}
	st, err := statusAt(at)
	if err != nil {
		f.t.Fatal(err)
	}
	return st
}

// answered waits until so many answers have been sent.
func (f *fleet) answered(n int) {
	f.t.Helper()
	f.until(func() bool { return f.server.Ledger().Answered >= n })
}

// silent checks that no request reaches the service while something goes on.
func (f *fleet) silent(what string, while func()) {
	f.t.Helper()
	f.until(func() bool { return f.server.Ledger().InFlight == 0 })
	before := f.server.Ledger().Requests
	while()
	if n := f.server.Ledger().Requests - before; n > 0 {
		f.t.Errorf("%d questions were sent while %s", n, what)
	}
}

// accounts checks that every question is answered, that no answer is left in a file,
// and that what was charged for more than one answer is named. It returns how many
// requests were charged beyond one for each question.
func (f *fleet) accounts() (again int) {
	f.t.Helper()
	ledger, st := f.server.Ledger(), f.status()
	if err := errors.Join(chargedOnce(ledger, st), balanced(ledger, st)); err != nil {
		f.t.Error(err)
	}
	if st.Answered != f.questions || st.InFlight+st.Interrupted+st.Rescued > 0 {
		f.t.Errorf("%d of %d answered, %d in flight, %d interrupted, %d rescued", st.Answered, f.questions, st.InFlight, st.Interrupted, st.Rescued)
	}
	check := f.command("status", "--check", f.file)
	check.Env = append(check.Env, "BIZBATCH_CHECKPOINT="+f.database)
	if out, err := check.CombinedOutput(); err != nil {
		f.t.Errorf("%v\n%s", err, out)
	}
	if left, _ := filepath.Glob(f.path("*/bizbatch-rescue-*")); left != nil { // the pattern is right
		f.t.Errorf("left behind: %v", left)
	}
	return ledger.Charged - f.questions
}
