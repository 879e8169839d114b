// Package chat asks APIs with OpenAI's streaming chat completions. A [Provider]
// describes how a service differs from OpenAI.
//
// The normal case is to call [New] once, with a key, and [Client.Ask] for every
// request, from as many goroutines as there are workers. Ask returns an answer only
// if it is complete, with its sources and everything else that arrived. Otherwise it
// returns a [batch.Error]. Ask sends a request once and does not retry.
//
// The package uses github.com/sashabaranov/go-openai where that loses nothing: to
// encode the model, the messages and the transport's members, to build URLs (with
// organisations, and Azure's deployments), to send the key, and for its constants of
// finish reasons. The package has its own code for
//
//   - parameters: the library's request has no place for askMode and the like, and
//     omits zeros (TestRequestOnTheWire);
//   - streams: the library's reader takes half a stream for a complete answer
//     (TestABareClientTakesACutStreamForWhole), fails after 300 comments
//     (TestStreamIsRead), drops members that its types lack (TestNoMemberIsDropped),
//     and notices an error only at the beginning of a line (TestStreamFails);
//   - token counts: the library's type accepts only whole numbers (TestTokenPrice);
//   - errors: the library's types have no place for headers, details, a balance,
//     lists and texts, and it reads a body of any length (TestErrorResponse,
//     TestRecordedErrors, TestOneBadAnswerCostsOneQuestion).
package chat

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sashabaranov/go-openai"

	"bizbatch/batch"
)

// The defaults of Config.
const (
	DefaultIdleTimeout = 3 * time.Minute
	DefaultMaxAnswer   = 32_000_000
	defaultUserAgent   = "bizbatch"
)

const (

	// tail is how long a whole answer waits for the chunks that may follow its
	// finish reason, and for the end of the stream.
	tail = 10 * time.Second
	// farewell is how long the end of the response may take after the end of
	// the stream. A connection can be used again only when it has arrived.
	farewell = 250 * time.Millisecond

	maxResponseHeader = 256 << 10
	idleConnections   = 2048

	// connecting is how many requests may wait for a connection at the same
	// time. Each of them makes one, also where HTTP/2 has them share the first:
	// thousands that begin together would spend seconds on TLS handshakes. It
	// is enough for 640 connections a second that take 0.1 s each.
	connecting = 64
)

// A Client asks one API with one key. It implements [batch.Asker] and is safe for
// concurrent use.
type Client struct {
	cfg        Config
	proxy      string // host of the proxy on the way to the API; empty: there is none
	transport  http.RoundTripper
	openAI     openai.ClientConfig
	noUsage    atomic.Bool   // token counts are not asked for, or no more
	connecting chan struct{} // holds a place for each request that waits for a connection
}

var _ batch.Asker = (*Client)(nil)

// New returns a Client. The error names the setting that is wrong. New sends
// nothing.
func New(cfg Config) (*Client, error) {
	cfg.BaseURL = cmp.Or(cfg.BaseURL, cfg.Provider.BaseURL)
	if cfg.Provider.Name == "" {
		cfg.BaseURL = cmp.Or(cfg.BaseURL, openAIURL)
	}
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, DefaultIdleTimeout)
	cfg.MaxAnswer = cmp.Or(cfg.MaxAnswer, DefaultMaxAnswer)
	cfg.UserAgent = cmp.Or(cfg.UserAgent, defaultUserAgent)
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	proxy, err := cfg.proxy()
	if err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport()
	}
	c := &Client{cfg: cfg, proxy: proxy, transport: transport, connecting: make(chan struct{}, connecting), openAI: cfg.openAI()}
	c.noUsage.Store(!cfg.IncludeUsage)
	return c, nil
}

// BaseURL returns the address of the API, without its query and without a slash at
// the end.
func (c *Client) BaseURL() string {
	base, _ := c.cfg.address()
	return base
}

// Close closes idle connections.
func (c *Client) Close() {
	if t, ok := c.transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Ask sends req and returns the answer after its finish reason has arrived. Every
// error is a [*batch.Error].
func (c *Client) Ask(ctx context.Context, req batch.Request) (batch.Answer, error) {
	x := c.exchange(ctx, req)
	defer x.end()
	err := x.open()
	if err == nil {
		err = x.read()
	}
	if err != nil {
		return batch.Answer{}, c.describe(x, err)
	}
	return *x.got.finish(x.requestID()), nil
}

// open makes the request. The stream that go-openai makes of the response is
// left to the collector of garbage; [exchange.end] closes the response itself.
func (x *exchange) open() (err error) {
	if x.out, err = newOutgoing(x.payload, !x.client.noUsage.Load()); err != nil {
		return err
	}
	config := x.client.openAI
	config.HTTPClient = x
	_, err = openai.NewClientWithConfig(config).CreateChatCompletionStream(x.ctx, x.out.request)
	if errors.Is(err, openai.ErrChatCompletionInvalidModel) {
		return &batch.Error{Type: "invalid_request_error", Param: "model", Message: err.Error()}
	}
	return err
}

// read collects the stream. What breaks once the answer is whole takes nothing
// away from it.
func (x *exchange) read() error {
	var err error
	for err == nil {
		var line []byte
		if line, err = x.lines.next(); err == nil {
			err = x.take(line)
		}
	}
	done := errors.Is(err, errDone)
	if done {
		x.begun = true
		x.body.within(farewell)
		_, _ = io.CopyN(io.Discard, x.body, 64<<10) // for the connection, not for us
	}
	switch {
	case x.got.whole(err):
		return nil
	case done:
		return io.EOF
	}
	return err
}

// take handles the data of one event. An answer that is whole even if the stream
// fails waits a short time for more, and as long as any other if that was text.
func (x *exchange) take(data []byte) error {
	if x.lines.event == "error" && (x.lines.joined || data[0] != '{' || valid(string(data))) {
		return x.got.failed(string(data))
	}
	before := x.got.whole(errIdle)
	err := x.got.chunk(data)
	x.begun = x.begun || err == nil
	whole := x.got.whole(errIdle)
	switch {
	case errors.Is(err, errNotChunk) && data[0] == '{' && !x.lines.joined:
		x.lines.unfinished(data)
		return nil
	case whole && !before:
		x.body.within(tail)
	case before && !whole:
		x.body.fixed = false
	}
	return err
}

// newTransport returns http.DefaultTransport (proxies from the environment, HTTP/2)
// for many workers on one host. It is used without an http.Client: a transport
// follows no redirects, with which the key would travel, and has no time-out
// that covers the body.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns = 0 // no limit
	t.MaxIdleConnsPerHost = idleConnections
	t.WriteBufferSize = 1 << 10 // most requests are shorter
	t.MaxResponseHeaderBytes = maxResponseHeader
	t.ForceAttemptHTTP2 = true
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	// A write to a server that has stopped reading holds a lock that every
	// request on its connection needs, and so outlasts their time-outs; a dead
	// connection would be given to one request after another. These are long
	// enough for a network that comes back: the answers on their way are paid.
	t.HTTP2 = &http.HTTP2Config{
		SendPingTimeout:  30 * time.Second, // of silence
		PingTimeout:      time.Minute,
		WriteByteTimeout: time.Minute,
	}
	return t
}
