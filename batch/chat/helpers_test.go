package chat

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/goleak"

	"bizbatch/batch"
	"bizbatch/internal/streamtest"
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
	cfg := Config{Provider: provider, BaseURL: server.URL, Key: testKey}
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

// askStream asks a server that sends these bytes.
func askStream(t testing.TB, stream string) (batch.Answer, error) {
	t.Helper()
	return serve(t, sending(stream)).Ask(t.Context(), question)
}

// The parts of hand-written streams.
const (
	done = streamtest.Done
	stop = streamtest.Stop
)

var (
	text    = streamtest.Text
	custom  = streamtest.Custom
	sending = streamtest.Sending
	failure = streamtest.Failure
)

type memory = streamtest.Memory

// provider is that of the tests: what only it sends is kept as it was sent.
var provider = Provider{BaseURL: "https://api.example", Members: map[string]Member{"custom_data": func(Draft, gjson.Result) bool { return false }}}

func memoryClient(t testing.TB, stream string) *Client {
	return newClient(t, Config{Provider: provider, Key: testKey, Transport: memory(stream)})
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
