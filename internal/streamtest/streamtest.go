// Package streamtest holds the parts of hand-written streams, and servers that
// send them, for tests.
package streamtest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"bizbatch/batch"
)

// Done ends a stream, and Stop an answer.
const (
	Done = "data: [DONE]\n\n"
	Stop = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
)

// Text returns a chunk that adds to the text.
func Text(s string) string {
	return fmt.Sprintf(`data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}`, s) + "\n\n"
}

// Custom returns a chunk with Bizora's custom_data.
func Custom(object string) string {
	return fmt.Sprintf(`data: {"choices":[],"custom_data":%s}`, object) + "\n\n"
}

// Sending returns a handler that sends these bytes as a stream.
func Sending(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, stream)
	}
}

// Memory is a transport that answers every request with the same stream. Tests
// that ask thousands of times use it in place of a connection.
type Memory string

func (m Memory) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"text/event-stream"}},
		Body:       io.NopCloser(strings.NewReader(string(m))),
		Request:    r,
	}, nil
}

// Failure returns what err says, which must be a *batch.Error.
func Failure(t testing.TB, err error) *batch.Error {
	t.Helper()
	var e *batch.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T %v, want a *batch.Error", err, err)
	}
	return e
}
