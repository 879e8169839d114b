package postgres

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/internal/pgtest"
)

// What the service says of one account does not hold for another with the same
// service, but what was answered is everybody's.
func TestTwoAccountsWithAService(t *testing.T) {
	address, endpoint := newBatch(t)
	first, second := open(t, address, Options{Endpoint: endpoint, Account: "one"}), open(t, address, Options{Endpoint: endpoint, Account: "two"})
	doImport(t, first, "a", "b", "c")
	a, page := begin(t, first, 1)
	b, others := begin(t, second, 1)
	ok(t, a.Hold(checkpoint.Hold{Said: []byte("402")}))
	ok(t, b.Start(others[0].ID, noon, 24))
	ok(t, b.Complete(others[0].ID, answer("of the other account")))
	if err := a.Start(page[0].ID, noon.Add(time.Minute), 24); err != nil {
		t.Error("the host that was refused cannot find out whether there are credits:", err)
	}
	third := open(t, address, Options{Endpoint: endpoint, Account: "one"})
	c, page := begin(t, third, 1)
	if err := c.Start(page[0].ID, noon, 24); err == nil {
		t.Error("a request was sent for the account that is closed")
	}
	if plan := doImport(t, open(t, other(t, address, "more.csv"), Options{Endpoint: endpoint, Account: "one"}), "b"); plan.Answered != 1 {
		t.Errorf("%d questions that the other account paid for are answered, want 1", plan.Answered)
	}
}

// What one host knows of the pace the others know, of the same account.
func TestThePaceIsTheAccounts(t *testing.T) {
	address, endpoint := newBatch(t)
	var runs []*run
	for _, account := range []string{"one", "one", "two"} {
		r, _ := begin(t, open(t, address, Options{Endpoint: endpoint, Account: account}), 0)
		runs = append(runs, r)
	}
	pace := func(r *run, next string) (known string) {
		t.Helper()
		before := time.Now().Add(-time.Second)
		ok(t, r.Pace(func(kept []byte, now time.Time) []byte {
			if known = string(kept); now.Before(before) || now.After(time.Now().Add(time.Second)) {
				t.Errorf("the server's clock says %v", now)
			}
			if next == "" {
				return nil
			}
			return []byte(next)
		}))
		return known
	}
	is(t, "known at first", "", pace(runs[0], "a"))
	is(t, "known by another host", "a", pace(runs[1], ""))
	is(t, "known again", "a", pace(runs[1], "b"))
	is(t, "known by the first host", "b", pace(runs[0], ""))
	is(t, "known of another account", "", pace(runs[2], ""))
}

// testdata/format1.sql is a database of the first format, with three answers to five
// questions.
func TestADatabaseOfTheFirstFormat(t *testing.T) {
	server := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	text, err := os.ReadFile("testdata/format1.sql")
	ok(t, err)
	conn, err := pgx.Connect(bg, server)
	ok(t, err)
	_, err = conn.Exec(bg, string(text))
	ok(t, errors.Join(err, conn.Close(bg)))
	address, err := WithBatch(server, "q.csv.sandbox")
	ok(t, err)
	s := open(t, address, Options{Endpoint: "sandbox", Account: "one"})
	problems, err := s.Check()
	ok(t, err)
	is(t, "damage", 0, len(problems))
	counts, err := s.Counts()
	ok(t, err)
	is(t, "answered", 3, counts.States[checkpoint.Answered])
	r, page := begin(t, s, 2)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("in the new format"))))
	if _, err := Open(address, Options{Endpoint: "https://another.example"}); err == nil {
		t.Error("the answers of another service were not refused")
	}
}

// A host that is stopped in the middle holds up nobody for long.
func TestAPaceThatAnotherHostHolds(t *testing.T) {
	address, endpoint := newBatch(t)
	s := open(t, address, Options{Endpoint: endpoint})
	r, _ := begin(t, s, 0)
	stopped, err := s.pool.Begin(bg)
	ok(t, err)
	_, err = stopped.Exec(bg, "SELECT 1 FROM accounts FOR UPDATE")
	ok(t, err)
	called := false
	pace := func() error { return r.Pace(func([]byte, time.Time) []byte { called = true; return nil }) }
	if err := pace(); err == nil || called {
		t.Errorf("called: %v, error: %v", called, err)
	}
	ok(t, stopped.Rollback(bg))
	ok(t, pace())
}
