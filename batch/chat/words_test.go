package chat

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// chunkOf is a chunk with a text and a finish reason, which may be null.
func chunkOf(words, finish string) string {
	return fmt.Sprintf("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q},\"finish_reason\":%s}]}\n\n", words, finish)
}

// What other services send than Bizora does, and what is to be read of it.
func TestStreamsOfOtherServicesAreReadWhole(t *testing.T) {
	const null, stopped = "null", `"stop"`
	for name, test := range map[string]struct{ stream, want string }{
		"stop in the first chunk":                     {chunkOf("", stopped) + chunkOf("one ", null) + chunkOf("two", null) + chunkOf("", stopped) + done, "one two"},
		"stop in the first chunk, and only an end":    {chunkOf("", stopped) + chunkOf("one ", null) + chunkOf("two", null) + done, "one two"},
		"stop in every chunk":                         {chunkOf("one ", stopped) + chunkOf("two", stopped) + done, "one two"},
		"heartbeats as data":                          {"data: : OPENROUTER PROCESSING\n\n" + chunkOf("one ", null) + "data: ping\n\ndata: null\n\nevent: ping\ndata: {}\n\n" + chunkOf("two", stopped) + done, "one two"},
		"fields that are not known":                   {"retry: 1\nfoo: bar\nx-request-id: 7\n" + chunkOf("yes", stopped) + done, "yes"},
		"an event of several data lines":              {"data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"yes\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n" + done, "yes"},
		"no blank lines between events":               {strings.ReplaceAll(chunkOf("one ", null)+chunkOf("two", stopped), "\n\n", "\n") + done, "one two"},
		"carriage returns alone":                      {strings.ReplaceAll(chunkOf("one ", null)+chunkOf("two", stopped)+done, "\n", "\r"), "one two"},
		"all so far in message, what is new in delta": {`data: {"choices":[{"message":{"content":"one"},"delta":{"content":"one"}}]}` + "\n\n" + `data: {"choices":[{"message":{"content":"one two"},"delta":{"content":" two"},"finish_reason":"stop"}]}` + "\n\n" + done, "one two"},
		"a character in two halves":                   {`data: {"choices":[{"delta":{"content":"a\ud83d"}}]}` + "\n\n" + `data: {"choices":[{"delta":{"content":"\ude00b"}}]}` + "\n\n" + chunkOf("", stopped) + done, "a😀b"},
		"heartbeats of other forms":                   {"data: {}\n\ndata: \"\"\n\ndata: 0\n\ndata: [PING]\n\ndata: []\n\n" + chunkOf("one ", null) + "event: keepalive\ndata: 12:00:01\n\ndata: 2026-01-01T00:00:00Z\n\n\x00\n\n" + chunkOf("two", stopped) + done, "one two"},
		"all of the text in a message at the end":     {chunkOf("one ", null) + chunkOf("two", null) + `data: {"choices":[{"delta":null,"message":{"role":"assistant","content":"one two"},"finish_reason":"stop"}]}` + "\n\n" + done, "one two"},
		"a message after a delta without text":        {`data: {"choices":[{"delta":{"role":"assistant"}}]}` + "\n\n" + `data: {"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}]}` + "\n\n" + done, "yes"},
		"texts in a list, and one in an object":       {`data: {"choices":[{"delta":{"content":["one "]}}]}` + "\n\n" + `data: {"choices":[{"delta":{"content":{"type":"text","text":"two"}}}]}` + "\n\n" + chunkOf("", stopped) + done, "one two"},
		"an answer of several lines, called a stream": {"{\n \"choices\": [\n  {\"message\": {\"content\": \"yes\"},\n  \"finish_reason\": \"stop\"}\n ]\n}", "yes"},
		"notices":                               {`data: {"code":0,"message":"success"}` + "\n\n" + `data: {"type":"status","message":"searching"}` + "\n\n" + `data: {"error":{},"choices":[]}` + "\n\n" + chunkOf("yes", stopped) + done, "yes"},
		"half a character and no other":         {`data: {"choices":[{"delta":{"content":"a\ud83d"}}]}` + "\n\n" + chunkOf("b", stopped) + done, "a\uFFFDb"},
		"a backslash that is none of an escape": {`data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}` + "\n\n" + chunkOf("b", stopped) + done, `a\ud83db`},
		"half a character at the end":           {`data: {"choices":[{"delta":{"content":"a\ud83d"},"finish_reason":"stop"}]}` + "\n\n" + done, "a\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := askStream(t, test.stream)
			if err != nil || answer.Text != test.want || answer.FinishReason != "stop" {
				t.Errorf("got %q, finish reason %q, %v, want %q", answer.Text, answer.FinishReason, err, test.want)
			}
		})
	}
}

// What a service said beside an answer that has no end is told with it.
func TestWhatWasSaidBeforeAStreamEnded(t *testing.T) {
	for _, said := range []string{`data: {"type":"status","message":"it broke"}`, `data: {"code":0,"message":"it broke"}`, "data: it broke", "it broke"} {
		for _, end := range []string{"", "\n\n", "\n\n" + done} {
			_, err := askStream(t, chunkOf("half", "null")+said+end)
			if e := failure(t, err); !strings.Contains(e.Message, "it broke") || !e.MaybeCharged {
				t.Errorf("%s: %+v", said, e)
			}
		}
	}
}

// Text that comes after a finish reason, and then no end: not an answer.
func TestHalfAnAnswerIsNoneThoughItSaidStop(t *testing.T) {
	for name, stream := range map[string]string{
		"cut after stop in the first chunk": chunkOf("", `"stop"`) + chunkOf("one ", "null"),
		"the text null as its reason":       chunkOf("one", `"null"`) + done,
		"a fault as its reason":             chunkOf("one", `"insufficient_system_resource"`) + done,
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := askStream(t, stream)
			if e := failure(t, err); !e.MaybeCharged || e.Partial == "" {
				t.Errorf("%+v, %+v", answer, e)
			}
		})
	}
}

// An event that is called error is one, whatever its data looks like.
func TestAnEventCalledErrorIsOne(t *testing.T) {
	for data, want := range map[string]string{
		`data: {"code":400,"message":"the input is too long"}`: "400 the input is too long",
		`data: {"oops":1}`:              `{"oops":1}`,
		"data: overloaded":              "overloaded",
		`data: "it broke"`:              "it broke",
		"data: <b>it\ndata: broke":      "<b>it",
		"data: {\ndata: \"msg\":\"a\"}": "a",
	} {
		for _, before := range []string{"", text("half")} {
			_, err := askStream(t, before+"event: error\n"+data+"\n\n"+stop+done)
			if e := failure(t, err); e.Error() != want || e.MaybeCharged != (before != "") {
				t.Errorf("%s after %q: %+v", data, before, e)
			}
		}
	}
}

// Patience after a finish reason is with silence: text that goes on is read.
func TestTextMayGoOnAfterAFinishReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, chunkOf("", `"stop"`))
			time.Sleep(time.Minute) // of thought
			for i := range 15 {
				time.Sleep(time.Second)
				_, _ = io.WriteString(w, chunkOf(fmt.Sprint(i, " "), "null"))
			}
			_, _ = io.WriteString(w, chunkOf("", `"stop"`)+done)
			_ = w.Close()
		}()
		c, err := New(Config{Key: "sk_test"})
		if err != nil {
			t.Fatal(err)
		}
		c.transport = roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: r}, nil
		})
		answer, err := c.Ask(t.Context(), question)
		if err != nil || len(strings.Fields(answer.Text)) != 15 {
			t.Errorf("%q, %v", answer.Text, err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever a service says in the place of an answer is shown, and is not charged.
func TestWhatAServiceSaysInsteadOfAnAnswerIsShown(t *testing.T) {
	for name, body := range map[string]string{
		"MiniMax":          `{"id":"1","choices":null,"usage":{"total_tokens":0},"base_resp":{"status_code":1002,"status_msg":"SAID: rate limit"}}`,
		"code and msg":     `{"code":50501,"msg":"SAID: the system is busy","success":false}`,
		"FastAPI":          `{"detail":"SAID: worker out of memory"}`,
		"a list of errors": `{"errors":[{"message":"SAID: capacity","code":3040}],"success":false,"result":{}}`,
		"Google":           `[{"error":{"code":503,"message":"SAID: overloaded","status":"UNAVAILABLE"}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, body)
			})
			_, err := client.Ask(t.Context(), question)
			if e := failure(t, err); !strings.HasPrefix(e.Message, "SAID: ") || e.MaybeCharged {
				t.Errorf("as a response: %+v", e)
			}
			if body[0] != '{' {
				return
			}
			_, err = askStream(t, "data: "+body+"\n\n"+done)
			if e := failure(t, err); !strings.HasPrefix(e.Message, "SAID: ") || e.MaybeCharged {
				t.Errorf("in a stream: %+v", e)
			}
		})
	}
}
