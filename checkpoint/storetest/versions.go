package storetest

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"bizbatch/checkpoint"
)

// Every answer that a request had is kept, with its time and its run.
func testVersions(t *testing.T, open Open) {
	s := open(t, "versions")
	defer func() { sound(t, s); ok(t, s.Close()) }()
	_, err := s.Import(rowsOf(ask("1", "a"), ask("2", "b"), ask("3", "a")), checkpoint.ImportOptions{AskUnfit: 2})
	ok(t, err)
	run, page := begin(t, s, 2)
	a, b := page[0].ID, page[1].ID
	at := func(c checkpoint.Completion, minute int) checkpoint.Completion {
		c.Started = noon.Add(time.Duration(minute) * time.Minute)
		c.Finished = c.Started.Add(time.Second)
		return c
	}
	ok(t, errors.Join(run.Start(a, noon, 24), run.Complete(a, at(unfit("one", true), 1))))
	ok(t, errors.Join(run.Start(b, noon, 24), run.Complete(b, at(answer("only"), 2))))
	diff(t, "while it waits to be replaced", []string{"1 v1 run 1 12:01 one, current"}, versions(t, s.VersionsAt(3)))
	end(t, run)
	run, page = begin(t, s, 1)
	ok(t, errors.Join(run.Start(page[0].ID, noon, 24), run.Complete(page[0].ID, at(answer("two"), 3))))
	diff(t, "of those with several", []string{"1 v1 run 1 12:01 one", "1 v2 run 2 12:03 two, current"}, versions(t, s.Versions()))
	diff(t, "of one", []string{"2 v1 run 1 12:02 only, current"}, versions(t, s.VersionsAt(2)))
	end(t, run)
}

func versions(t *testing.T, list iter.Seq2[checkpoint.Version, error]) (lines []string) {
	t.Helper()
	for v, err := range list {
		ok(t, err)
		line := fmt.Sprintf("%s v%d run %d %s %s", v.RowID, v.Version, v.Run, v.Started.Format("15:04"), v.Answer)
		if v.Current {
			line += ", current"
		}
		lines = append(lines, line)
	}
	return lines
}
