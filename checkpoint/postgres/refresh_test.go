package postgres

import (
	"errors"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

// refreshAll asks again for everything that was answered by now.
var refreshAll = checkpoint.ImportOptions{Refresh: []checkpoint.RefreshRule{{Before: noon.AddDate(1, 0, 0)}}}

func importRefresh(t *testing.T, s *Store, texts ...string) {
	t.Helper()
	_, err := s.Import(rows(texts...), refreshAll)
	ok(t, err)
}

// Two batches that refresh the same answer ask for it once.
func TestAnAnswerIsRefreshedByOneHost(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a", "b")
	r, page := begin(t, first, 2)
	for _, q := range page {
		ok(t, errors.Join(r.Start(q.ID, noon, 24), r.Complete(q.ID, answer("old"))))
	}
	ok(t, r.End(noon, "finished", nil))
	second := open(t, other(t, address, "more.csv"), Options{Endpoint: endpoint})
	importRefresh(t, first, "a", "b")
	importRefresh(t, second, "b", "a")
	one, page := begin(t, first, 1)
	two, rest := begin(t, second, 1)
	if page[0].ID == rest[0].ID {
		t.Fatal("both have the same question")
	}
	again := answer("new")
	again.Started = noon.Add(time.Hour)
	again.Finished = again.Started
	ok(t, errors.Join(one.Start(page[0].ID, again.Started, 24), one.Complete(page[0].ID, again)))
	for _, r := range []*run{one, two} {
		page, err := r.Claim(5)
		ok(t, err)
		is(t, "given out once all are refreshed or claimed", 0, len(page))
	}
	ok(t, errors.Join(two.End(noon, "finished", nil), one.End(noon, "finished", nil)))
	for at, want := range map[int64]int{page[0].Position: 2, 3 - page[0].Position: 1} {
		versions := 0
		for _, err := range first.VersionsAt(at) {
			ok(t, err)
			versions++
		}
		is(t, "answers", want, versions)
	}
}

// The old answer is back once a host is dead; a new one that comes home all the same is
// taken.
func TestARefreshOfADeadHost(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint, Lease: 2 * time.Second})
	doImport(t, first, "a")
	r, page := begin(t, first, 1)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("old")), r.End(noon, "finished", nil)))
	importRefresh(t, first, "a")
	stopped, page := begin(t, first, 1)
	later := answer("late")
	later.Started = noon.Add(time.Hour)
	ok(t, stopped.Start(page[0].ID, later.Started, 24))
	die(t, stopped)

	second := open(t, address, Options{Endpoint: endpoint})
	r, _ = begin(t, second, 0)
	counts, err := second.Counts()
	ok(t, err)
	is(t, "answered", 1, counts.States[checkpoint.Answered])
	is(t, "results", "1 answered 24 \"old\"\n", results(t, second))
	flights, err := second.Flights()
	ok(t, err)
	is(t, "uncertain", 1, len(flights.Uncertain))

	ok(t, stopped.Complete(page[0].ID, later))
	is(t, "results", "1 answered 48 \"late\"\n", results(t, second))
	flights, err = second.Flights()
	ok(t, err)
	is(t, "uncertain once it is known", 0, len(flights.Uncertain))
	ok(t, r.End(noon, "finished", nil))
	problems, err := second.Check()
	ok(t, err)
	is(t, "problems", 0, len(problems))
}
