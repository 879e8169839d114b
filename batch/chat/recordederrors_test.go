package chat_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/checkpoint"
)

// A recordedError is a line of errors.jsonl: what a service says instead of an
// answer, and what a run makes of it.
type recordedError struct {
	Name    string            `json:"name"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Stream  bool              `json:"stream"` // it is a chunk
	Want    string            `json:"want"`   // the kind of stop; failed: the questions fail
}

func (e recordedError) RoundTrip(r *http.Request) (*http.Response, error) {
	header, body := http.Header{"Content-Type": {"application/json"}}, string(e.Body)
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	if e.Stream {
		header.Set("Content-Type", "text/event-stream")
		body = "data: " + body + "\n\ndata: [DONE]\n\n"
	}
	return &http.Response{StatusCode: e.Status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func recordedErrors(t *testing.T, p chat.Provider) (all []recordedError) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", p.Name, "errors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e recordedError
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// What each service says of a key, a balance, a model, a limit or a fault is what a
// run makes of it, with a real checkpoint and in virtual time.
func TestRecordedErrors(t *testing.T) {
	each(t, func(t *testing.T, p chat.Provider) {
		for _, e := range recordedErrors(t, p) {
			t.Run(e.Name, func(t *testing.T) {
				dir := t.TempDir()
				synctest.Test(t, func(t *testing.T) {
					if got, said := outcome(t, filepath.Join(dir, "q.bizbatch"), p, e); got != e.Want {
						t.Errorf("the run: %s, want %s (%v)", got, e.Want, said)
					}
				})
			})
		}
	})
}

// outcome asks three questions of a service that always says the same.
func outcome(t *testing.T, path string, p chat.Provider, e recordedError) (string, error) {
	store, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	settings := batch.Settings{Model: "m", Role: cmp.Or(p.Role, "user"), AskModes: p.AskModes}
	three := func(yield func(batch.Question, error) bool) {
		for i := range 3 {
			if !yield(batch.Question{ID: fmt.Sprint(i), Text: fmt.Sprint("question ", i), Fields: []byte("[]")}, nil) {
				return
			}
		}
	}
	if _, err := batch.Import(store, three, batch.ImportOptions{Settings: settings}); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, p, e)
	sum, err := batch.Run(context.Background(), store, client, batch.Options{Settings: settings, MaxPause: 5 * time.Minute, AttemptTimeout: time.Minute})
	var stop *batch.StopError
	switch {
	case errors.As(err, &stop) && sum.Failed > 0:
		return fmt.Sprintf("%s, %d failed", stop.Kind, sum.Failed), err
	case errors.As(err, &stop):
		return string(stop.Kind), err
	case err == nil && sum.Failed == 3:
		return "failed", nil
	}
	return fmt.Sprintf("%d answered, %d failed", sum.Answered, sum.Failed), err
}
