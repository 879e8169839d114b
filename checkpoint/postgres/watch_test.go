package postgres

import (
	"fmt"
	"testing"

	"bizbatch/checkpoint"
)

// A host that helps sees where it is needed most, and what it is to leave alone.
func TestWatchTellsWhereAHostIsNeeded(t *testing.T) {
	address, endpoint := newBatch(t)
	o := Options{Endpoint: endpoint, Account: "ours"}
	w, err := NewWatch(address)
	ok(t, err)
	defer w.Close()
	see := func(what, account, want string) {
		t.Helper()
		list, err := w.Open(endpoint, account)
		ok(t, err)
		var got string
		for _, b := range list {
			got += fmt.Sprintf("%s: %d free, %d hosts, joined %d, closed %v\n", Batch(b.Address), b.Free, b.Hosts, b.Joined, b.Closed)
		}
		is(t, what, want, got)
	}
	busy := open(t, address, o)
	doImport(t, busy, "a", "b", "c")
	see("before a run", "ours", "")
	begin(t, busy, 1)
	begin(t, open(t, address, o), 1)
	few := open(t, other(t, address, "few.csv"), o)
	doImport(t, few, "d", "e")
	r, _ := begin(t, few, 1)
	const rest = "questions.csv: 1 free, 2 hosts, joined 1, closed false\n"
	see("two batches", "ours", "few.csv: 1 free, 1 hosts, joined 1, closed false\n"+rest)

	ok(t, r.Hold(checkpoint.Hold{}))
	see("of another account", "theirs", "few.csv: 1 free, 1 hosts, joined 1, closed false\n"+rest)
	see("an empty balance", "ours", "few.csv: 1 free, 1 hosts, joined 1, closed true\nquestions.csv: 1 free, 2 hosts, joined 1, closed true\n")

	ok(t, r.End(noon, "finished", nil))
	see("a run that ended", "ours", "questions.csv: 1 free, 2 hosts, joined 1, closed true\n")
	r, _ = begin(t, few, 1)
	see("the next run", "ours", "few.csv: 1 free, 1 hosts, joined 2, closed false\n"+rest)
	ok(t, r.Limit(checkpoint.Limits{Alone: true}))
	see("one that asks some questions", "ours", rest)
	ok(t, r.Limit(checkpoint.Limits{}))

	id, err := few.Give(checkpoint.Order{Given: noon, By: "me", What: []byte("pause")})
	ok(t, err)
	list, err := w.Open(endpoint, "ours")
	ok(t, err)
	for i, want := range []string{fmt.Sprint(id), ""} {
		orders, err := w.Orders(list[i])
		ok(t, err)
		got := ""
		for _, o := range orders {
			got += fmt.Sprint(o.ID)
		}
		is(t, "the orders of "+Batch(list[i].Address), want, got)
	}
}
