package checkpoint

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"bizbatch/checkpoint/internal/keys"
)

// everyAnswer is the rule that chooses every answer.
var everyAnswer = []RefreshRule{{Name: "old", Before: noon.AddDate(1, 0, 0)}}

// refreshing is a store with the question a, whose answer a run is refreshing.
func refreshing(t *testing.T, path string, opts Options) (*Store, Run, Request) {
	t.Helper()
	s := open(t, path, opts)
	doImport(t, s, ImportOptions{Digest: "x"}, ask("1", "a"))
	answer(t, s, 1)
	doImport(t, s, ImportOptions{Digest: "x", Refresh: everyAnswer})
	run, page := begin(t, s, 1)
	if err := run.Start(page[0].ID, noon.Add(time.Hour), 24); err != nil {
		t.Fatal(err)
	}
	return s, run, page[0]
}

// An answer that another checkpoint still has is not taken over in the place of the
// one that a killed run was about to bring.
func TestARefreshTakesNothingOver(t *testing.T) {
	dir := t.TempDir()
	other := paid(t, dir, "https://one")
	path := filepath.Join(dir, "q.bizbatch")
	s, _, _ := refreshing(t, path, Options{Endpoint: "https://one"})
	closeStore(t, s)
	s = open(t, path, Options{Endpoint: "https://one"})
	plan := doImport(t, s, ImportOptions{Digest: "x", Neighbours: []string{other.path}})
	diff(t, "taken over", 0, len(plan.Reused))
	diff(t, "interrupted and kept", []int{1, 1}, []int{plan.Interrupted, plan.Kept})
	plan = doImport(t, s, ImportOptions{Digest: "x", Neighbours: []string{other.path}, Refresh: everyAnswer})
	diff(t, "to ask", 1, plan.ToAsk())
}

// What a run could not save is taken in, also once the old answer is the answer
// again. An older one is not.
func TestARescuedAnswerReplacesAnOlderOne(t *testing.T) {
	rescueFolders(t)
	path := temp(t)
	s, _, _ := refreshing(t, path, Options{})
	closeStore(t, s)
	s = open(t, path, Options{})
	doImport(t, s, ImportOptions{Digest: "x"})
	diff(t, "results", []string{"1 answered: answer to a"}, results(t, s))
	late := unsaved("a")
	late.Started = noon.Add(time.Hour)
	leave(t, s, s.rescued(keys.Of([]byte("a")), late))
	diff(t, "rescued", 1, doImport(t, s, ImportOptions{Digest: "x"}).Rescued)
	diff(t, "results", []string{`1 answered: {"text":"<answer> to a"}`}, results(t, s))
	flights, err := s.Flights()
	diff(t, "error", nil, err)
	diff(t, "uncertain", 0, len(flights.Uncertain))
	diff(t, "versions", 2, countVersions(t, s))
	early := unsaved("a")
	early.Started = noon.Add(-time.Hour)
	leave(t, s, s.rescued(keys.Of([]byte("a")), early))
	diff(t, "older ones", 0, doImport(t, s, ImportOptions{Digest: "x"}).Rescued)
}

func countVersions(t *testing.T, s *Store) (n int) {
	t.Helper()
	for _, err := range s.VersionsAt(1) {
		diff(t, "error", nil, err)
		n++
	}
	return n
}

// A damaged answer is asked for like any that is missing: an older one does not take
// its place.
func TestADamagedAnswerWithAnEarlierOne(t *testing.T) {
	path := temp(t)
	s, run, q := refreshing(t, path, Options{})
	diff(t, "error", nil, errors.Join(run.Complete(q.ID, answerTo(q)), run.End(noon, "finished", []byte("{}"))))
	closeStore(t, s)
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err == nil {
		_, err = db.Exec("UPDATE answers SET answer = 'x'")
		err = errors.Join(err, db.Close())
	}
	diff(t, "error", nil, err)
	s = open(t, path, Options{})
	diff(t, "failed", 1, doImport(t, s, ImportOptions{Digest: "x"}).Failed)
	for range 2 { // also after a run that sent nothing
		diff(t, "to ask", 1, doImport(t, s, ImportOptions{Digest: "x", RetryFailed: true}).ToAsk())
		diff(t, "results", []string{"1 pending"}, results(t, s))
		run, page := begin(t, s, 1)
		if len(page) != 1 || page[0].Answered {
			t.Errorf("given out: %+v", page)
		}
		end(t, run)
	}
}

// A copy chooses what the checkpoint would, and has no answers of its own.
func TestACopyChoosesWhatToRefresh(t *testing.T) {
	dir := t.TempDir()
	other := paid(t, dir, "https://one")
	path := filepath.Join(dir, "q.bizbatch")
	s, run, q := refreshing(t, path, Options{Endpoint: "https://one"})
	rows := []Row{ask("0", "b"), ask("1", "a"), ask("2", "d")}
	says := func(label string, payload, answer []byte) bool { return string(answer) == "answer to "+string(payload) }
	opts := ImportOptions{Neighbours: []string{other.path}, Refresh: []RefreshRule{{Name: "by text", Matches: says}}}
	plan := func() map[string]int {
		t.Helper()
		return doImport(t, openCopy(t, path, Options{Endpoint: "https://one"}), opts, rows...).Refresh[0].Answers
	}
	diff(t, "chosen while it is refreshed", map[string]int{"fast": 2}, plan())
	diff(t, "error", nil, errors.Join(run.Complete(q.ID, Completion{Answer: []byte("another"), Started: noon.Add(time.Hour)}), run.End(noon, "finished", []byte("{}"))))
	diff(t, "chosen once it was", map[string]int{"fast": 1}, plan())
	diff(t, "chosen by the checkpoint", map[string]int{"fast": 1}, doImport(t, s, opts, rows...).Refresh[0].Answers)
}
