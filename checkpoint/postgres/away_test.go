package postgres

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

// A wire is a way to the server that can be cut.
type wire struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// wireTo returns the address of a batch by way of a wire.
func wireTo(t *testing.T, address string) (*wire, string) {
	t.Helper()
	c, err := config(address)
	ok(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{listener: l, server: fmt.Sprintf("%s:%d", c.ConnConfig.Host, c.ConnConfig.Port)}
	go w.serve()
	return w, strings.Replace(address, w.server, l.Addr().String(), 1)
}

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil || !w.hold(client, server) {
			_ = client.Close()
			continue
		}
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
	}
}

// hold reports whether the wire is whole.
func (w *wire) hold(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		w.conns = append(w.conns, conns...)
	}
	return !w.cut
}

// setCut cuts the wire, or mends it.
func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// While the server is away nothing is sent, and no answer is lost.
func TestAServerThatIsAwayIsWaitedFor(t *testing.T) {
	address, endpoint := newBatch(t)
	w, wired := wireTo(t, address)
	s := open(t, wired, Options{Endpoint: endpoint})
	doImport(t, s, "a", "b")
	r, page := begin(t, s, 2)
	ok(t, r.Start(page[0].ID, noon, 24))
	w.setCut(true)
	saved, started := make(chan error, 1), make(chan error, 1)
	go func() { saved <- r.Complete(page[0].ID, answer("yes")) }()
	go func() { started <- r.Start(page[1].ID, noon, 24) }()
	select {
	case err := <-saved:
		t.Errorf("saved without a server: %v", err)
	case err := <-started:
		t.Errorf("started without a server: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	w.setCut(false)
	ok(t, errors.Join(<-saved, <-started, r.Complete(page[1].ID, answer("no")), r.End(noon, "finished", nil)))
	is(t, "results", "1 answered 24 \"yes\"\n2 answered 24 \"no\"\n", results(t, s))
}

// A server that stays away costs no answer: it is in a file, which the next run
// takes in.
func TestAnswersThatCannotBeSavedAreRescued(t *testing.T) {
	long, short := awayWait, shortAwayWait
	awayWait, shortAwayWait = 50*time.Millisecond, 50*time.Millisecond
	t.Cleanup(func() { awayWait, shortAwayWait = long, short })
	address, endpoint := newBatch(t)
	w, wired := wireTo(t, address)
	o := Options{Endpoint: endpoint, Lease: 400 * time.Millisecond}
	s, err := Open(wired, o)
	ok(t, err)
	doImport(t, s, "a", "b")
	r, page := begin(t, s, 2)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Start(page[1].ID, noon, 24)))
	w.setCut(true)
	var lost *checkpoint.UnsavedError
	if err := r.Complete(page[0].ID, answer("yes")); !errors.As(err, &lost) || !errors.Is(err, ErrAway) || lost.File == "" {
		t.Errorf("an answer that cannot be saved: %v", err)
	}
	if err := r.End(noon, "error", nil); !errors.As(err, &lost) || lost.Answers != 1 {
		t.Errorf("the end of the run: %v", err)
	}
	ok(t, s.Close())

	w.setCut(false)
	s = open(t, wired, o)
	flights, err := s.Flights()
	ok(t, err)
	is(t, "rescued, interrupted", "1 1", fmt.Sprint(len(flights.Rescued), len(flights.Interrupted)))
	plan := doImport(t, s, "a", "b")
	is(t, "rescued, interrupted, to ask", "1 1 1", fmt.Sprint(plan.Rescued, plan.Interrupted, plan.ToAsk()))
	is(t, "results", "1 answered 24 \"yes\"\n2 running 0 \n", results(t, s))
}
