//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"

	"bizbatch/internal/pgtest"
	"bizbatch/internal/sandbox"
)

// After the first 402 no host sends anything.
func TestFleetWithAnEmptyBalance(t *testing.T) {
	t.Parallel()
	permits := make(chan struct{})
	f := newFleet(t, pgtest.New(t), "q.csv", 150, sandbox.Options{Balance: new(24.00), Permits: permits})
	f.env = []string{"BIZBATCH_TEST_LEASE=1m"} // no host is taken for dead: another would find out anew
	var hosts []*fleetHost
	for _, name := range []string{"a", "b", "c"} {
		hosts = append(hosts, f.start(name, f.database, "--workers", "8"))
	}
	for given := range 77 { // one answer at a time, and another question in its place
		f.until(func() bool { return f.server.Ledger().Requests == 24+given })
		permits <- struct{}{}
	}
	f.until(func() bool { return f.closed() == 1 }) // all know of the 402
	for f.server.Ledger().InFlight > 0 {
		select {
		case permits <- struct{}{}:
		case <-time.After(10 * time.Millisecond):
		}
	}
	for _, h := range hosts {
		h.finish(4)
	}
	if l := f.server.Ledger(); l.Charged != 100 || l.ByStatus[402] != 1 {
		t.Errorf("%d charged, %d met a 402", l.Charged, l.ByStatus[402])
	}
	if err := balanced(f.server.Ledger(), f.status()); err != nil {
		t.Error(err)
	}
}

// The spending limit is that of all hosts together, also where one of them is killed.
func TestFleetWithASpendingLimit(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), "q.csv", 100, sandbox.Options{Latency: 400 * time.Millisecond})
	a := f.start("a", f.database, "--workers", "8", "--max-spend", "14.40")
	b, c := f.start("b", f.database, "--workers", "8"), f.start("c", f.database, "--workers", "8")
	f.until(func() bool { return c.asks(2) })
	c.signal(syscall.SIGKILL)
	c.finish(-1)
	a.finish(4)
	b.finish(4)
	l, st := f.server.Ledger(), f.status()
	if l.ChargedCents > 1440 || st.SpentTotal+st.UncertainCost < 1440*10_000-24*10_000 {
		t.Errorf("charged %d cents; spent %s, %s uncertain", l.ChargedCents, st.SpentTotal, st.UncertainCost)
	}
	if err := balanced(l, st); err != nil {
		t.Error(err)
	}
}

// What the service says to one key does not hold for the other, and what is answered is
// answered for both.
func TestFleetWithTwoAccounts(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), "q.csv", 40, sandbox.Options{Latency: 400 * time.Millisecond, Key: secret})
	a := f.start("a", f.database, "--workers", "4")
	f.until(func() bool { return a.asks(1) })
	lease := f.env
	f.env = append(lease, "BIZORA_API_KEY=another")
	f.start("b", f.database, "--workers", "4").finish(7)
	if n := f.closed(); n != 1 {
		t.Errorf("%d accounts are closed", n)
	}
	a.finish(0)
	f.start("b", f.database, "--workers", "4").finish(0)
	if again := f.accounts(); again > 0 {
		t.Errorf("%d questions charged again", again)
	}
}
