//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"bizbatch/internal/sandbox"
)

// A run that is killed while it reads its questions, for the first time or over
// answers that are there, leaves the old plan or the new one, and every answer.
func TestKilledWhileItPlans(t *testing.T) {
	const few, many = 40, 1500
	rounds := 6
	if *torture {
		rounds = 100
	}
	v := served(t, sandbox.Options{Shape: sandbox.Short})
	// Nothing is asked: the run ends with its plan.
	plan := func(file string) *exec.Cmd { return v.command("run", "--no-reuse", "--max-duration", "1ns", file) }
	for name, n := range map[string]int{"q.csv": few, "first.csv": many} {
		if err := writeRows(v.path(name), n); err != nil {
			t.Fatal(err)
		}
	}
	v.run("run", "--quiet", "q.csv")
	if err := writeRows(v.path("q.csv"), many); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := plan("first.csv").Run(); err == nil {
		t.Fatal("it asked")
	}
	took := time.Since(start)
	before, err := os.ReadFile(v.path("q.csv.bizbatch"))
	if err != nil {
		t.Fatal(err)
	}
	planned := map[string]int{} // rounds after which the plan was the new one, by file
	for range rounds {
		for _, file := range []string{"q.csv", "first.csv"} {
			for _, end := range []string{"", "-wal", "-shm", "-journal", ".lock", ".new"} {
				_ = os.Remove(v.path(file + ".bizbatch" + end)) // where the last round left it
			}
			if file == "q.csv" {
				if err := os.WriteFile(v.path("q.csv.bizbatch"), before, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := plan(file)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-time.After(rand.N(took))
			_ = cmd.Process.Kill() // where it has not ended by itself
			_ = cmd.Wait()
			st, err := statusAt(v.path(file + ".bizbatch"))
			if file == "first.csv" && errors.Is(err, os.ErrNotExist) {
				continue // killed before there was a checkpoint
			}
			if err != nil {
				t.Fatal(err)
			}
			v.run("status", "--check", file+".bizbatch")
			old, answered := map[string]int{"q.csv": few}[file], few
			if file == "first.csv" {
				answered = 0
			}
			if st.Rows == many {
				planned[file]++
			} else if st.Rows != old {
				t.Errorf("%s: %d rows, neither the old plan nor the new", file, st.Rows)
			}
			if st.Answered != answered || st.Interrupted != 0 {
				t.Errorf("%s: %d answered, %d interrupted", file, st.Answered, st.Interrupted)
			}
		}
	}
	t.Logf("%d kills each; the new plan was there after %v", rounds, planned)
	v.run("run", "--quiet", "--limit", fmt.Sprint(few), "q.csv")
	st, err := statusAt(v.path("q.csv.bizbatch"))
	if err != nil {
		t.Fatal(err)
	}
	ledger := v.server.Ledger()
	if err := errors.Join(chargedOnce(ledger, st), balanced(ledger, st)); err != nil || ledger.Requests != 2*few {
		t.Errorf("%d requests for %d questions, %v", ledger.Requests, 2*few, err)
	}
}

// Runner and service are killed at the same moment, again and again: every
// answer that the checkpoint has told of stays, and no service is asked for it
// again.
func TestKilledTogetherWithTheService(t *testing.T) {
	const questions, workers = 60, 4
	v := victim{t: t, server: &sandbox.Server{}, dir: t.TempDir()}
	if err := writeRows(v.path("q.csv"), questions); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:0" // the first one's, from then on
	answered := map[string]bool{}
	for round := range 4 {
		service := v.serve(&address, "--latency", "100ms")
		run := v.command("run", "--quiet", "--workers", "4", "q.csv")
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		if round < 3 {
			v.until(func() bool { return v.ledger().Answered >= 5+rand.IntN(10) })
			_ = errors.Join(service.Process.Kill(), run.Process.Kill()) // neither ends by itself
			_ = run.Wait()
		} else if err := run.Wait(); err != nil {
			t.Fatal(err)
		}
		if round == 3 {
			for _, q := range v.ledger().Questions {
				if answered[q.Question] || q.Requests != 1 {
					t.Errorf("%q was asked %d times, and was answered before: %v", q.Question, q.Requests, answered[q.Question])
				}
			}
			if n := v.ledger().Requests; n != questions-len(answered) {
				t.Errorf("asked %d, and %d of %d were answered before", n, len(answered), questions)
			}
			_ = service.Process.Kill()
		}
		_ = service.Wait()
		now, err := answeredIn(v.path("q.csv.bizbatch"))
		if err != nil {
			t.Fatal(err)
		}
		for q := range answered {
			if !now[q] {
				t.Errorf("the answer to %q is lost", q)
			}
		}
		answered = now
		st, err := statusAt(v.path("q.csv.bizbatch"))
		if err != nil {
			t.Fatal(err)
		}
		if most := workers * min(round+1, 3); len(st.Uncertain) > most {
			t.Errorf("%d are uncertain, more than the %d that were in flight", len(st.Uncertain), most)
		}
	}
	if len(answered) != questions {
		t.Errorf("%d of %d answered", len(answered), questions)
	}
	v.run("status", "--check", "q.csv.bizbatch")
}

// serve starts a sandbox of its own process at an address, which it fills in.
func (v *victim) serve(address *string, flags ...string) *exec.Cmd {
	v.t.Helper()
	out, err := os.Create(v.path("service.out"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer out.Close()
	cmd := v.command(append([]string{"sandbox", "--listen", *address}, flags...)...)
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test ended before
	v.until(func() bool {
		b, err := os.ReadFile(out.Name())
		found := regexp.MustCompile(`on http://(\S+)`).FindSubmatch(b)
		if found != nil {
			*address = string(found[1])
			v.server.URL = "http://" + *address
		}
		return err != nil || found != nil
	})
	return cmd
}

// ledger is that of a service that is another process.
func (v *victim) ledger() (l sandbox.Ledger) {
	v.t.Helper()
	resp, err := http.Get(v.server.URL + "/sandbox/ledger")
	if err != nil {
		v.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		v.t.Fatal(err)
	}
	return l
}

func (v *victim) until(happened func() bool) {
	v.t.Helper()
	deadline := time.After(patience)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !happened() {
		select {
		case <-poll.C:
		case <-deadline:
			v.t.Fatal("waited in vain")
		}
	}
}
