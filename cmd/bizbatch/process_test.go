package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A proc is a bizbatch in the background.
type proc struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start NAME ARGS… starts a bizbatch that prints to NAME.out and NAME.err.
func (s *story) start(ts *testscript.TestScript, args []string) error {
	path, err := exec.LookPath("bizbatch")
	if err != nil {
		return err
	}
	p := &proc{cmd: exec.Command(path, args[1:]...), done: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GORACE", "BIZORA_API_KEY", "BIZORA_API_URL", "BIZBATCH_CHECKPOINT", "XDG_CACHE_HOME"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+ts.Getenv(name))
	}
	out, err1 := os.Create(ts.MkAbs(args[0] + ".out"))
	errs, err2 := os.Create(ts.MkAbs(args[0] + ".err"))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	defer out.Close()
	defer errs.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	if err := p.cmd.Start(); err != nil {
		return err
	}
	s.procs[args[0]] = p
	go func() {
		_ = p.cmd.Wait() // finish looks at how it ended
		close(p.done)
	}()
	return nil
}

// signal NAME KILL|TERM|INT|HUP|QUIT|STOP|CONT sends a signal to a bizbatch in the background.
func (s *story) signal(_ *testscript.TestScript, args []string) error {
	return s.procs[args[0]].cmd.Process.Signal(signals[args[1]])
}

// insist NAME TERM|INT|HUP sends a signal to a bizbatch in the background again
// and again until it has ended.
func (s *story) insist(_ *testscript.TestScript, args []string) error {
	p := s.procs[args[0]]
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			_ = p.cmd.Process.Signal(signals[args[1]]) // it may have ended
		case <-p.done:
			return nil
		case <-deadline.C:
			return fmt.Errorf("%s does not end", args[0])
		}
	}
}

var signals = map[string]syscall.Signal{"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT}

// finish NAME CODE waits for a bizbatch in the background and checks its exit
// code; 137 is that of a killed one.
func (s *story) finish(_ *testscript.TestScript, args []string) error {
	p := s.procs[args[0]]
	select {
	case <-p.done:
	case <-time.After(patience):
		return fmt.Errorf("%s does not end", args[0])
	}
	code := p.cmd.ProcessState.ExitCode()
	if w, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		code = 128 + int(w.Signal())
	}
	if strconv.Itoa(code) != args[1] {
		return fmt.Errorf("%s: exit code %d, want %s", args[0], code, args[1])
	}
	return nil
}
