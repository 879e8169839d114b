package storetest

import (
	"errors"
	"testing"

	"bizbatch/checkpoint"
)

// unfit returns an answer that does not fit, perhaps to be asked for again.
func unfit(s string, again bool) checkpoint.Completion {
	c := answer(s)
	c.Unfit, c.Again = true, again
	return c
}

// An answer that does not fit is asked for again, no more often than is wanted,
// whatever comes between, and is the answer until there is another.
func testUnfit(t *testing.T, open Open) {
	for _, test := range []struct {
		name  string
		do    func(checkpoint.Run, int64) error // once it was answered, and is pending again
		lines []string
		spent int64
		again int // how often more it may be sent, of two times in all
	}{
		{"nothing more", func(checkpoint.Run, int64) error { return nil }, []string{"1 answered: no"}, 24, 2},
		{"in flight as the run is killed", func(r checkpoint.Run, id int64) error { return r.Start(id, noon, 24) }, []string{"1 answered: no"}, 24, 1},
		{"an answer that fits", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Complete(id, answer("yes")))
		}, []string{"1 answered: yes"}, 48, 0},
		{"another that does not", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Complete(id, unfit("not yet", false)))
		}, []string{"1 answered: not yet"}, 48, 1},
		{"a fault that was not charged", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Release(id, checkpoint.Fault{Reason: "503"}), r.Release(id, checkpoint.Fault{Attempts: 1}))
		}, []string{"1 answered: no"}, 24, 2},
		{"a fault that may have been charged", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Release(id, checkpoint.Fault{Reason: "cut", MaybeCharged: true, Cost: 24}))
		}, []string{"1 answered: no"}, 24, 1},
		{"a refusal", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Fail(id, checkpoint.Fault{Reason: "400", Message: "no"}))
		}, []string{"1 answered: no"}, 24, 1},
		{"two more that do not", func(r checkpoint.Run, id int64) error {
			return errors.Join(r.Start(id, noon, 24), r.Complete(id, unfit("nor that", true)), r.Start(id, noon, 24), r.Complete(id, unfit("at last", false)))
		}, []string{"1 answered: at last"}, 72, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, "unfit")
			importAgain := func(n int) checkpoint.Plan {
				plan, err := s.Import(rowsOf(ask("1", "a")), checkpoint.ImportOptions{AskUnfit: n, Digest: "same"})
				ok(t, err)
				return plan
			}
			importAgain(2)
			run, page := begin(t, s, 1)
			id := page[0].ID
			ok(t, errors.Join(run.Start(id, noon, 24), run.Complete(id, unfit("no", true)), test.do(run, id)))
			diff(t, "results", test.lines, results(t, s))
			ok(t, s.Close()) // as a crash does that
			s = open(t, "unfit")
			defer func() { sound(t, s); ok(t, s.Close()) }()
			diff(t, "results after a crash", test.lines, results(t, s))
			counts, err := s.Counts()
			ok(t, err)
			diff(t, "spent", test.spent, counts.SpentTotal)
			var cost int64
			for r, err := range s.Results() {
				ok(t, err)
				cost += r.Cost
			}
			diff(t, "cost", test.spent, cost)

			plan := importAgain(2)
			diff(t, "asked again", test.again > 0, plan.Unfit == 1 && plan.ToAsk() == 1)
			diff(t, "times more", max(0, test.again-1), plan.Again["fast"])
			diff(t, "results", test.lines, results(t, s))
			if test.again > 0 {
				run, page := begin(t, s, 1)
				if !page[0].Answered || page[0].Again != 2-test.again {
					t.Errorf("given out: %+v", page[0])
				}
				end(t, run)
			}
			// Who does not want that any more has the answer that is there.
			plan = importAgain(0)
			diff(t, "to ask without", 0, plan.ToAsk())
			diff(t, "answered", 1, plan.Answered)
			diff(t, "results", test.lines, results(t, s))
			diff(t, "asked again later", test.again > 0, importAgain(2).ToAsk() == 1)
		})
	}
}
