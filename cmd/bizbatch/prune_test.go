//go:build unix

package main

import "testing"

// On a terminal somebody is asked before older answers are removed.
func TestPruneAsks(t *testing.T) {
	s := newScreen(t, 100)
	if err := writeRows(s.victim.path("q.csv"), 2); err != nil {
		t.Fatal(err)
	}
	s.answer(4)
	s.victim.run("run", "--quiet", "q.csv")
	s.victim.run("run", "--quiet", "--refresh-ids", "Q1,Q2", "q.csv")
	for _, answer := range []struct{ typed, told string }{
		{"\n", "nothing was removed"},
		{"n\n", "nothing was removed"},
		{"y\n", "removed 2 older answers: q.csv.bizbatch is "},
		{"", "nothing to remove: no question has more than 1 answer"},
	} {
		s.start("prune", "q.csv", "--keep", "1")
		if answer.typed != "" {
			s.await(`remove 2 older answers, \S+ kB, from q.csv.bizbatch for good\? \[y/N\]`)
			s.types(answer.typed)
		}
		s.await(answer.told)
		s.finish(0)
	}
}
