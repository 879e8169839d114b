package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"bizbatch/internal/sandbox"

	"github.com/tidwall/gjson"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const question = "Can a taxpayer deduct home office expenses in 2024?"

// client keeps no connection open, so that none is a leak.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func start(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start("", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// scripted starts a server with one rule and small answers.
func scripted(t *testing.T, rules ...sandbox.Rule) *sandbox.Server {
	t.Helper()
	return start(t, sandbox.Options{Shape: sandbox.Short, Script: sandbox.Script{Rules: rules}})
}

type object = map[string]any

// human is the body of a streaming request; more members are added to it.
func human(text string, more ...object) object {
	body := object{
		"model":    "bizora-1.0",
		"stream":   true,
		"messages": []object{{"role": "human", "content": text}},
	}
	for _, m := range more {
		for name, value := range m {
			body[name] = value
		}
	}
	return body
}

// A response is what came back for a request, up to err.
type response struct {
	status int
	header http.Header
	body   string
	err    error // of the request or of reading the body
}

// ask sends a request with a key and reads the response to its end.
func ask(t *testing.T, s *sandbox.Server, body object) response {
	t.Helper()
	return do(t, newRequest(t, s, body))
}

func newRequest(t *testing.T, s *sandbox.Server, body object) *http.Request {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/v1/chat/completions", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk_live_test")
	return req
}

func do(t *testing.T, req *http.Request) response {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		return response{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(data), err}
}

// chunks are the stream's data lines, without [DONE].
func (r response) chunks() []gjson.Result {
	var list []gjson.Result
	for line := range strings.Lines(r.body) {
		if data, ok := strings.CutPrefix(line, "data: {"); ok {
			list = append(list, gjson.Parse("{"+data))
		}
	}
	return list
}

func (r response) text() string {
	var b strings.Builder
	for _, c := range r.chunks() {
		b.WriteString(c.Get("choices.0.delta.content").String())
	}
	return b.String()
}

// custom returns the custom_data objects of a type, in order.
func (r response) custom(kind string) []gjson.Result {
	var list []gjson.Result
	for _, c := range r.chunks() {
		if data := c.Get("custom_data"); data.Get("type").String() == kind {
			list = append(list, data)
		}
	}
	return list
}

// whole says whether a client may take the stream for an answer.
func (r response) whole() bool {
	for _, c := range r.chunks() {
		if c.Get("choices.0.finish_reason").String() != "" {
			return r.err == nil
		}
	}
	return false
}

func TestRefusals(t *testing.T) {
	s := start(t, sandbox.Options{Key: "sk_right", Shape: sandbox.Short})
	right := http.Header{"Authorization": {"Bearer sk_right"}}
	for _, row := range []struct {
		name    string
		method  string
		path    string
		header  http.Header
		body    any
		status  int
		kind    string
		message string
	}{
		{name: "a request without a key", header: http.Header{}, status: 401, kind: "authentication_error"},
		{name: "a wrong key", header: http.Header{"Authorization": {"Bearer sk_wrong"}}, status: 401, kind: "authentication_error"},
		{name: "an empty key", header: http.Header{"Authorization": {"Bearer "}}, status: 401, kind: "authentication_error"},
		{name: "the right key in X-Api-Key", header: http.Header{"X-Api-Key": {"sk_right"}}, status: 200},
		{name: "the right key", status: 200},
		{name: "the path without a version", path: "/chat/completions", status: 200},
		{name: "a path with a double slash", path: "/v2//chat/completions", status: 200},
		{name: "another path", path: "/v1/completions", status: 404, kind: "not_found", message: "/chat/completions"},
		{name: "a GET", method: "GET", status: 405},
		{name: "another model", body: human(question, object{"model": "gpt-4o"}), status: 404, kind: "model_not_found", message: "bizora-1.0"},
		{name: "a role of OpenAI", body: human("", object{"messages": []object{{"role": "user", "content": "x"}}}), status: 400, message: `messages[0].role "user"`},
		{name: "no messages", body: human("", object{"messages": []object{}}), status: 400, message: "messages is empty"},
		{name: "a last message that is the answer", body: human("", object{"messages": []object{{"role": "ai", "content": "x"}}}), status: 400, message: "last message"},
		{name: "an empty question", body: human(" \n"), status: 400, message: "not empty"},
		{name: "an unknown ask mode", body: human(question, object{"askMode": "guess"}), status: 400, message: `askMode "guess"`},
		{name: "a body that is no object", body: "x", status: 400, kind: "invalid_request_error", message: "cannot read"},
		{name: "a body over 32 MB", body: strings.Repeat("x", 33<<20), status: 413, kind: "invalid_request_error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.body == nil {
				row.body = human(question)
			}
			if row.header == nil {
				row.header = right
			}
			body, err := json.Marshal(row.body)
			if err != nil {
				t.Fatal(err)
			}
			method, path := "POST", "/v1/chat/completions"
			if row.method != "" {
				method = row.method
			}
			if row.path != "" {
				path = row.path
			}
			req, err := http.NewRequest(method, s.URL+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = row.header
			got := do(t, req)
			if got.err != nil || got.status != row.status {
				t.Fatalf("got %d, %v, want %d: %.200s", got.status, got.err, row.status, got.body)
			}
			if row.status == 200 {
				return
			}
			problem := gjson.Get(got.body, "error")
			if row.kind != "" && problem.Get("type").String() != row.kind {
				t.Errorf("type %q, want %q", problem.Get("type"), row.kind)
			}
			if message := problem.Get("message").String(); message == "" || !strings.Contains(message, row.message) {
				t.Errorf("message %q, want %q in it", message, row.message)
			}
		})
	}
	if l := s.Ledger(); l.Charged != 4 || l.Answered != 4 || l.InFlight != 0 {
		t.Errorf("charged %d, answered %d, in flight %d; want 4, 4, 0", l.Charged, l.Answered, l.InFlight)
	}
}

func TestAnyKeyWillDoButNotNone(t *testing.T) {
	s := start(t, sandbox.Options{Shape: sandbox.Short})
	for key, want := range map[string]int{"Bearer sk_any": 200, "Bearer ": 401, "": 401} {
		req := newRequest(t, s, human(question))
		req.Header.Set("Authorization", key)
		if got := do(t, req); got.status != want {
			t.Errorf("Authorization %q: status %d, want %d", key, got.status, want)
		}
	}
}

func TestNobodyElseReachesASandboxWithoutAnAddress(t *testing.T) {
	if s := start(t, sandbox.Options{}); !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("it listens on %s", s.URL)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]sandbox.Options{
		"a negative limit":    {RPM: -1},
		"two limits":          {RPM: 1, Rate: 1},
		"an unknown shape":    {Shape: "huge"},
		"a script that fails": {Script: sandbox.Script{Rules: []sandbox.Rule{{Match: "("}}}},
	} {
		if _, err := sandbox.New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := sandbox.Start("256.0.0.1:1", sandbox.Options{}); err == nil {
		t.Error("a wrong address is accepted")
	}
}

func TestCloseCutsOffWhatIsUnderWay(t *testing.T) {
	s := scripted(t, sandbox.Rule{SilenceAfterChunks: new(3)})
	resp, err := client.Do(newRequest(t, s, human(question)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if l := s.Ledger(); l.InFlight != 1 || l.Charged != 1 {
		t.Errorf("in flight %d, charged %d; want 1, 1", l.InFlight, l.Charged)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the client reads to %v, want an unexpected end", err)
	}
	if l := s.Ledger(); l.InFlight != 0 || l.Answered != 0 {
		t.Errorf("in flight %d, answered %d; want 0, 0", l.InFlight, l.Answered)
	}
}

func TestClientThatLeavesIsChargedAndNotAnswered(t *testing.T) {
	s := scripted(t, sandbox.Rule{SilenceAfterChunks: new(3)})
	resp, err := client.Do(newRequest(t, s, human(question)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.Close() // waits for the handler
	l := s.Ledger()
	if l.Charged != 1 || l.Answered != 0 || l.InFlight != 0 {
		t.Errorf("charged %d, answered %d, in flight %d; want 1, 0, 0", l.Charged, l.Answered, l.InFlight)
	}
}
