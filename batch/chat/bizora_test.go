package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"bizbatch/batch"
)

const testKey = "sk_live_0123456789abcdef"

var question = batch.Request{
	Payload: []byte(`{"messages":[{"content":"What is section 179?","role":"human"}],"model":"bizora-1.0"}`),
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a client of a server on this machine.
func serve(t testing.TB, handler http.HandlerFunc, change ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg := Config{BaseURL: server.URL, Key: testKey}
	for _, f := range change {
		f(&cfg)
	}
	return newClient(t, cfg)
}

func newClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// sending is a handler that sends these bytes as a stream.
func sending(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, stream)
	}
}

// askStream asks a server that sends these bytes.
func askStream(t testing.TB, stream string) (batch.Answer, error) {
	t.Helper()
	return serve(t, sending(stream)).Ask(t.Context(), question)
}

// failure is what err says, which must be a *batch.Error.
func failure(t testing.TB, err error) *batch.Error {
	t.Helper()
	var e *batch.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T %v, want a *batch.Error", err, err)
	}
	return e
}

// recorded is a stream as Bizora sends it, and its text.
func recorded(t testing.TB) string {
	t.Helper()
	stream, err := os.ReadFile("testdata/answer.sse")
	if err != nil {
		t.Fatal(err)
	}
	return string(stream)
}

// The parts of hand-written streams.
const (
	done = "data: [DONE]\n\n"
	stop = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
)

func text(s string) string {
	return fmt.Sprintf(`data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}`, s) + "\n\n"
}

func custom(object string) string {
	return fmt.Sprintf(`data: {"choices":[],"custom_data":%s}`, object) + "\n\n"
}

// memory is a transport that answers every request with the same bytes. Tests
// that ask thousands of times use it in place of a connection.
type memory string

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"text/event-stream"}},
		Body:       io.NopCloser(strings.NewReader(string(m))),
		Request:    r,
	}, nil
}

func memoryClient(t testing.TB, stream string) *Client {
	client := newClient(t, Config{Key: testKey})
	client.transport = memory(stream)
	return client
}

// checkSavable checks that an answer is the same after it was saved as JSON.
func checkSavable(t *testing.T, answer batch.Answer) {
	t.Helper()
	saved, err := json.Marshal(answer)
	if err != nil {
		t.Fatalf("the answer cannot be saved: %v", err)
	}
	var back batch.Answer
	if err := json.Unmarshal(saved, &back); err != nil {
		t.Fatalf("the saved answer cannot be read: %v", err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(saved, again) {
		t.Errorf("saved as %s, read as %s (%v)", saved, again, err)
	}
}

// connections counts those that are made to a server, which has not started.
func connections(server *httptest.Server) *atomic.Int64 {
	var made atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	return &made
}
