package chat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sashabaranov/go-openai"
	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/batch/pace"
	"bizbatch/internal/watchdog"
)

// maxErrorBody is the maximum number of bytes that are read of an error's body.
const maxErrorBody = 1 << 20

var errIdle = errors.New("nothing arrived in time")

// A tooLong is the error of an answer that is too large. It names the part that is.
type tooLong string

func (e tooLong) Error() string { return string(e) }

// An exchange is one request and its response. It is the HTTP client that
// go-openai is given for it: it adds to go-openai's request what that has no
// place for, and keeps of the response what go-openai drops.
type exchange struct {
	client   *Client
	payload  json.RawMessage
	out      outgoing
	accepted func(pace.Limits)
	parent   context.Context // the caller's
	ctx      context.Context // parent, or cancelled by the idle timer
	cancel   context.CancelCauseFunc
	timer    *watchdog.Timer

	sent   atomic.Bool // the service may have seen the request
	header http.Header // of the response; nil until there is one
	body   *body       // nil until a stream began
	lines  lines       // of the body
	begun  bool        // a chunk of the answer has arrived, or the mark of its end
	got    collector
}

func (c *Client) exchange(ctx context.Context, req batch.Request) *exchange {
	x := &exchange{client: c, payload: req.Payload, accepted: req.Accepted, parent: ctx}
	x.got = collector{secrets: c.cfg.secrets(), provided: c.cfg.Provider.Members, step: req.Step, several: gjson.GetBytes(req.Payload, "n").Exists()}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	x.timer = watchdog.New(c.cfg.IdleTimeout, func() { x.cancel(errIdle) })
	return x
}

func (x *exchange) end() {
	x.timer.Stop()
	x.cancel(nil)
	if x.body != nil {
		x.body.Close()
	}
}

// Do sends the request. Every response that is not the beginning of an answer
// is an error here, so that go-openai's own handling of errors, which reads
// bodies of any length and drops headers and details, is never used.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	req, err := x.request(req)
	if err != nil {
		return nil, err
	}
	resp, err := x.roundTrip(req)
	if err != nil {
		return nil, err
	}
	x.header = resp.Header
	if resp.StatusCode/100 == 2 {
		x.accepted(limits(resp.Header, time.Now()))
	}
	most := x.client.cfg.MaxAnswer
	x.body = &body{ReadCloser: resp.Body, timer: x.timer, idle: x.client.cfg.IdleTimeout, most: most, left: most}

	x.lines.in = bufio.NewReader(x.body)
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode/100 != 2 || !isAnswer(mediaType, x.lines.in):
		start, _ := io.ReadAll(io.LimitReader(x.lines.in, maxErrorBody)) // what arrived is enough
		return nil, ErrorFrom(resp.StatusCode, resp.Header, start)
	case mediaType == "application/json", mediaType == "text/html":
		rest, err := x.unstreamed(x.lines.in)
		if err != nil {
			return nil, err
		}
		x.lines.in = bufio.NewReader(rest)
	}
	return resp, nil
}

// isAnswer reports whether a response begins as an answer may. Some gateways call
// answers pages, and some servers call pages anything.
func isAnswer(mediaType string, in *bufio.Reader) bool {
	start, err := firstBytes(in)
	switch {
	case mediaType == "text/html":
		return answerStart.Match(start)
	case errors.Is(err, io.EOF) && in.Buffered() == 0: // an empty stream may be one that broke
		return mediaType == "text/event-stream"
	}
	return !bytes.HasPrefix(start, []byte("<"))
}

// answerStart matches JSON, comments and the fields of a stream.
var answerStart = regexp.MustCompile(`(?i)^([{\[:]|(data|event|id|retry):)`)

// firstBytes waits for the first bytes of a response that are no white space, enough to
// tell what it is, and leaves them to be read.
func firstBytes(in *bufio.Reader) (start []byte, err error) {
	const enough = len("event:")
	for n := enough; len(start) < enough && err == nil; n++ {
		start, err = in.Peek(n)
		start = bytes.TrimLeft(start, "\ufeff \t\v\f\r\n\x00")
	}
	return start, err
}

// request completes go-openai's request.
//
// The transport replays a request by itself only where the server cannot have
// acted on it (nothing was written to a connection that had died, or HTTP/2
// says so), and needs GetBody for that. An Idempotency-Key header would make
// it replay others too.
func (x *exchange) request(req *http.Request) (*http.Request, error) {
	written, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	body, err := x.out.body(written)
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Header.Set("User-Agent", x.client.cfg.UserAgent)
	if x.client.cfg.Key == "" {
		req.Header.Del(openai.AzureAPIKeyHeader)
	}
	for name, values := range x.client.cfg.Headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Body, err = req.GetBody()
	return req, err
}

// roundTrip is the transport's, when it is the request's turn to get a
// connection.
func (x *exchange) roundTrip(req *http.Request) (*http.Response, error) {
	select {
	case x.client.connecting <- struct{}{}:
	case <-x.ctx.Done():
		return nil, context.Cause(x.ctx)
	}
	connected := sync.OnceFunc(func() { <-x.client.connecting })
	defer connected() // where it got none
	return x.client.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			x.sent.Store(false) // a replay: the last try was not sent
			connected()
		},
		WroteHeaders: func() { x.sent.Store(true) },
	})))
}

// unstreamed handles the answer of a server that does not stream as one chunk, as soon
// as it is complete, and returns the rest to read: the mark of the end. As a line of a
// stream it would be copied many times. What is no JSON object is a stream with the
// wrong content type, and is returned to be read as one, as is what follows the first
// chunk of such a stream. JSON without any member that answers have is another address's.
func (x *exchange) unstreamed(in io.Reader) (rest io.Reader, err error) {
	var object json.RawMessage
	values := json.NewDecoder(in)
	if values.Decode(&object) != nil {
		return io.MultiReader(values.Buffered(), in), nil // in returns its error again
	}
	var line bytes.Buffer
	_ = json.Compact(&line, object) // it is valid
	if object[0] != '{' {
		return io.MultiReader(&line, values.Buffered(), in), nil
	}
	if err := x.got.chunk(line.Bytes()); err != nil {
		return nil, err
	}
	for _, member := range gjson.GetManyBytes(line.Bytes(), "choices", "usage", "object") {
		x.begun = x.begun || member.Exists()
	}
	switch {
	case x.got.finished() && !x.got.streamed:
		return strings.NewReader("data: [DONE]\n"), nil
	case x.begun || values.More():
		return io.MultiReader(values.Buffered(), in), nil
	}
	return nil, ErrorFrom(http.StatusOK, x.header, object)
}

// A body bounds a response's length, and the silence before each part of it.
type body struct {
	io.ReadCloser
	timer *watchdog.Timer
	idle  time.Duration
	most  int64
	left  int64
	fixed bool // within was called: reading no longer moves the deadline
}

func (b *body) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, tooLong(fmt.Sprintf("the answer's stream is longer than %d bytes", b.most))
	}
	if !b.fixed {
		b.timer.Reset(b.idle)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// within ends the response after d, however much arrives until then.
func (b *body) within(d time.Duration) {
	b.fixed = true
	b.timer.Reset(min(d, b.idle))
}
