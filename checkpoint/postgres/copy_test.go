package postgres

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/checkpoint"
)

// A side is a checkpoint of either engine.
type side interface {
	Import(rows iter.Seq2[checkpoint.Row, error], o checkpoint.ImportOptions) (checkpoint.Plan, error)
	Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error)
	Results() iter.Seq2[checkpoint.Result, error]
	Versions() iter.Seq2[checkpoint.Version, error]
	Counts() (checkpoint.Counts, error)
	Flights() (checkpoint.Flights, error)
	Runs() ([]checkpoint.RunRecord, error)
	Note(name string) ([]byte, error)
	Input() ([]byte, error)
	Settings() ([]byte, error)
	Orders(after int64) ([]checkpoint.Order, error)
	AddReviews(reviews []checkpoint.Review, origin string, now time.Time) error
	Records() checkpoint.Records
	Receive(checkpoint.Records) error
	SetNote(name string, value []byte) error
	Check() ([]string, error)
}

// all is what a checkpoint tells of itself.
func all(t *testing.T, s side) (told []any) {
	t.Helper()
	for r, err := range s.Results() {
		ok(t, err)
		told = append(told, r)
	}
	for v, err := range s.Versions() {
		ok(t, err)
		told = append(told, v)
	}
	counts, err1 := s.Counts()
	flights, err2 := s.Flights()
	runs, err3 := s.Runs()
	note, err4 := s.Note("source")
	input, err5 := s.Input()
	settings, err6 := s.Settings()
	problems, err7 := s.Check()
	ok(t, errors.Join(err1, err2, err3, err4, err5, err6, err7))
	return append(told, counts, flights, runs, note, input, settings, problems)
}

// fill makes a checkpoint with everything that there is in one.
func fill(t *testing.T, s side) {
	t.Helper()
	questions := func(yield func(checkpoint.Row, error) bool) {
		for r, err := range rows("a", "b", "c", "d", "e", "f", "a") {
			r.Fields = fmt.Appendf(nil, "[%q]", r.Payload)
			switch r.ID {
			case "2":
				r.Originals = []byte(`["Ana"]`)
			case "6":
				r.Skip, r.Payload = "no question", nil
			}
			if !yield(r, err) {
				return
			}
		}
	}
	o := checkpoint.ImportOptions{Settings: []byte(`{"model":"m"}`), Digest: "x", AskUnfit: 2, Input: func() []byte { return []byte(`{"name":"q.csv"}`) }}
	_, err := s.Import(questions, o)
	ok(t, err)
	ok(t, s.SetNote("source", []byte("{}")))
	r, _, err := s.Begin(noon)
	ok(t, err)
	page, err := r.Claim(5)
	ok(t, err)
	unfit := answer("unfit")
	unfit.Unfit, unfit.Again = true, true
	for _, q := range page[:4] {
		ok(t, r.Start(q.ID, noon, 24))
	}
	ok(t, errors.Join(
		r.Complete(page[0].ID, answer("yes")),
		r.Fail(page[1].ID, checkpoint.Fault{Reason: "400", Message: "no", RequestID: "req_1", Attempts: 2, Started: noon, Finished: noon}),
		r.Release(page[2].ID, checkpoint.Fault{Reason: "cut", MaybeCharged: true, Cost: 24, Partial: "The ra", Started: noon, Finished: noon}),
		r.Complete(page[3].ID, unfit), r.End(noon, "error", []byte(`{"answered":1}`)),
		s.AddReviews([]checkpoint.Review{{Position: 1, Value: []byte(`{"verdict":"ok"}`)}}, "answers.csv", noon)))
	o.Refresh = []checkpoint.RefreshRule{{IDs: []string{"1"}}}
	_, err = s.Import(questions, o)
	ok(t, err)
	r, _, err = s.Begin(noon)
	ok(t, err)
	page, err = r.Claim(5)
	ok(t, err)
	for _, q := range page {
		if ok(t, r.Start(q.ID, noon, 24)); q.Refresh {
			ok(t, r.Complete(q.ID, answer("newer")))
		}
	}
	// The others are in flight as the run is killed.
}

// What is copied to the other engine, and back, is the same.
func TestACopyTellsTheSame(t *testing.T) {
	address, endpoint := newBatch(t)
	dir := t.TempDir()
	file := func(name string) *checkpoint.Store {
		s, err := checkpoint.Open(filepath.Join(dir, name), checkpoint.Options{Endpoint: endpoint})
		ok(t, err)
		return s
	}
	first := file("first.bizbatch")
	fill(t, first)
	ok(t, first.Close())
	first = file("first.bizbatch")
	second := open(t, address, Options{Endpoint: endpoint})
	third := file("third.bizbatch")
	ok(t, second.Receive(first.Records()))
	ok(t, third.Receive(second.Records()))
	want := all(t, first)
	for name, s := range map[string]side{"the database": second, "the file after it": third} {
		if d := cmp.Diff(want, all(t, s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if err := s.Receive(first.Records()); !errors.Is(err, checkpoint.ErrNotEmpty) {
			t.Errorf("%s, which is not empty: %v", name, err)
		}
	}
	// Each goes on where the first one was killed.
	plan, err := first.Import(nil, checkpoint.ImportOptions{Settings: []byte(`{"model":"m"}`), Digest: "x"})
	ok(t, err)
	for name, s := range map[string]side{"the database": second, "the file after it": third} {
		got, err := s.Import(nil, checkpoint.ImportOptions{Settings: []byte(`{"model":"m"}`), Digest: "x"})
		ok(t, err)
		if d := cmp.Diff(plan, got); d != "" {
			t.Errorf("the plan of %s (-want +got):\n%s", name, d)
		}
	}
	ok(t, errors.Join(first.Close(), third.Close()))
}

// answered are the records of a checkpoint with so many answers.
func answered(n int, text string, at time.Time) checkpoint.Records {
	return func(yield func(checkpoint.Record, error) bool) {
		more := yield(checkpoint.Record{Settings: &checkpoint.SettingsRecord{Number: 1}}, nil)
		for i := int64(1); more && i <= int64(n); i++ {
			q := checkpoint.RequestRecord{Number: i, Payload: fmt.Append(nil, "question ", i), Mode: "fast", State: checkpoint.Answered, Position: i, Settings: 1, Attempts: 1}
			q.AnswerRecord = checkpoint.AnswerRecord{Run: 1, Started: at.UnixMilli(), Finished: at.UnixMilli(), Cost: 24, Answer: fmt.Appendf(nil, "%q", text)}
			more = yield(checkpoint.Record{Request: &q}, nil)
		}
		for i := int64(1); more && i <= int64(n); i++ {
			more = yield(checkpoint.Record{Row: &checkpoint.RowRecord{Position: i, Request: i, ID: fmt.Sprint(i)}}, nil)
		}
	}
}

// The answers that are there stay, and those that are copied are beside them once.
func TestACopyToADatabaseThatKnowsTheQuestions(t *testing.T) {
	address, endpoint := newBatch(t)
	const n = 450 // so many are not sent at once
	asking := open(t, address, Options{Endpoint: endpoint})
	doImport(t, asking, "question 1")
	for _, tc := range []struct {
		batch, text string
		at          time.Time
		spent       int64
		versions    int
	}{
		{"first", "old", noon, n * 24, 0},
		{"the same", "old", noon, 0, 0},
		{"newer", "new", noon.Add(time.Hour), n * 24, 2 * n},
	} {
		s := open(t, other(t, address, tc.batch), Options{Endpoint: endpoint})
		ok(t, s.Receive(answered(n, tc.text, tc.at)))
		rows := 0
		for r, err := range s.Results() {
			ok(t, err)
			if rows++; r.ID != fmt.Sprint(rows) || string(r.Answer) != `"old"` {
				t.Errorf("%s: row %d is %s, %s", tc.batch, rows, r.ID, r.Answer)
			}
		}
		is(t, tc.batch+": rows", n, rows)
		counts, err := s.Counts()
		ok(t, err)
		is(t, tc.batch+": spent", tc.spent, counts.Spent)
		versions := 0
		for _, err := range s.Versions() {
			ok(t, err)
			versions++
		}
		is(t, tc.batch+": versions", tc.versions, versions)
		sound(t, s)
	}
	is(t, "what another batch asked", "1 answered 0 \"old\"\n", results(t, asking))
}

// A file whose run was killed in a refresh is copied: the old answer is the answer
// there, too, and what was in flight may have been charged.
func TestACopyOfARefreshInFlight(t *testing.T) {
	address, endpoint := newBatch(t)
	path := filepath.Join(t.TempDir(), "q.bizbatch")
	reopen := func() *checkpoint.Store {
		s, err := checkpoint.Open(path, checkpoint.Options{Endpoint: endpoint})
		ok(t, err)
		return s
	}
	file := reopen()
	for _, last := range []bool{false, true} {
		_, err := file.Import(rows("a"), refreshAll)
		ok(t, err)
		r, _, err := file.Begin(noon)
		ok(t, err)
		page, err := r.Claim(1)
		ok(t, errors.Join(err, r.Start(page[0].ID, noon, 24)))
		if !last {
			ok(t, errors.Join(r.Complete(page[0].ID, answer("old")), r.End(noon, "finished", nil)))
		}
	}
	ok(t, file.Close())
	file = reopen()
	s := open(t, address, Options{Endpoint: endpoint})
	ok(t, errors.Join(s.Receive(file.Records()), file.Close()))
	is(t, "results", "1 answered 24 \"old\"\n", results(t, s))
	sound(t, s)
	for _, when := range []string{"copied", "in the next run"} {
		flights, err := s.Flights()
		ok(t, err)
		is(t, "uncertain when "+when, 1, len(flights.Uncertain))
		if when == "copied" {
			plan, err := s.Import(rows("a"), checkpoint.ImportOptions{})
			ok(t, err)
			is(t, "interrupted, kept, to ask", "1 1 0", fmt.Sprint(plan.Interrupted, plan.Kept, plan.ToAsk()))
			begin(t, s, 0)
		}
	}
}
