package chat

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// breaking is a handler that sends these bytes and then hangs up.
func breaking(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sending(stream)(w, r)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// A finish reason that comes before the text, or in every chunk, is no reason to take
// a stream that fails for a whole answer. The end of the stream is.
func TestAFinishReasonThatIsNotTheEnd(t *testing.T) {
	const null, stopped, failed = "null", `"stop"`, `{"error":{"message":"the provider is gone","code":502}}`
	fails := map[string]func(stream string) http.HandlerFunc{
		"a connection that breaks": breaking,
		"an error":                 func(stream string) http.HandlerFunc { return sending(stream + "data: " + failed + "\n\n" + done) },
		"an event called error":    func(stream string) http.HandlerFunc { return sending(stream + "event: error\ndata: it broke\n\n") },
		"a line that is no chunk":  func(stream string) http.HandlerFunc { return sending(stream + "data: <p>\n\n" + done) },
		"silence":                  silent,
	}
	for name, test := range map[string]struct{ stream, text string }{
		"before the text":                   {chunkOf("", stopped), ""},
		"after white space alone":           {chunkOf("\n", stopped), "\n"},
		"before the text, which has begun":  {chunkOf("", stopped) + chunkOf("one ", null), "one "},
		"before the text, and with a part":  {chunkOf("", stopped) + chunkOf("one ", stopped), "one "},
		"in every chunk":                    {chunkOf("one ", stopped) + chunkOf("two ", stopped), "one two "},
		"with thoughts alone":               {`data: {"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"stop"}]}` + "\n\n", ""},
		"in the middle, and after the text": {chunkOf("one ", null) + chunkOf("", stopped) + chunkOf("two ", null) + chunkOf("", stopped), "one two "},
	} {
		for how, fail := range fails {
			t.Run(name+", then "+how, func(t *testing.T) {
				_, err := serve(t, fail(test.stream), func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond }).Ask(t.Context(), question)
				if e := failure(t, err); !e.MaybeCharged || e.Partial != test.text {
					t.Errorf("got %+v", e)
				}
			})
		}
		t.Run(name+", then the mark of the end", func(t *testing.T) {
			answer, err := askStream(t, test.stream+done)
			if err != nil || answer.Text != test.text || answer.FinishReason != "stop" {
				t.Errorf("got %+v, %v", answer, err)
			}
		})
	}
	t.Run("in every chunk, then a clean end", func(t *testing.T) {
		answer, err := askStream(t, chunkOf("one ", stopped)+chunkOf("two", stopped))
		if err != nil || answer.Text != "one two" {
			t.Errorf("got %+v, %v", answer, err)
		}
	})
}

// Where a finish reason says nothing, a pause in the text is as long as it may be
// without one.
func TestAPauseBetweenFinishReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, chunkOf("one ", `"stop"`)+chunkOf("two ", `"stop"`))
			time.Sleep(time.Minute)
			_, _ = io.WriteString(w, chunkOf("three", `"stop"`)+done)
			_ = w.Close()
		}()
		client := newClient(t, Config{Key: testKey})
		client.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			context.AfterFunc(req.Context(), func() { _ = r.CloseWithError(context.Canceled) })
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: r}, nil
		})
		if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "one two three" {
			t.Errorf("got %q, %v", answer.Text, err)
		}
	})
}

// A single finish reason after the text is its end, whatever becomes of the stream.
func TestAFinishReasonAfterTheText(t *testing.T) {
	for _, stream := range []string{text("whole") + stop, chunkOf("whole", `"stop"`), text("whole") + stop + stop, text("whole") + stop + fmt.Sprintf("data: %s\n\n", `{"choices":[],"usage":{"total_tokens":3}}`)} {
		answer, err := serve(t, breaking(stream)).Ask(t.Context(), question)
		if err != nil || strings.TrimSpace(answer.Text) != "whole" {
			t.Errorf("%s: got %q, %v", stream, answer.Text, err)
		}
	}
}

// White space after the finish reason is no more of the text, and is kept.
func TestWhiteSpaceAfterTheFinishReason(t *testing.T) {
	stream := text("whole") + stop + chunkOf("\n", "null") + `data: {"choices":[],"usage":{"total_tokens":3}}` + "\n\n"
	for name, handler := range map[string]http.HandlerFunc{"a clean end": sending(stream), "a broken connection": breaking(stream), "the mark of the end": sending(stream + done)} {
		answer, err := serve(t, handler).Ask(t.Context(), question)
		if err != nil || answer.Text != "whole\n" || answer.Usage == nil {
			t.Errorf("before %s: got %+v, %v", name, answer, err)
		}
	}
}
