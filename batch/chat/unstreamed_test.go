package chat

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	wholeObject = `{"object":"chat.completion","choices":[{"index":0,"message":{"content":"yes"},"finish_reason":"stop"}]}`
	emptyObject = `{"object":"chat.completion","choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"}]}`
)

// called gives the responses of a handler another content type.
func called(contentType string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { handler(renamed{w, contentType}, r) }
}

type renamed struct {
	http.ResponseWriter
	contentType string
}

func (w renamed) Write(b []byte) (int, error) {
	w.Header().Set("Content-Type", w.contentType)
	return w.ResponseWriter.Write(b)
}

func (w renamed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// How responses end: only the first is as it should be.
var ends = map[string]func(stream string) http.HandlerFunc{
	"a clean end":              sending,
	"a connection that breaks": breaking,
	"silence":                  silent,
}

// An answer that is called JSON is whole however its response ends.
func TestAnAnswerThatIsCalledJSON(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a stream":                              {text("yes") + stop + done, "yes"},
		"a stream without its mark of the end":  {text("yes") + stop, "yes"},
		"an object":                             {wholeObject, "yes"},
		"an object in lines":                    {strings.ReplaceAll(wholeObject, ",", ",\n\n  ") + "\n", "yes"},
		"an object without a text":              {emptyObject, ""},
		"an object after white space":           {" \n\n" + wholeObject, "yes"},
		"chunks without the fields of a stream": {strings.ReplaceAll(text("yes")+stop, "data: ", ""), "yes"},
		"such chunks after other objects":       {"{}\n[]\nnull\n" + strings.ReplaceAll(text("yes")+stop, "data: ", ""), "yes"},
		"such chunks after a list":              {"[]\n" + strings.ReplaceAll(text("yes")+stop, "data: ", ""), "yes"},
	} {
		for how, end := range ends {
			t.Run(name+", then "+how, func(t *testing.T) {
				client := serve(t, called("application/json", end(test.body)), func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond })
				answer, err := client.Ask(t.Context(), question)
				if err != nil || answer.Text != test.want || answer.FinishReason != "stop" {
					t.Errorf("got %+v, %v", answer, err)
				}
			})
		}
	}
}

// A response that is called JSON and is cut is no answer. The text of a stream is kept as far
// as it came.
func TestHalfAnAnswerThatIsCalledJSON(t *testing.T) {
	for name, test := range map[string]struct{ body, partial string }{
		"a stream":                          {text("half"), "half"},
		"an object":                         {wholeObject[:len(wholeObject)-1], ""},
		"an object whose text is not whole": {`{"choices":[{"message":{"content":"ha`, ""},
	} {
		for how, end := range ends {
			t.Run(name+", then "+how, func(t *testing.T) {
				client := serve(t, called("application/json", end(test.body)), func(cfg *Config) { cfg.IdleTimeout = 50 * time.Millisecond })
				_, err := client.Ask(t.Context(), question)
				if e := failure(t, err); !e.MaybeCharged || e.Partial != test.partial || e.Fatal {
					t.Errorf("got %+v", e)
				}
			})
		}
	}
}

// Nothing is waited for once an object is complete, which may be long after the answer.
func TestAnObjectIsCompleteBeforeItsResponse(t *testing.T) {
	begun := time.Now()
	answer, err := serve(t, called("application/json", silent(wholeObject))).Ask(t.Context(), question)
	if took := time.Since(begun); err != nil || answer.Text != "yes" || took > tail {
		t.Errorf("got %q, %v, after %v", answer.Text, err, took)
	}
}
