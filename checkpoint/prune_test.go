package checkpoint

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"
)

// longAnswer is one that nothing makes shorter.
func longAnswer(again bool) Completion {
	b := make([]byte, 100_000)
	_, _ = rand.Read(b) // never fails
	return Completion{Answer: b, Attempts: 1, Cost: 24, Started: noon, Finished: noon, Unfit: again, Again: again}
}

func TestPruneRemovesOlderAnswers(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{Digest: "x"}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
	for i := range 4 {
		if i > 0 {
			doImport(t, s, ImportOptions{Digest: "x", Refresh: everyAnswer})
		}
		run, page := begin(t, s, 3)
		for _, q := range page {
			again := i == 3 && string(q.Payload) == "c" // the last one waits for one that fits
			if i > 1 && string(q.Payload) == "b" {
				continue
			}
			if err := errors.Join(run.Start(q.ID, noon.Add(time.Duration(i)*time.Hour), 24), run.Complete(q.ID, longAnswer(again))); err != nil {
				t.Fatal(err)
			}
		}
		if i == 3 {
			_, _, err := s.Prune(1)
			if !errors.Is(err, ErrBegun) {
				t.Errorf("during a run: %v", err)
			}
		}
		end(t, run)
	}
	spent := func() int64 {
		c, err := s.Counts()
		diff(t, "error", nil, err)
		return c.SpentTotal
	}
	paid, before := spent(), results(t, s)
	numbers := func() (list map[string][]int) {
		list = map[string][]int{}
		for position := range int64(3) {
			for v, err := range s.VersionsAt(position + 1) {
				diff(t, "error", nil, err)
				list[v.RowID] = append(list[v.RowID], v.Version)
				if v.Answer == nil || v.Current != (v.Version == 4 || v.RowID == "2" && v.Version == 2) {
					t.Errorf("version %d of %s: current %v, %d bytes", v.Version, v.RowID, v.Current, len(v.Answer))
				}
			}
		}
		return list
	}
	diff(t, "versions", map[string][]int{"1": {1, 2, 3, 4}, "2": {1, 2}, "3": {1, 2, 3, 4}}, numbers())
	old, err := s.Earlier()
	diff(t, "error", nil, err)
	diff(t, "earlier", Earlier{7, 700_000}, old)
	for _, step := range []struct {
		keep, removed int
		left          map[string][]int
	}{
		{4, 0, map[string][]int{"1": {1, 2, 3, 4}, "2": {1, 2}, "3": {1, 2, 3, 4}}},
		{2, 4, map[string][]int{"1": {3, 4}, "2": {1, 2}, "3": {3, 4}}},
		{1, 3, map[string][]int{"1": {4}, "2": {2}, "3": {4}}},
		{1, 0, map[string][]int{"1": {4}, "2": {2}, "3": {4}}},
	} {
		size := s.size()
		pruned, freed, err := s.Prune(step.keep)
		diff(t, "error", nil, err)
		diff(t, "removed", Earlier{step.removed, int64(step.removed) * 100_000}, pruned)
		if freed < pruned.Bytes/10*9 || size-s.size() != freed {
			t.Errorf("%d bytes were freed for %d, from %d to %d", freed, pruned.Bytes, size, s.size())
		}
		diff(t, "versions", step.left, numbers())
		diff(t, "spent", paid, spent())
		diff(t, "results", before, results(t, s))
	}
	several := 0
	for range s.Versions() {
		several++
	}
	diff(t, "versions of those with several", 0, several)
	closeStore(t, s)

	// What waited to be replaced is the answer again, where nobody asks for another.
	s = open(t, path, Options{})
	diff(t, "answered", 3, doImport(t, s, ImportOptions{Digest: "x"}).Answered)
	diff(t, "results", before, results(t, s))
}
