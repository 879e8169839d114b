//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A Cluster is a server of the test's own, which it may stop and kill.
type Cluster struct {
	Address string
	folder  string
	script  string
}

// NewCluster starts a server on loopback, which goes with the test. Where tests have no
// server, or this machine has not its programs, the test is skipped.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	if !Server() {
		t.Skip(Without)
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); found == nil { // the pattern is right
		t.Skip("this machine has no programs of a server of PostgreSQL")
	}
	c := &Cluster{script: script(t)}
	out, err := exec.Command(c.script).Output()
	if _, scanned := fmt.Sscan(string(out), &c.folder, &c.Address); err != nil || scanned != nil {
		t.Fatalf("start a server: %v, %s", err, out)
	}
	t.Cleanup(func() { c.run(t, "stop") })
	return c
}

// script finds the script that starts servers.
func script(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".ci", "postgres.sh")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skip("there is no .ci/postgres.sh")
		}
	}
}

func (c *Cluster) run(t testing.TB, verb string) {
	t.Helper()
	if out, err := exec.Command(c.script, verb, c.folder).CombinedOutput(); err != nil {
		t.Fatalf("%s the server: %v\n%s", verb, err, out)
	}
}

// Stop stops the server in good order. Its connections end.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	c.run(t, "halt")
}

// Kill kills the server and its processes, as a power cut does.
func (c *Cluster) Kill(t testing.TB) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.folder, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", first, first)) // else they end by themselves
	for _, id := range append([]string{first}, strings.Fields(string(children))...) {
		pid, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}

// Let has the server take connections that are encrypted from a network, too, such as
// 10.0.0.0/8, from its next start on. Where there is no certificate the test is skipped.
func (c *Cluster) Let(t testing.TB, network string) {
	t.Helper()
	const certificate, key = "/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/ssl/private/ssl-cert-snakeoil.key" // Debian's package ssl-cert
	if _, err := os.Stat(key); err != nil {
		t.Skip("no certificate for a server:", err)
	}
	c.add(t, "postgresql.conf", fmt.Sprintf("listen_addresses = '*'\nssl = on\nssl_cert_file = '%s'\nssl_key_file = '%s'\n", certificate, key))
	c.add(t, "pg_hba.conf", fmt.Sprintf("hostssl all all %s trust\n", network))
}

func (c *Cluster) add(t testing.TB, file, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(c.folder, "data", file), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Start starts the server again.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	c.run(t, "restart")
}
