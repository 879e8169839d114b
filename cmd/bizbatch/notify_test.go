//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"bizbatch/internal/sandbox"
)

// The webhook of the samples tells a service how a run ended, and one that is dead
// or answers 500 changes nothing.
func TestTheSampleTellsAWebhook(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	script, err := filepath.Abs("../../samples/notify-webhook.sh")
	if err != nil {
		t.Fatal(err)
	}
	var told received
	var status atomic.Int64
	status.Store(http.StatusOK)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told.add(string(body))
		w.WriteHeader(int(status.Load()))
	}))
	defer hook.Close()
	v := served(t, sandbox.Options{Shape: sandbox.Short})
	if err := writeRows(v.path("q.csv"), 2); err != nil {
		t.Fatal(err)
	}
	run := func(address string) string {
		t.Helper()
		cmd := v.command("run", "--quiet", "--notify", "sh '"+script+"' "+address, "q.csv")
		cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
		printed, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, printed)
		}
		return string(printed)
	}
	if printed := run(hook.URL); printed != "" {
		t.Errorf("printed %q", printed)
	}
	var body struct {
		Text     string
		Bizbatch struct{ Outcome string }
	}
	if all := told.all(); len(all) != 1 || json.Unmarshal([]byte(all[0]), &body) != nil || body.Text != "bizbatch: finished (q.csv.bizbatch)" || body.Bizbatch.Outcome != "finished" {
		t.Errorf("told %q", told.all())
	}
	status.Store(http.StatusInternalServerError)
	if printed := run(hook.URL); !strings.HasPrefix(printed, "--notify failed: ") || len(told.all()) != 2 {
		t.Errorf("of a 500: printed %q, told %d times", printed, len(told.all()))
	}
	hook.Close()
	if printed := run(hook.URL); !strings.HasPrefix(printed, "--notify failed: ") {
		t.Errorf("of a dead service: printed %q", printed)
	}
}

// received is what a service got.
type received struct {
	mu   sync.Mutex
	list []string
}

func (r *received) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, s)
}

func (r *received) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}
