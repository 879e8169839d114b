package pgtest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A Wire is a way to a server that can be cut.
type Wire struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	moved sync.Cond // when one of the following changes
	state State
	loses string // see LoseReply
	conns map[net.Conn]bool
}

// A State is what becomes of what is sent over a [Wire].
type State int

const (
	Whole State = iota
	Cut         // connections end, and new ones are refused
	Dark        // nothing arrives, and nobody is told, as in a network that is partitioned
)

// NewWire returns a wire to the server of an address, and the address by way of it.
func NewWire(t testing.TB, address string) (*Wire, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{listener: l, server: u.Host, conns: map[net.Conn]bool{}}
	w.moved.L = &w.mu
	go w.serve()
	t.Cleanup(func() {
		_ = l.Close() // it ends serve, too
		w.Set(Cut)
	})
	u.Host = l.Addr().String()
	return w, u.String()
}

// Set puts the wire into a state.
func (w *Wire) Set(s State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
	if s == Cut {
		w.drop()
	}
	w.moved.Broadcast()
}

// LoseReply cuts the connection that sends a text next, once the server has replied
// to it and before the reply arrives.
func (w *Wire) LoseReply(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loses = text
}

// drop ends all connections; the lock is held.
func (w *Wire) drop() {
	for c := range w.conns {
		_ = c.Close()
	}
	clear(w.conns)
}

func (w *Wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.connect(client)
	}
}

func (w *Wire) connect(client net.Conn) {
	defer client.Close()
	if !w.hold(client) || !w.passes() {
		return
	}
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !w.hold(server) {
		return
	}
	replied := make(chan bool, 1) // a reply is to be lost
	go func() {
		defer client.Close()
		w.copy(client, server, func([]byte) bool { return len(replied) == 0 })
	}()
	w.copy(server, client, func(sent []byte) bool {
		if w.isLost(sent) {
			replied <- true
		}
		return true
	})
}

// hold reports whether connections are let in.
func (w *Wire) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == Cut {
		return false
	}
	w.conns[c] = true
	return true
}

// passes waits while the wire is dark, and reports whether it is whole then.
func (w *Wire) passes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.state == Dark {
		w.moved.Wait()
	}
	return w.state == Whole
}

// isLost reports whether the reply to what is sent is to be lost.
func (w *Wire) isLost(sent []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loses == "" || !bytes.Contains(sent, []byte(w.loses)) {
		return false
	}
	w.loses = ""
	return true
}

// copy passes on what arrives as long as ok says so.
func (w *Wire) copy(to, from net.Conn, ok func([]byte) bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !w.passes() || !ok(buf[:n]) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
