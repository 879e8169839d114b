package chat

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bizbatch/batch"
)

// HTTP/2's frames, as far as these tests send them.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	frameGoAway   = 0x7

	endStream, endHeaders = 0x1, 0x4

	refusedStream = 0x7 // an error code: the request was not processed
)

// A wire is a server's end of an HTTP/2 connection, frame by frame.
type wire struct{ *tls.Conn }

func (w wire) send(kind, flags byte, stream uint32, payload string) {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, _ = w.Write(append(head, payload...)) // the client may have left
}

// request reads up to the end of the next request and returns its stream's
// number; 0 where the connection ends.
func (w wire) request() (stream uint32) {
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(w, head); err != nil {
			return 0
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, w, length); err != nil {
			return 0
		}
		if (head[3] == frameData || head[3] == frameHeaders) && head[4]&endStream != 0 {
			return binary.BigEndian.Uint32(head[5:])
		}
	}
}

// begin begins an answer, and end ends it.
func (w wire) begin(stream uint32, part string) {
	const status200, contentType = "\x88", "\x0f\x10" // of HPACK's table
	const sse = "text/event-stream"
	w.send(frameHeaders, endHeaders, stream, status200+contentType+string(rune(len(sse)))+sse)
	w.send(frameData, 0, stream, part)
}

func (w wire) end(stream uint32, part string) { w.send(frameData, endStream, stream, part) }

// goAway says that the requests up to last were processed, and no others are.
func (w wire) goAway(last uint32) {
	w.send(frameGoAway, 0, 0, string(binary.BigEndian.AppendUint32(nil, last))+"\x00\x00\x00\x00")
}

func (w wire) reset(stream uint32, code byte) {
	w.send(frameReset, 0, stream, string([]byte{0, 0, 0, code}))
}

// serveHTTP2 returns a client of a server that handles each connection, counted
// from 1, as serve says.
func serveHTTP2(t *testing.T, serve func(w wire, connection int)) *Client {
	t.Helper()
	var mu sync.Mutex
	connections := 0
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{NextProtos: []string{"h2"}}
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
			mu.Lock()
			connections++
			n := connections
			mu.Unlock()
			w := wire{conn}
			_, _ = io.CopyN(io.Discard, conn, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))) // how a client begins
			w.send(frameSettings, 0, 0, "")
			serve(w, n)
		},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	client := newClient(t, Config{BaseURL: server.URL, Key: testKey})
	trust(client, server)
	return client
}

// trust has a client trust a server's certificate.
func trust(client *Client, server *httptest.Server) {
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client.transport.(*http.Transport).TLSClientConfig.RootCAs = roots
}

func TestHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sending(text(r.Proto)+stop+done)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := newClient(t, Config{BaseURL: server.URL, Key: testKey})
	trust(client, server)
	if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "HTTP/2.0" {
		t.Errorf("got %q, %v", answer.Text, err)
	}
	client.Close()
}

// Many that begin together share the connections that the first have made.
func TestHTTP2ConnectionsAreShared(t *testing.T) {
	const requests = 1000
	server := httptest.NewUnstartedServer(sending(text("whole") + stop + done))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that were not needed
	made := connections(server)
	server.StartTLS()
	defer server.Close()
	client := newClient(t, Config{BaseURL: server.URL, Key: testKey})
	trust(client, server)
	var wg sync.WaitGroup
	for range requests {
		wg.Go(func() {
			_, err := client.Ask(t.Context(), question)
			for e := new(batch.Error); errors.As(err, &e) && strings.HasSuffix(e.Message, io.ErrUnexpectedEOF.Error()); {
				_, err = client.Ask(t.Context(), question) // net/http's server gives connections 2 s to say their settings: too few on a busy machine
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := made.Load(); n > requests*3/4 { // 1,652 where each makes its own
		t.Errorf("%d connections for %d requests", n, requests)
	}
}

// A server that no longer reads or answers is given up with its connection,
// however long a stream may be silent.
func TestHTTP2ServerThatIsGone(t *testing.T) {
	gone := make(chan struct{})
	client := serveHTTP2(t, func(wire, int) { <-gone }) // its settings, and then nothing
	defer close(gone)
	transport := client.transport.(*http.Transport)
	h2 := transport.HTTP2
	if h2 == nil || h2.SendPingTimeout == 0 || h2.WriteByteTimeout == 0 || h2.SendPingTimeout+h2.PingTimeout > DefaultIdleTimeout {
		t.Fatalf("the transport does not look after its HTTP/2 connections: %+v", h2)
	}
	h2.SendPingTimeout, h2.PingTimeout = 20*time.Millisecond, 20*time.Millisecond
	_, err := client.Ask(t.Context(), question)
	if e := failure(t, err); !e.MaybeCharged || !strings.HasPrefix(e.Message, "the connection broke before an answer began") {
		t.Errorf("got %+v", e)
	}
}

// A server that closes a connection, or refuses a request on it, says which
// requests it has not processed. Only these are sent again by net/http, which
// costs nothing; one that may have been processed is not.
func TestHTTP2RequestIsProcessedOnce(t *testing.T) {
	const whole = "whole"
	tests := []struct {
		name      string
		serve     func(w wire, connection int, processed func())
		processed int
		err       string // none: the whole answer
	}{
		{"the connection is closed before the request is processed", func(w wire, connection int, processed func()) {
			stream := w.request()
			if connection == 1 {
				w.goAway(0)
				return
			}
			processed()
			w.begin(stream, text(whole))
			w.end(stream, stop+done)
			w.request()
		}, 1, ""},
		{"the request is refused once", func(w wire, _ int, processed func()) {
			w.reset(w.request(), refusedStream)
			stream := w.request()
			processed()
			w.begin(stream, text(whole))
			w.end(stream, stop+done)
			w.request()
		}, 1, ""},
		{"the connection is to close, and the request on it is answered", func(w wire, _ int, processed func()) {
			stream := w.request()
			processed()
			w.goAway(stream)
			w.begin(stream, text(whole))
			w.end(stream, stop+done)
			w.request()
		}, 1, ""},
		{"the connection is closed while the request is processed", func(w wire, _ int, processed func()) {
			stream := w.request()
			processed()
			w.goAway(stream)
		}, 1, "the connection broke before an answer began: "},
		{"the connection is closed in the middle of the answer", func(w wire, _ int, processed func()) {
			stream := w.request()
			processed()
			w.begin(stream, text("half"))
			w.goAway(stream)
		}, 1, "the stream ended before its finish_reason: "},
		{"the connection is closed in the middle, and said not to be processed", func(w wire, _ int, processed func()) {
			stream := w.request()
			processed()
			w.begin(stream, text("half"))
			w.goAway(0)
		}, 1, "the stream ended before its finish_reason: "},
		{"the request fails for another reason", func(w wire, _ int, processed func()) {
			stream := w.request()
			processed()
			w.reset(stream, 2) // an internal error
			w.request()
		}, 1, "the connection broke before an answer began: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			processed := 0
			client := serveHTTP2(t, func(w wire, connection int) {
				test.serve(w, connection, func() {
					mu.Lock()
					defer mu.Unlock()
					processed++
				})
			})
			answer, err := client.Ask(t.Context(), question)
			switch {
			case test.err == "" && (err != nil || answer.Text != whole):
				t.Errorf("got %q, %v", answer.Text, err)
			case test.err != "":
				if e := failure(t, err); !strings.HasPrefix(e.Message, test.err) || !e.MaybeCharged {
					t.Errorf("got %+v", e)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if processed != test.processed {
				t.Errorf("processed %d times, want %d", processed, test.processed)
			}
		})
	}
}
