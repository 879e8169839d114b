//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"bizbatch/internal/exit"
	"bizbatch/internal/sandbox"
)

// timeout(1) signals the command, and at once the whole group that it is in:
// what is in flight comes home all the same.
func TestTimeoutSignalsTwice(t *testing.T) {
	path, err := exec.LookPath("timeout")
	if err != nil {
		t.Skip("there is no timeout")
	}
	const rounds, questions, workers = 10, 400, 4
	permits := make(chan struct{}, questions)
	v := served(t, sandbox.Options{Shape: sandbox.Short, Permits: permits})
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		cmd := v.command("run", "--quiet", "--workers", "4", "q.csv")
		cmd.Args = append([]string{path, "1h"}, cmd.Args...)
		cmd.Path = path
		var told bytes.Buffer
		cmd.Stderr = &told
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		v.until(func() bool { return v.server.Ledger().InFlight == workers })
		_ = cmd.Process.Signal(syscall.SIGTERM) // which it passes on as when the time is over
		for range questions / rounds {
			permits <- struct{}{}
		}
		_ = cmd.Wait() // its exit code tells
		for len(permits) > 0 {
			<-permits
		}
		if code := cmd.ProcessState.ExitCode(); code != int(exit.Terminated) || !strings.HasPrefix(told.String(), "error: stopped: received terminated\n") {
			t.Errorf("round %d: exit code %d, %s", round, code, &told)
		}
	}
	v.nothingIsLost()
}

// nothingIsLost checks that every answer that was charged is in the checkpoint.
func (v *victim) nothingIsLost() {
	v.t.Helper()
	st, err := statusAt(v.path("q.csv.bizbatch"))
	if err != nil {
		v.t.Fatal(err)
	}
	ledger := v.server.Ledger()
	if err := balanced(ledger, st); err != nil || st.Answered != ledger.Answered || st.Interrupted > 0 || len(st.Uncertain) > 0 {
		v.t.Errorf("%d answered, %d interrupted, %d uncertain, %v", st.Answered, st.Interrupted, len(st.Uncertain), err)
	}
}

// A terminal that closes sends a hang-up to its shell, which passes it on, and
// to the run itself: what is in flight comes home all the same.
func TestTerminalThatCloses(t *testing.T) {
	s := newScreen(t, 100)
	s.start("run", "--workers", "4", "q.csv")
	s.await(`4 in flight`)
	_ = s.cmd.Process.Signal(syscall.SIGHUP) // as a shell does
	s.await(`^stopping: waiting for 4 answers in flight`)
	s.terminal.Close()
	for i := range 4 {
		_ = s.cmd.Process.Signal(syscall.SIGHUP)
		s.answer(1)
		s.until("an answer", func() bool { return s.victim.server.Ledger().InFlight == 3-i })
	}
	s.finish(exit.Hangup)
	s.victim.nothingIsLost()
}
