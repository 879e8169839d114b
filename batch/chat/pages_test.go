package chat

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// An answer is read though its gateway calls it a page, in whatever parts it arrives.
func TestAnAnswerThatIsCalledAPage(t *testing.T) {
	stream := chunkOf("yes", `"stop"`) + done
	for name, body := range map[string]string{
		"a stream":                          stream,
		"a stream after a comment":          ": connected\n\n" + stream,
		"a stream after an event's name":    "\n\nevent: message\n" + stream,
		"a stream after an ID":              "id:1\nevent:result\n" + stream,
		"a stream after a time":             "retry: 3000\n\n" + stream,
		"a stream after a byte order mark":  "\ufeff" + stream,
		"an object":                         wholeObject,
		"an object after white space":       strings.Repeat("\n", 100) + wholeObject,
		"an object in lines":                strings.ReplaceAll(wholeObject, ",", ",\n\n  "),
		"an object after a byte order mark": "\ufeff" + wholeObject,
	} {
		t.Run(name, func(t *testing.T) {
			for _, handler := range []http.HandlerFunc{sending(body), inBytes(body)} {
				answer, err := serve(t, called("text/html; charset=UTF-8", handler)).Ask(t.Context(), question)
				if err != nil || answer.Text != "yes" {
					t.Errorf("got %q, %v", answer.Text, err)
				}
			}
		})
	}
}

// inBytes is a handler that sends a byte in each packet.
func inBytes(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := range len(stream) {
			_, _ = io.WriteString(w, stream[i:i+1])
			http.NewResponseController(w).Flush()
		}
	}
}

// A page is none, nor is anything else that is called one.
func TestAPageIsNoAnswer(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a page":                         {"\n<!DOCTYPE html><title>Log in</title>", "an HTML page: Log in"},
		"a page after a byte order mark": {"\ufeff<html><title>Log in</title>", "an HTML page: Log in"},
		"words":                          {"Error: the gateway has no room", "an HTML page"},
		"few words":                      {"no", "an HTML page"},
		"nothing":                        {"", "an HTML page"},
		"JSON of another address":        {`{"login":"required"}`, `{"login":"required"}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, called("text/html", sending(test.body))).Ask(t.Context(), question)
			if e := failure(t, err); e.Message != test.want || !e.Fatal || e.MaybeCharged {
				t.Errorf("got %+v", e)
			}
		})
	}
	t.Run("an error in JSON", func(t *testing.T) {
		_, err := serve(t, called("text/html", sending(`{"error":{"type":"server_error","message":"no"}}`))).Ask(t.Context(), question)
		if e := failure(t, err); e.Message != "no" || e.Fatal || e.MaybeCharged {
			t.Errorf("got %+v", e)
		}
	})
}
