package bizora

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/internal/streamtest"
)

const (
	testKey = "sk_live_0123456789abcdef"
	done    = streamtest.Done
	stop    = streamtest.Stop
)

var (
	text    = streamtest.Text
	custom  = streamtest.Custom
	sending = streamtest.Sending
	failure = streamtest.Failure
)

var question = batch.Request{
	Payload: []byte(`{"messages":[{"content":"What is section 179?","role":"human"}],"model":"bizora-1.0"}`),
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a client of a server on this machine.
func serve(t testing.TB, handler http.HandlerFunc, key string) *chat.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, chat.Config{BaseURL: server.URL, Key: key})
}

func newClient(t testing.TB, cfg chat.Config) *chat.Client {
	t.Helper()
	cfg.Provider = Provider
	client, err := chat.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// askStream asks a server that sends these bytes.
func askStream(t testing.TB, stream string) (batch.Answer, error) {
	t.Helper()
	return serve(t, sending(stream), testKey).Ask(t.Context(), question)
}
