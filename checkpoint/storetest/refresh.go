package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

// refreshAll asks again what was answered before a time that is to come.
var refreshAll = []checkpoint.RefreshRule{{Name: "old", Before: noon.AddDate(1, 0, 0)}}

// aged returns an answer that arrived so many days before noon.
func aged(s string, days int) checkpoint.Completion {
	c := answer(s)
	c.Started = noon.AddDate(0, 0, -days)
	c.Finished = c.Started.Add(time.Second)
	return c
}

// answered returns a store of the name with questions a, b, c and so on, each answered
// with "old" and its text, that many days ago.
func answered(t *testing.T, open Open, name string, days ...int) Store {
	t.Helper()
	s := open(t, name)
	importRefresh(t, s, len(days), nil)
	run, page := begin(t, s, len(days))
	for i, q := range page {
		ok(t, errors.Join(run.Start(q.ID, noon, 24), run.Complete(q.ID, aged("old "+string(q.Payload), days[i]))))
	}
	end(t, run)
	return s
}

func importRefresh(t *testing.T, s Store, n int, rules []checkpoint.RefreshRule) checkpoint.Plan {
	t.Helper()
	var rows []checkpoint.Row
	for i := range n {
		rows = append(rows, ask(fmt.Sprint(i+1), text(i)))
	}
	plan, err := s.Import(rowsOf(rows...), checkpoint.ImportOptions{Digest: fmt.Sprint(n), Refresh: rules})
	ok(t, err)
	return plan
}

// An answer that is refreshed is the answer until there is another, whatever comes of
// that.
func testRefresh(t *testing.T, open Open) {
	charged := []checkpoint.Flight{{RowID: "1", Line: 2, Run: 2, Started: noon, Cost: 30, Mode: "fast", Reason: "cut"}}
	killed := []checkpoint.Flight{{RowID: "1", Line: 2, Run: 2, Started: noon, Cost: 30, Mode: "fast", Reason: "interrupted"}}
	start := func(r checkpoint.Run, id int64) error { return r.Start(id, noon, 30) }
	for _, test := range []struct {
		name      string
		do        func(checkpoint.Run, int64) error
		line      string // the row while the run is on, and after it was killed
		spent     int64
		versions  int
		uncertain []checkpoint.Flight
	}{
		{"it is not sent", func(checkpoint.Run, int64) error { return nil }, "1 answered: old a", 24, 1, nil},
		{"it is in flight", start, "1 answered: old a", 24, 1, killed},
		{"there is another", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Complete(id, answer("new")))
		}, "1 answered: new", 48, 2, nil},
		{"another comes too late", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Complete(id, answer("new")), r.Complete(id, answer("late")), r.Release(id, checkpoint.Fault{}))
		}, "1 answered: new", 48, 2, nil},
		{"it is refused", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Fail(id, checkpoint.Fault{Reason: "400", Message: "no"}))
		}, "1 answered: old a", 24, 1, nil},
		{"it is given up before it is sent", func(r checkpoint.Run, id int64) error { return r.Fail(id, checkpoint.Fault{Reason: "skipped"}) }, "1 answered: old a", 24, 1, nil},
		{"a fault that was not charged", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Release(id, checkpoint.Fault{Reason: "503"}))
		}, "1 answered: old a", 24, 1, nil},
		{"a fault that may have been charged", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Release(id, checkpoint.Fault{Reason: "cut", MaybeCharged: true, Cost: 30, Started: noon}))
		}, "1 answered: old a", 24, 1, charged},
		{"a fault, and then another answer", func(r checkpoint.Run, id int64) error {
			return errors.Join(start(r, id), r.Release(id, checkpoint.Fault{Reason: "503"}), start(r, id), r.Complete(id, answer("new")))
		}, "1 answered: new", 48, 2, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := answered(t, open, "refresh", 100)
			plan := importRefresh(t, s, 1, refreshAll)
			diff(t, "plan", []checkpoint.Refresh{{Rule: "old", Answers: map[string]int{"fast": 1}}}, plan.Refresh)
			diff(t, "to ask", 1, plan.ToAsk())
			diff(t, "answered and not asked", 0, plan.Answered)
			run, begun, err := s.Begin(noon)
			ok(t, err)
			diff(t, "to refresh", map[string]int{"fast": 1}, begun.Refresh)
			diff(t, "answered as the run begins", 1, begun.States[checkpoint.Answered])
			page, err := run.Claim(5)
			ok(t, err)
			if len(page) != 1 || !page[0].Answered || !page[0].Refresh {
				t.Fatalf("given out: %+v", page)
			}
			ok(t, test.do(run, page[0].ID))
			check := func(when string) {
				t.Helper()
				diff(t, "results "+when, []string{test.line}, results(t, s))
				counts, err := s.Counts()
				ok(t, err)
				diff(t, "spent "+when, test.spent, counts.SpentTotal)
				var list []checkpoint.Version
				for v, err := range s.VersionsAt(1) {
					ok(t, err)
					list = append(list, v)
				}
				diff(t, "versions "+when, test.versions, len(list))
			}
			check("in the run")
			ok(t, s.Close()) // as a crash does that
			s = open(t, "refresh")
			defer func() { sound(t, s); ok(t, s.Close()) }()
			check("after a crash")
			plan = importRefresh(t, s, 1, nil)
			diff(t, "to ask without a rule", 0, plan.ToAsk())
			diff(t, "answered", 1, plan.Answered)
			check("after an import")
			flights, err := s.Flights()
			ok(t, err)
			diff(t, "uncertain", checkpoint.Flights{Uncertain: test.uncertain}, flights)
			_, page = begin(t, s, 0)
			diff(t, "given out without a rule", 0, len(page))
		})
	}
}

// What has no answer goes first, then the oldest answers.
func testRefreshOrder(t *testing.T, open Open) {
	s := answered(t, open, "order", 10, 300, 200, 400)
	defer func() { sound(t, s); ok(t, s.Close()) }()
	old := []checkpoint.RefreshRule{{Name: "old", Before: noon.AddDate(0, 0, -90)}}
	plan := importRefresh(t, s, 6, old)
	diff(t, "to ask", map[string]int{"fast": 5}, plan.Pending)
	diff(t, "answered and not asked", 1, plan.Answered)
	run, _, err := s.Begin(noon)
	ok(t, err)
	var given string
	for page, err := run.Claim(2); len(page) > 0; page, err = run.Claim(2) {
		ok(t, err)
		for _, q := range page {
			given += string(q.Payload)
		}
	}
	diff(t, "given out", "efdbc", given)
	end(t, run)
	_, page := begin(t, s, 2) // the next run has to be told again
	diff(t, "given out by the next run", "ef", string(page[0].Payload)+string(page[1].Payload))
}

func testRefreshRules(t *testing.T, open Open) {
	matches := func(label string, payload, answer []byte) bool {
		return string(payload)+" "+string(answer) == "c old c"
	}
	for _, test := range []struct {
		name  string
		rules []checkpoint.RefreshRule
		want  []int // answers that each rule chose
		given string
	}{
		{"by age", []checkpoint.RefreshRule{{Before: noon.AddDate(0, 0, -150)}}, []int{2}, "db"},
		{"by id", []checkpoint.RefreshRule{{IDs: []string{"3", "1"}}}, []int{2}, "ca"},
		{"by what they say", []checkpoint.RefreshRule{{Matches: matches}}, []int{1}, "c"},
		{"all at once, each once", []checkpoint.RefreshRule{{Before: noon.AddDate(0, 0, -150)}, {IDs: []string{"4", "3"}}, {Matches: matches}}, []int{2, 1, 0}, "dbc"},
		{"but not those that were sent lately", []checkpoint.RefreshRule{{IDs: []string{"1", "2", "3"}, Since: noon.AddDate(0, 0, -100)}}, []int{1}, "b"},
		{"none", []checkpoint.RefreshRule{{Before: noon.AddDate(-9, 0, 0)}}, []int{0}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := answered(t, open, "rules", 10, 300, 100, 400)
			defer func() { sound(t, s); ok(t, s.Close()) }()
			var chose []int
			for _, r := range importRefresh(t, s, 4, test.rules).Refresh {
				chose = append(chose, r.Answers["fast"])
			}
			diff(t, "chosen", test.want, chose)
			run, page := begin(t, s, len(test.given))
			given := ""
			for _, q := range page {
				given += string(q.Payload)
			}
			diff(t, "given out", test.given, given)
			end(t, run)
		})
	}
	s := answered(t, open, "unknown", 10)
	defer s.Close()
	_, err := s.Import(rowsOf(ask("1", "a")), checkpoint.ImportOptions{Refresh: []checkpoint.RefreshRule{{IDs: []string{"1", "x", "y"}}}})
	var unknown *checkpoint.UnknownIDsError
	if !errors.As(err, &unknown) {
		t.Fatalf("unknown ids: %v", err)
	}
	diff(t, "unknown", []string{"x", "y"}, unknown.IDs)
	diff(t, "results", []string{"1 answered: old a"}, results(t, s))
}

// An answer to a refresh that does not fit goes the way of any other.
func testRefreshUnfit(t *testing.T, open Open) {
	s := answered(t, open, "refresh unfit", 100)
	defer func() { sound(t, s); ok(t, s.Close()) }()
	importRefresh(t, s, 1, refreshAll)
	run, page := begin(t, s, 1)
	id := page[0].ID
	ok(t, errors.Join(run.Start(id, noon, 24), run.Complete(id, unfit("new", true)), run.Start(id, noon, 24), run.Release(id, checkpoint.Fault{MaybeCharged: true})))
	diff(t, "results", []string{"1 answered: new"}, results(t, s))
	ok(t, s.Close())
	s = open(t, "refresh unfit")
	plan, err := s.Import(rowsOf(ask("1", "a")), checkpoint.ImportOptions{Digest: "1", AskUnfit: 2})
	ok(t, err)
	diff(t, "asked again for another that fits", 1, plan.Unfit)
	run, page = begin(t, s, 1)
	if page[0].Refresh || page[0].Again != 1 {
		t.Errorf("given out: %+v", page[0])
	}
	ok(t, errors.Join(run.Start(page[0].ID, noon, 24), run.Complete(page[0].ID, answer("newest"))))
	diff(t, "versions", []string{"1 v1 run 1 12:00 old a", "1 v2 run 2 12:00 new", "1 v3 run 3 12:00 newest, current"}, versions(t, s.Versions()))
	end(t, run)
}
