package chat

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bizbatch/batch"
)

func TestConfig(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string // in the error; empty for none
	}{
		{"a key alone is enough", Config{Key: testKey}, ""},
		{"a slash at the end makes no difference", Config{Key: testKey, BaseURL: "https://x.example/v1/"}, ""},
		{"http is allowed to this machine", Config{Key: testKey, BaseURL: "http://127.0.0.1:8080"}, ""},
		{"http is allowed to this machine by IPv6", Config{Key: testKey, BaseURL: "http://[::1]:8080"}, ""},
		{"http is allowed where the user says so", Config{Key: testKey, BaseURL: "http://x.example", InsecureHTTP: true}, ""},
		{"http is refused elsewhere, and the host named", Config{Key: testKey, BaseURL: "http://x.example/secret"}, "http would send the key unencrypted to x.example;"},
		{"http is refused elsewhere, and the key in place of a host not named", Config{Key: testKey, BaseURL: "http://" + testKey}, "http would send the key unencrypted"},
		{"another scheme is refused", Config{Key: testKey, BaseURL: "ftp://x.example"}, "must begin with https://"},
		{"a host alone is refused", Config{Key: testKey, BaseURL: "x.example"}, "must begin with https://"},
		{"a port alone is refused", Config{Key: testKey, BaseURL: "https://:443"}, "must begin with https://"},
		{"a password is refused and not repeated", Config{Key: testKey, BaseURL: "https://me:secret@x.example"}, "user name or password"},
		{"a malformed URL with a password is not repeated", Config{Key: testKey, BaseURL: "https://me:secret@x.example:port"}, "base URL: "},
		{"a key in place of the URL is refused and not repeated", Config{Key: testKey, BaseURL: "sk_live_secret"}, "must begin with https://"},
		{"a key in place of the port is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example:sk_live_secret"}, "base URL: not an address such as https://"},
		{"a key with a percent sign is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example/%secret"}, "base URL: not an address such as https://"},
		{"the version of an API is a query", Config{Key: testKey, BaseURL: "https://x.example/?api-version=2024-10-21"}, ""},
		{"another query beside it is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example?api-version=1&key=secret"}, "query or fragment"},
		{"a query is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example?key=secret"}, "query or fragment"},
		{"a fragment is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example#secret"}, "query or fragment"},
		{"the whole endpoint is refused and not repeated", Config{Key: testKey, BaseURL: "https://x.example/secret/chat/completions"}, "leave out /chat/completions"},
		{"an empty key is refused", Config{}, "the API key is empty"},
		{"a service on this machine needs no key", Config{BaseURL: "http://localhost:8080/v1"}, ""},
		{"nor does one that its users run", Config{Provider: Provider{KeyOptional: true}, BaseURL: "https://x.example"}, ""},
		{"nor does a request whose header says who asks", Config{Headers: http.Header{"Authorization": {"Bearer secret"}}}, ""},
		{"a service whose address is each user's own needs it", Config{Provider: Provider{Name: "azure"}, Key: testKey}, "give your own"},
		{"a header of the transport is refused", Config{Key: testKey, Headers: http.Header{"Idempotency-Key": {"secret"}}}, "Idempotency-Key cannot be set"},
		{"a header with a line break is refused and not repeated", Config{Key: testKey, Headers: http.Header{"X-A": {"secret\r\nX-B: c"}}}, "X-A holds a control character"},
		{"a header without a name is refused", Config{Key: testKey, Headers: http.Header{"": {"secret"}}}, "no name"},
		{"a key with a newline is refused", Config{Key: testKey + "\n"}, "the API key holds white space"},
		{"a key with a quotation mark of a word processor is refused", Config{Key: "“" + testKey + "”"}, "the API key holds"},
		{"a negative time-out is refused", Config{Key: testKey, IdleTimeout: -1}, "idle time-out"},
		{"a negative length is refused", Config{Key: testKey, MaxAnswer: -1}, "longest answer"},
		{"a user agent with a newline is refused", Config{Key: testKey, UserAgent: "a\nb"}, "user agent"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, err := New(test.cfg)
			switch {
			case err == nil && test.want != "":
				t.Errorf("got no error, want %q", test.want)
			case err == nil:
				if strings.HasSuffix(client.BaseURL(), "/") {
					t.Errorf("the base URL is %s", client.BaseURL())
				}
			case test.want == "" || !strings.Contains(err.Error(), test.want):
				t.Errorf("got the error %q, want %q", err, test.want)
			case strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), testKey):
				t.Errorf("the error %q tells a secret", err)
			}
		})
	}
}

func TestRequestOnTheWire(t *testing.T) {
	tests := []struct{ payload, want string }{
		{`{"askMode":"auto","big":12345678901234567890,"html":"<&>","messages":[]}`,
			`{"askMode":"auto","big":12345678901234567890,"html":"<&>","messages":[],"stream":true}`},
		{`{}`, `{"stream":true}`},
		{" {\"a\":{} \n} ", `{"a":{},"stream":true}`},
	}
	for _, test := range tests {
		var got *http.Request
		var body []byte
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
			sending(stop+done)(w, r)
		}, func(cfg *Config) { cfg.BaseURL += "/v1/"; cfg.UserAgent = "bizbatch/1.2" })
		if _, err := client.Ask(t.Context(), batch.Request{Payload: []byte(test.payload)}); err != nil {
			t.Fatal(err)
		}
		if sameJSON(t, string(body)) != sameJSON(t, test.want) || got.ContentLength != int64(len(body)) {
			t.Errorf("the body is %s, of length %d, want %s", body, got.ContentLength, test.want)
		}
		if got.Method != "POST" || got.URL.String() != "/v1/chat/completions" {
			t.Errorf("the request is %s %s", got.Method, got.URL)
		}
		for name, want := range map[string]string{
			"Authorization":   "Bearer " + testKey,
			"Content-Type":    "application/json",
			"Accept":          "text/event-stream",
			"User-Agent":      "bizbatch/1.2",
			"Idempotency-Key": "",
		} {
			if value := got.Header.Get(name); value != want {
				t.Errorf("the header %s is %q, want %q", name, value, want)
			}
		}
	}
}

// sameJSON writes JSON in one way: numbers as they are, members in order.
func sameJSON(t *testing.T, text string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPayloadThatIsNoObjectIsNotSent(t *testing.T) {
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	for _, payload := range []string{"", "[]", `{"a":1`, "null"} {
		_, err := client.Ask(t.Context(), batch.Request{Payload: []byte(payload)})
		if e := failure(t, err); !e.Fatal || e.MaybeCharged || e.Message != "the request is not a JSON object" {
			t.Errorf("payload %q: got %+v", payload, e)
		}
	}
}

func TestRequestIDOfTheHeader(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req_header")
		sending(text("a")+stop+done)(w, r)
	})
	answer, err := client.Ask(t.Context(), question)
	if err != nil || answer.RequestID != "req_header" {
		t.Errorf("got %q, %v", answer.RequestID, err)
	}
}

// silent is a handler that sends these bytes and then nothing, until the
// client leaves.
func silent(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client leave
		if stream != "" {
			sending(stream)(w, r)
			http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	}
}

func TestSilence(t *testing.T) {
	short := func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond }
	tests := []struct{ name, stream, partial string }{
		{"before the response", "", ""},
		{"before the first chunk", ": hello\n\n", ""},
		{"in the middle", text("half"), "half"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := serve(t, silent(test.stream), short).Ask(t.Context(), question)
			e := failure(t, err)
			if e.Message != "nothing arrived for 50ms" || !e.MaybeCharged || !e.Unfinished || e.Hint == "" || e.Unreached || e.Partial != test.partial || errors.Is(err, context.Canceled) {
				t.Errorf("got %+v", e)
			}
		})
	}
	t.Run("after the end mark is not what went wrong", func(t *testing.T) {
		_, err := serve(t, silent(text("half")+done)).Ask(t.Context(), question)
		if e := failure(t, err); e.Message != "the stream ended before its finish_reason" || !e.Unfinished {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("nothing but the end mark", func(t *testing.T) {
		_, err := serve(t, silent(done)).Ask(t.Context(), question)
		if e := failure(t, err); e.Message != "the stream ended before its finish_reason" || !e.Unfinished || !e.MaybeCharged {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("after the finish reason costs nothing", func(t *testing.T) {
		answer, err := serve(t, silent(text("whole")+stop), short).Ask(t.Context(), question)
		if err != nil || answer.Text != "whole" {
			t.Errorf("got %q, %v", answer.Text, err)
		}
	})
}

// As long as comments arrive, a stream is not silent, however long it takes.
func TestCommentsKeepAStreamAlive(t *testing.T) {
	const idle = 200 * time.Millisecond
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(idle / 10)
		defer tick.Stop()
		for range 20 {
			<-tick.C
			sending(": keep-alive\n\n")(w, r)
			http.NewResponseController(w).Flush()
		}
		sending(text("late")+stop+done)(w, r)
	}, func(cfg *Config) { cfg.IdleTimeout = idle })
	if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "late" {
		t.Errorf("got %q, %v", answer.Text, err)
	}
}

// Comments do not hold an answer up that has its finish reason.
func TestCommentsAfterTheFinishReason(t *testing.T) {
	const idle = 100 * time.Millisecond
	left := make(chan bool, 1)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		sending(text("whole")+stop)(w, r)
		tick := time.NewTicker(idle / 10)
		defer tick.Stop()
		for range 50 {
			http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				left <- true
				return
			case <-tick.C:
				sending(": keep-alive\n\n")(w, r)
			}
		}
		left <- false
	}, func(cfg *Config) { cfg.IdleTimeout = idle })
	if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "whole" {
		t.Errorf("got %q, %v", answer.Text, err)
	}
	if !<-left {
		t.Error("the client waited for the last comment")
	}
}

func TestCancelled(t *testing.T) {
	for stream, cause := range map[string]error{
		"":           errors.New("the second Ctrl-C"),
		text("half"): &batch.Error{Status: 402, Message: "another question's error"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if stream != "" {
				sending(stream)(w, r)
				http.NewResponseController(w).Flush()
			}
			cancel(cause)
			<-r.Context().Done()
		})
		_, err := client.Ask(ctx, question)
		e := failure(t, err)
		if !errors.Is(err, cause) || e.Message != cause.Error() || e.Status != 0 || !e.MaybeCharged || e.Unreached || e.Fatal {
			t.Errorf("while it was under way: got %+v", e)
		}

		_, err = client.Ask(ctx, question)
		if e := failure(t, err); !errors.Is(err, cause) || e.MaybeCharged || e.Unreached || e.Fatal {
			t.Errorf("before it was sent: got %+v", e)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	const workers, rounds = 20, 10
	var together atomic.Pointer[sync.WaitGroup] // holds every answer until all have asked
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := together.Load()
		all.Done()
		all.Wait()
		sending(text("a")+stop+done)(w, r)
	}))
	made := connections(server)
	server.Start()
	defer server.Close()
	client := newClient(t, Config{BaseURL: server.URL, Key: testKey})

	for range rounds {
		var all, group sync.WaitGroup
		all.Add(workers)
		together.Store(&all)
		for range workers {
			group.Go(func() {
				if _, err := client.Ask(t.Context(), question); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	// A connection may come back just after the next round has dialled.
	if n := made.Load(); n > 2*workers {
		t.Errorf("%d requests of %d workers made %d connections", workers*rounds, workers, n)
	}
}

// Without that, a connection cannot be used again.
func TestResponseIsReadToItsEnd(t *testing.T) {
	for contentType, response := range map[string]string{"text/event-stream": text("a") + stop + done, "application/json": wholeObject} {
		ended := false
		client := newClient(t, Config{Key: testKey})
		client.transport = transportFunc(func(r *http.Request) (*http.Response, error) {
			resp, err := memory(response).RoundTrip(r)
			resp.Header.Set("Content-Type", contentType)
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, readFunc(func([]byte) (int, error) {
				ended = true
				return 0, io.EOF
			})))
			return resp, err
		})
		if _, err := client.Ask(t.Context(), question); err != nil || !ended {
			t.Errorf("%s read to the end: %v; the error: %v", contentType, ended, err)
		}
	}
}

type (
	transportFunc func(*http.Request) (*http.Response, error)
	readFunc      func([]byte) (int, error)
)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
func (f readFunc) Read(p []byte) (int, error)                             { return f(p) }

func TestCompressedStream(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding")) // gzip
		w.Header().Set("Content-Type", "text/event-stream")
		zip := gzip.NewWriter(w)
		io.WriteString(zip, text("small")+stop+done)
		zip.Close()
	})
	if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "small" {
		t.Errorf("got %q, %v", answer.Text, err)
	}
}

// A server that hangs up on a request has seen it: it is not sent again, not
// even where the connection was an old one (net/http would, for a request with
// an Idempotency-Key).
func TestRequestIsSentOnce(t *testing.T) {
	var asked atomic.Int64
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		sending(text("a")+stop+done)(w, r)
	})
	if _, err := client.Ask(t.Context(), question); err != nil {
		t.Fatal(err)
	}
	_, err := client.Ask(t.Context(), question)
	if e := failure(t, err); !e.MaybeCharged || e.Unreached || !strings.HasPrefix(e.Message, "the connection broke before an answer began") {
		t.Errorf("got %+v", e)
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2", asked.Load())
	}
}
