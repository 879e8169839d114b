//go:build unix

package main

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"bizbatch/internal/pgtest"
	"bizbatch/internal/sandbox"
)

// A host is stopped for longer than its lease, and goes on: the others take up what it
// had, and it helps again.
func TestFleetWithAHostThatIsStopped(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), "q.csv", 120, sandbox.Options{Latency: 400 * time.Millisecond})
	a := f.start("a", f.database, "--workers", "4")
	f.until(func() bool { return a.asks(4) })
	a.signal(syscall.SIGSTOP)
	b := f.start("b", f.database, "--workers", "4")
	f.until(func() bool { return a.seen() == nil }) // its lease is over
	f.until(func() bool { return b.asks(1) })
	a.signal(syscall.SIGCONT)
	f.until(func() bool { return a.asks(1) })
	b.finish(0)
	a.finish(0)
	again := f.accounts()
	t.Logf("%d questions charged again", again)
	if again > 4 {
		t.Errorf("%d questions charged again, 4 were in flight", again)
	}
	if n := strings.Count(a.said(), "this machine was away"); n != 1 {
		t.Errorf("told %d times that it was away:\n%s", n, a.said())
	}
}

// A host is killed ten times: nothing is lost, at most what it had in flight is asked
// again, and status names that.
func TestFleetWithAHostThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const kills, workers = 10, 8
	f := newFleet(t, pgtest.New(t), "q.csv", 600, sandbox.Options{Latency: 400 * time.Millisecond})
	a, b := f.start("a", f.database, "--workers", "2"), f.start("b", f.database, "--workers", "2") // they leave enough for all kills
	for range kills {
		c := f.start("c", f.database, "--workers", "8")
		f.until(func() bool { return c.asks(1 + rand.IntN(workers)) })
		c.signal(syscall.SIGKILL)
		c.finish(-1)
	}
	d := f.start("d", f.database, "--workers", "20")
	a.finish(0)
	b.finish(0)
	d.finish(0)
	again, named := f.accounts(), len(f.status().Uncertain)
	t.Logf("%d kills, %d of %d questions charged again, %d named", kills, again, f.questions, named)
	if named < kills || named > kills*workers || again > named {
		t.Errorf("%d questions charged again, %d named after %d kills", again, named, kills)
	}
}

// The server is stopped, and killed: meanwhile nothing is sent, and afterwards all goes
// on; no answer is lost, and nothing is paid for twice.
func TestFleetWithoutItsServer(t *testing.T) {
	t.Parallel()
	server := pgtest.NewCluster(t)
	f := newFleet(t, server.Address, "q.csv", 140, sandbox.Options{Latency: 400 * time.Millisecond})
	a, b := f.start("a", f.database, "--workers", "4"), f.start("b", f.database, "--workers", "4")
	enough := 0
	for what, end := range map[string]func(testing.TB){"the server was stopped": server.Stop, "the server was killed": server.Kill} {
		enough += 25
		f.answered(enough)
		end(t)
		f.silent(what, func() { <-time.After(3 * time.Second) })
		server.Start(t)
	}
	a.finish(0)
	b.finish(0)
	if again := f.accounts(); again > 0 {
		t.Errorf("%d questions charged again", again)
	}
}

// The server stays away for longer than a run waits. The answers that came in are in a
// file, and the next run takes them in.
func TestFleetWithoutItsServerForLong(t *testing.T) {
	t.Parallel()
	server := pgtest.NewCluster(t)
	f := newFleet(t, server.Address, "q.csv", 30, sandbox.Options{Latency: 400 * time.Millisecond})
	f.env = append(f.env, "BIZBATCH_TEST_AWAY=1s")
	a := f.start("a", f.database, "--workers", "4")
	f.answered(10)
	server.Kill(t)
	a.finish(1)
	if !strings.Contains(a.said(), "the next run picks them up from there") {
		t.Errorf("answers came in and are nowhere:\n%s", a.said())
	}
	server.Start(t)
	f.start("a", f.database, "--workers", "4").finish(0)
	if again := f.accounts(); again > 0 {
		t.Errorf("%d questions charged again", again)
	}
}

// The network between a host and the server is partitioned: nothing arrives, and nobody
// is told. The host sends nothing, the others go on, and later it helps again.
func TestFleetWithAPartition(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), "q.csv", 120, sandbox.Options{Latency: 400 * time.Millisecond})
	wire, wired := pgtest.NewWire(t, f.database)
	f.partition(wired, func() { wire.Set(pgtest.Dark) }, func() { wire.Set(pgtest.Whole) })
}

// partition partitions a host from the server that reaches it by an address.
func (f *fleet) partition(address string, cut, mend func(), args ...string) {
	f.t.Helper()
	args = append(args, "--workers", "4")
	a := f.start("a", address, args...)
	f.until(func() bool { return a.asks(4) })
	cut()
	f.silent("the server could not be reached", func() { <-time.After(time.Second) })
	f.under = nil
	b := f.start("b", f.database, args...)
	f.until(func() bool { return a.seen() == nil })
	f.until(func() bool { return b.asks(1) })
	mend()
	f.until(func() bool { return a.asks(1) })
	a.finish(0)
	b.finish(0)
	again := f.accounts()
	f.t.Logf("%d questions charged again", again)
	if again > 4 {
		f.t.Errorf("%d questions charged again, 4 were in flight", again)
	}
}
