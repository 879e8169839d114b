//go:build unix

package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/sandbox"
)

func init() { // where there are such signals
	signals["STOP"], signals["CONT"], signals["USR1"] = syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGUSR1
}

var torture = flag.Bool("torture", false, "kill runs 200 times instead of 20")

// However often a run is killed, and whenever: every answer that arrived stays,
// only what was in flight is asked again, status tells what that was, and the
// output is in the end that of a run that nobody killed.
func TestKilledAtRandomMoments(t *testing.T) {
	const questions, workers = 1000, 16
	rounds := 20
	if *torture {
		rounds = 200
	}
	server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short, Latency: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	v := victim{t: t, server: server, dir: t.TempDir(), args: []string{"run", "--quiet", "--workers", fmt.Sprint(workers), "q.csv"}}
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for range rounds {
		if v.killAfter(rand.IntN(2 * questions / rounds)) {
			kills++
		}
		n, err := interrupted(server.Ledger(), v.path("q.csv.bizbatch"))
		if errors.Is(err, os.ErrNotExist) {
			continue // killed before there was a checkpoint
		}
		if err != nil {
			t.Fatal(err)
		}
		if n > workers*kills {
			t.Fatalf("%d questions are called interrupted after %d kills", n, kills)
		}
	}
	v.run(v.args...)

	ledger := server.Ledger()
	st, err := statusAt(v.path("q.csv.bizbatch"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(chargedOnce(ledger, st), balanced(ledger, st)); err != nil {
		t.Error(err)
	}
	again := ledger.Charged - questions
	if again < 0 || again > workers*kills {
		t.Errorf("%d questions charged again after %d kills with %d in flight", again, kills, workers)
	}
	t.Logf("%d kills, %d of %d questions charged again", kills, again, questions)

	v.run("status", "--check", "q.csv.bizbatch")
	v.run(append(v.args, "--no-reuse", "--checkpoint", "whole.bizbatch", "--out", "whole.csv")...)
	if diff := cmp.Diff(v.table("whole.csv"), v.table("q.answers.csv")); diff != "" {
		t.Errorf("the output differs from that of a run that nobody killed (-whole +killed):\n%s", diff)
	}
}

// However often a run that refreshes is killed, and whenever: every question has an
// answer at all times, the old one or the new one, and each is refreshed once, but for
// what was in flight.
func TestKilledAtRandomMomentsOfARefresh(t *testing.T) {
	const questions, workers = 400, 16
	rounds := 15
	if *torture {
		rounds = 150
	}
	v := served(t, sandbox.Options{Shape: sandbox.Short, Latency: 10 * time.Millisecond})
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		t.Fatal(err)
	}
	const path = "q.csv.bizbatch"
	v.run("run", "--quiet", "--workers", "64", "q.csv")
	answered := func() {
		t.Helper()
		store, err := checkpoint.View(v.path(path))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		for rec, err := range batch.Records(store) {
			if err != nil || rec.Status != batch.Answered || rec.Answer == nil {
				t.Fatalf("question %s is %s: %v", rec.ID, rec.Status, err)
			}
		}
	}
	v.args = []string{"run", "--quiet", "--workers", fmt.Sprint(workers), "--refresh-citing", "sandbox", "q.csv"}
	kills := 0
	for range rounds {
		if v.killAfter(1 + rand.IntN(questions/rounds)) {
			kills++
		}
		answered()
	}
	v.run(v.args...)
	answered()
	ledger := v.server.Ledger()
	st, err := statusAt(v.path(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := balanced(ledger, st); err != nil {
		t.Error(err)
	}
	again := ledger.Charged - 2*questions
	if again < 0 || again > workers*kills {
		t.Errorf("%d questions charged again after %d kills with %d in flight", again, kills, workers)
	}
	uncertain := map[string]int{}
	for _, u := range st.Uncertain {
		uncertain[textOf(u.RowID)]++
	}
	for _, q := range ledger.Questions {
		if q.Charged < 2 || q.Charged > 2+uncertain[q.Question] {
			t.Errorf("%q was charged %d times, uncertain %d times", q.Question, q.Charged, uncertain[q.Question])
		}
	}
	if st.Earlier != questions {
		t.Errorf("%d older answers of %d questions", st.Earlier, questions)
	}
	t.Logf("%d kills, %d of %d questions charged again", kills, again, questions)
	v.run("status", "--check", path)
}

// A file of answers is the old one or the new one, whenever its writer is killed.
func TestKilledWhileItExports(t *testing.T) {
	rounds := 20
	if *torture {
		rounds = 200
	}
	server, err := sandbox.Start("", sandbox.Options{Shape: sandbox.Short})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	v := victim{t: t, server: server, dir: t.TempDir(), args: []string{"export", "q.csv.bizbatch", "--out", "x.answers.csv"}}
	if err := writeRows(v.path("q.csv"), 1000); err != nil {
		t.Fatal(err)
	}
	v.run("run", "--quiet", "--workers", "64", "q.csv")
	whole, err := os.ReadFile(v.path("q.answers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		if err := os.WriteFile(v.path("x.answers.csv"), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		v.killAfter(0)
		got, err := os.ReadFile(v.path("x.answers.csv"))
		if err != nil || string(got) != "old" && string(got) != string(whole) {
			t.Fatalf("%d bytes, neither the old file nor the new: %v", len(got), err)
		}
	}
	v.run(v.args...)
	if left, err := filepath.Glob(v.path(".x.answers.csv.*")); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	v.run("status", "--check", "q.csv.bizbatch")
}

// A victim is a run that is killed.
type victim struct {
	t      testing.TB
	server *sandbox.Server
	dir    string
	args   []string
}

// served is a victim in an empty folder, with a sandbox of its own to ask.
func served(t testing.TB, o sandbox.Options) *victim {
	t.Helper()
	server, err := sandbox.Start("", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return &victim{t: t, server: server, dir: t.TempDir()}
}

func (v *victim) path(name string) string { return filepath.Join(v.dir, name) }

func (v *victim) command(args ...string) *exec.Cmd {
	path, err := exec.LookPath("bizbatch")
	if err != nil {
		v.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "BIZORA_API_KEY="+secret, "BIZORA_API_URL="+v.server.URL, "TMPDIR="+v.dir, "HOME="+v.dir, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// run runs a command that nobody kills, to a good end.
func (v *victim) run(args ...string) {
	v.t.Helper()
	if out, err := v.command(args...).CombinedOutput(); err != nil {
		v.t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// killAfter starts the run and kills it once it has sent more requests: at
// once for 0. It reports false for a run that ended before.
func (v *victim) killAfter(more int) bool {
	v.t.Helper()
	cmd := v.command(v.args...)
	target := v.server.Ledger().Requests + more
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for v.server.Ledger().Requests < target {
		select {
		case err := <-done:
			if err != nil {
				v.t.Fatal("a run that nobody killed:", err)
			}
			return false
		case <-poll.C:
		}
	}
	if more == 0 { // a random moment while it starts, plans, sends its first or writes
		<-time.After(rand.N(200 * time.Millisecond))
	}
	_ = cmd.Process.Kill() // where it has not ended by itself
	return (<-done) != nil
}

// table is a file of answers without what differs from run to run: how long
// each took, and the names of the requests.
func (v *victim) table(name string) [][]string {
	v.t.Helper()
	f, err := os.Open(v.path(name))
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		v.t.Fatal(err)
	}
	for i, row := range rows {
		n := len(row)
		rows[i] = append(row[:n-4], row[n-2])
	}
	return rows
}
