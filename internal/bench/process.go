//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"bizbatch/internal/sandbox"
)

// A bench is where everything is measured: a folder and a program.
type bench struct {
	rounds int
	most   int
	bin    string
	dir    string
}

func (b *bench) open(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "bizbatch-bench-"); err != nil {
		return err
	}
	if b.bin != "" {
		b.bin, err = filepath.Abs(b.bin)
		return err
	}
	b.bin = b.path("bizbatch")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.bin, "bizbatch/cmd/bizbatch").CombinedOutput(); err != nil {
		return fmt.Errorf("build bizbatch: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// A usage is what a process took.
type usage struct {
	wall time.Duration
	cpu  time.Duration // user and system
	peak float64       // resident memory in MB
}

// run runs a program to its end.
func (b *bench) run(ctx context.Context, env []string, path string, args ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = b.dir, append(os.Environ(), env...)
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	u := usage{wall: time.Since(begin)}
	if err != nil {
		return u, fmt.Errorf("%s %s: %w\n%s", filepath.Base(path), strings.Join(args, " "), err, out)
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.peak = float64(used.Maxrss) / maxrssPerMB()
	return u, nil
}

// maxrssPerMB: Linux counts in KB, macOS in bytes.
func maxrssPerMB() float64 {
	if runtime.GOOS == "darwin" {
		return 1 << 20
	}
	return 1 << 10
}

// bizbatch runs the program against a service.
func (b *bench) bizbatch(ctx context.Context, s *served, args ...string) (usage, error) {
	return b.run(ctx, s.env(), b.bin, args...)
}

// A served is a sandbox in a process of its own.
type served struct {
	url  string
	cert string // file with its certificate; empty: it is not encrypted
	cmd  *exec.Cmd
	in   io.Closer // it ends with its standard input
	out  *bufio.Reader
}

// serve starts a sandbox; its flags are those of service.
func (b *bench) serve(ctx context.Context, flags ...string) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: exec.CommandContext(ctx, self, append([]string{"service"}, flags...)...)}
	s.cmd.Dir = b.dir
	var said bytes.Buffer
	s.cmd.Stderr = &said
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	line, err := s.out.ReadString('\n')
	if err != nil {
		_, _ = s.close()
		return nil, fmt.Errorf("start the sandbox: %w\n%s", err, said.String())
	}
	s.url, s.cert, _ = strings.Cut(strings.TrimSpace(line), " ")
	if s.cert != "" {
		s.cert = b.path(s.cert)
	}
	return s, nil
}

// env returns what a client of the service needs.
func (s *served) env() []string {
	env := []string{"BIZORA_API_KEY=key", "BIZORA_API_URL=" + s.url}
	if s.cert != "" {
		env = append(env, "SSL_CERT_FILE="+s.cert)
	}
	return env
}

// close ends the sandbox and returns what it has seen.
func (s *served) close() (l sandbox.Ledger, err error) {
	_ = s.in.Close()
	err = json.NewDecoder(s.out).Decode(&l)
	return l, errors.Join(err, s.cmd.Wait())
}

// served calls use with a sandbox, ends it, and returns what it has seen.
func (b *bench) served(ctx context.Context, use func(*served) error, flags ...string) (sandbox.Ledger, error) {
	s, err := b.serve(ctx, flags...)
	if err != nil {
		return sandbox.Ledger{}, err
	}
	err = use(s)
	ledger, err2 := s.close()
	return ledger, errors.Join(err, err2)
}
