package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/claims"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/rescue"
)

// refreshAll asks again for everything that was answered by now.
var refreshAll = checkpoint.ImportOptions{Refresh: []checkpoint.RefreshRule{{Before: noon.AddDate(1, 0, 0)}}}

func importRefresh(t *testing.T, s *Store, texts ...string) {
	t.Helper()
	_, err := s.Import(rows(texts...), refreshAll)
	ok(t, err)
}

// toRefresh is a batch in which n questions have the answer "old", and a store of it
// with a run that refreshes all of them.
func toRefresh(t *testing.T, o Options, texts ...string) (address string, s *Store, r *run) {
	t.Helper()
	address, o.Endpoint = newBatch(t)
	s = open(t, address, o)
	doImport(t, s, texts...)
	r, page := begin(t, s, len(texts))
	for _, q := range page {
		ok(t, errors.Join(r.Start(q.ID, noon, 24), r.Complete(q.ID, answer("old"))))
	}
	ok(t, r.End(noon, "finished", nil))
	return address, s, refresh(t, s, texts...)
}

// refresh begins a run that refreshes every answer.
func refresh(t *testing.T, s *Store, texts ...string) *run {
	t.Helper()
	importRefresh(t, s, texts...)
	r, begun, err := s.Begin(noon)
	ok(t, err)
	is(t, "to refresh", len(texts), begun.Refresh["fast"])
	return r.(*run)
}

func claim(t *testing.T, r *run, n int) (page []checkpoint.Request, texts string) {
	t.Helper()
	page, err := r.Claim(n)
	ok(t, err)
	for _, q := range page {
		texts += string(q.Payload)
	}
	return page, texts
}

// fresh is an answer to what was sent at a time after noon.
func fresh(text string, after time.Duration) checkpoint.Completion {
	c := answer(text)
	c.Started, c.Finished = noon.Add(after), noon.Add(after+time.Minute)
	return c
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
	again := fresh("new", time.Hour)
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

// What one host has in hand, has refreshed or gave up, no other refreshes in the same
// night, and each knows what is left.
func TestHostsRefreshTogether(t *testing.T) {
	address, s, a := toRefresh(t, Options{}, "a", "b", "c", "d")
	other := open(t, address, Options{Endpoint: s.opts.Endpoint})
	b := refresh(t, other, "a", "b", "c", "d")
	left := func(r *run) string {
		left, err := r.Open()
		ok(t, err)
		return fmt.Sprint(left.Open, left.Refresh, left.Free)
	}
	page, mine := claim(t, a, 2)
	is(t, "of the first host", "ab", mine)
	hour := noon.Add(time.Hour)
	ok(t, errors.Join(a.Start(page[0].ID, hour, 24), a.Start(page[1].ID, hour, 24)))
	is(t, "left", "map[] map[fast:4] 2", left(b))
	others, theirs := claim(t, b, 3)
	is(t, "of the second host", "cd", theirs)
	is(t, "left", "map[] map[fast:4] 0", left(b))
	if err := b.Start(page[0].ID, hour, 24); !errors.Is(err, claims.ErrNotGiven) {
		t.Errorf("it was sent twice: %v", err)
	}

	ok(t, errors.Join(a.Complete(page[0].ID, fresh("new", time.Hour)), a.Fail(page[1].ID, checkpoint.Fault{Reason: "400", Started: hour})))
	_, theirs = claim(t, b, 3)
	is(t, "of the second host, once the first had them", "", theirs)
	is(t, "left", "map[] map[fast:2] 0", left(b))
	is(t, "left of both", "map[] map[fast:2] 0", left(a))
	ok(t, errors.Join(b.Start(others[0].ID, hour, 24), b.Complete(others[0].ID, fresh("new", time.Hour)), b.End(hour, "stopped", nil)))
	is(t, "left by the second", "map[] map[fast:1] 1", left(a))
	_, mine = claim(t, a, 3)
	is(t, "taken up", "d", mine)
	ok(t, a.End(hour, "stopped", nil))
	is(t, "results", "1 answered 48 \"new\"\n2 answered 24 \"old\"\n3 answered 48 \"new\"\n4 answered 24 \"old\"\n", results(t, s))
	sound(t, s)
}

// While an answer is refreshed it is the answer, for every host and every batch.
func TestARefreshInFlightIsAnswered(t *testing.T) {
	address, s, a := toRefresh(t, Options{}, "a")
	page, _ := claim(t, a, 1)
	ok(t, a.Start(page[0].ID, noon.Add(time.Hour), 24))
	second := open(t, other(t, address, "more.csv"), Options{Endpoint: s.opts.Endpoint})
	plan := doImport(t, second, "a", "b")
	is(t, "answered, to ask", "1 1", fmt.Sprint(plan.Answered, plan.ToAsk()))
	is(t, "taken over", "[{questions.csv 1}]", plan.Reused)
	counts, err := s.Counts()
	ok(t, err)
	is(t, "states", "map[answered:1]", counts.States)
	flights, err := s.Flights()
	ok(t, err)
	is(t, "in flight", 1, len(flights.InFlight))
	ok(t, a.Complete(page[0].ID, fresh("new", time.Hour)))
	is(t, "results", "1 answered 0 \"new\"\n2 pending 0 \n", results(t, second))
	ok(t, a.End(noon, "finished", nil))
	sound(t, s)
}

// A host dies while it refreshes: what it had in flight is perhaps charged, and another
// takes the refresh up. A late answer replaces an older one, and no other.
func TestAHostThatRefreshesDies(t *testing.T) {
	address, s, dead := toRefresh(t, Options{}, "a", "b", "c")
	page, _ := claim(t, dead, 3)
	hour := noon.Add(time.Hour)
	ok(t, errors.Join(dead.Start(page[0].ID, hour, 30), dead.Start(page[1].ID, hour, 30)))
	die(t, dead)

	other := open(t, address, Options{Endpoint: s.opts.Endpoint})
	plan, err := other.Import(rows("a", "b", "c"), checkpoint.ImportOptions{})
	ok(t, err)
	is(t, "interrupted, kept, to ask", "2 2 0", fmt.Sprint(plan.Interrupted, plan.Kept, plan.ToAsk()))
	r := refresh(t, other, "a", "b", "c")
	flights, err := other.Flights()
	ok(t, err)
	is(t, "uncertain", 2, len(flights.Uncertain))
	again, texts := claim(t, r, 3)
	is(t, "taken up", "abc", texts)
	ok(t, errors.Join(r.Start(again[0].ID, hour.Add(time.Hour), 24), r.Complete(again[0].ID, fresh("new", 2*time.Hour))))

	ok(t, errors.Join(dead.Complete(page[0].ID, fresh("late", time.Hour)), dead.Complete(page[1].ID, fresh("late", time.Hour))))
	is(t, "results", "1 answered 48 \"new\"\n2 answered 48 \"late\"\n3 answered 24 \"old\"\n", results(t, other))
	flights, err = other.Flights()
	ok(t, err)
	is(t, "uncertain", "1 answered twice", fmt.Sprint(len(flights.Uncertain), " ", flights.Uncertain[0].Reason))
	ok(t, r.End(noon, "finished", nil))
	sound(t, other)
	var spent, flying int64
	ok(t, other.db().get("SELECT sum(spent)::bigint, sum(flying)::bigint FROM runs", nil, &spent, &flying))
	is(t, "spent, in flight", "144 0", fmt.Sprint(spent, flying)) // 3 answers, 2 new ones, and the one that came twice
}

// An answer that could not be saved replaces the old one also once the host is dead,
// and not a newer one.
func TestARescuedAnswerReplacesAnOlderOne(t *testing.T) {
	address, s, dead := toRefresh(t, Options{}, "a", "b")
	page, _ := claim(t, dead, 2)
	hour := noon.Add(time.Hour)
	ok(t, errors.Join(dead.Start(page[0].ID, hour, 30), dead.Start(page[1].ID, hour, 30)))
	die(t, dead)
	other := open(t, address, Options{Endpoint: s.opts.Endpoint})
	r := refresh(t, other, "a", "b")
	again, _ := claim(t, r, 1)
	ok(t, errors.Join(r.Start(again[0].ID, hour.Add(time.Hour), 24), r.Complete(again[0].ID, fresh("new", 2*time.Hour)), r.End(noon, "finished", nil)))

	kept := rescue.Rescue{Place: s.rescuePlace()}
	for _, q := range page {
		line := s.rescued(keys.Of(q.Payload), fresh("late", time.Hour))
		kept.Wait(q.ID, line)
		kept.Put(q.ID, line)
	}
	kept.Close()
	flights, err := other.Flights()
	ok(t, err)
	is(t, "uncertain", 1, len(flights.Uncertain))
	plan, err := other.Import(rows("a", "b"), checkpoint.ImportOptions{})
	ok(t, err)
	is(t, "rescued", 1, plan.Rescued)
	is(t, "results", "1 answered 48 \"new\"\n2 answered 48 \"late\"\n", results(t, other))
	sound(t, other)
}

// The old answer is back once a host is dead; a new one that comes home all the same is
// taken.
func TestARefreshOfADeadHost(t *testing.T) {
	address, endpoint := newBatch(t)
	first := open(t, address, Options{Endpoint: endpoint})
	doImport(t, first, "a")
	r, page := begin(t, first, 1)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("old")), r.End(noon, "finished", nil)))
	importRefresh(t, first, "a")
	stopped, page := begin(t, first, 1)
	later := fresh("late", time.Hour)
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
	sound(t, second)
}
