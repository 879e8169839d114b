package checkpoint

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"testing"
)

func TestImportPlans(t *testing.T) {
	three := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c")}
	fast := func(n int) map[string]int {
		if n == 0 {
			return map[string]int{}
		}
		return map[string]int{"fast": n}
	}
	retry := ImportOptions{RetryFailed: true}
	for _, tt := range []struct {
		name    string
		before  func(*Store) // after an import of three, and before the next
		opts    ImportOptions
		rows    []Row
		plan    Plan
		results []string
	}{
		{"the same rows again", nil, ImportOptions{}, three,
			Plan{Rows: 3, Pending: fast(3)}, []string{"1 pending", "2 pending", "3 pending"}},
		{"answered rows keep their answers", func(s *Store) { answer(t, s, 2) }, ImportOptions{}, three,
			Plan{Rows: 3, Answered: 2, Pending: fast(1)}, []string{"1 answered: answer to a", "2 answered: answer to b", "3 pending"}},
		{"rows that ask the same share a request", func(s *Store) { answer(t, s, 1) }, ImportOptions{},
			[]Row{ask("1", "a"), ask("2", "x"), ask("3", "x"), ask("4", "a")},
			Plan{Rows: 4, Duplicates: 2, Edited: 2, Answered: 1, Pending: fast(1)},
			[]string{"1 answered: answer to a", "2 pending", "3 pending", "4 answered: answer to a"}},
		{"an edited row is asked anew", func(s *Store) { answer(t, s, 3) }, ImportOptions{},
			[]Row{ask("1", "a"), ask("2", "b, reworded"), ask("3", "c")},
			Plan{Rows: 3, Edited: 1, Answered: 2, Pending: fast(1)},
			[]string{"1 answered: answer to a", "2 pending", "3 answered: answer to c"}},
		{"an added row is not an edited one", func(s *Store) { answer(t, s, 3) }, ImportOptions{},
			append([]Row{ask("0", "new")}, three...),
			Plan{Rows: 4, Answered: 3, Pending: fast(1)},
			[]string{"0 pending", "1 answered: answer to a", "2 answered: answer to b", "3 answered: answer to c"}},
		{"a moved row keeps its answer", func(s *Store) { answer(t, s, 1) }, ImportOptions{},
			[]Row{ask("3", "c"), ask("2", "b"), ask("1", "a")},
			Plan{Rows: 3, Answered: 1, Pending: fast(2)},
			[]string{"3 pending", "2 pending", "1 answered: answer to a"}},
		{"a deleted row is not asked", nil, ImportOptions{}, []Row{ask("2", "b")},
			Plan{Rows: 1, Pending: fast(1)}, []string{"2 pending"}},
		{"a skipped row asks nothing", nil, ImportOptions{}, []Row{ask("1", "a"), skipped("2")},
			Plan{Rows: 2, Skipped: 1, Pending: fast(1)}, []string{"1 pending", "2 skipped: no question"}},
		{"another file reuses answers", func(s *Store) { answer(t, s, 3) }, ImportOptions{},
			[]Row{ask("x", "c"), ask("y", "d")},
			Plan{Rows: 2, Answered: 1, Pending: fast(1)}, []string{"x answered: answer to c", "y pending"}},
		{"an empty file", nil, ImportOptions{}, nil, Plan{Pending: fast(0)}, nil},
		{"a passing failure is asked again", func(s *Store) { fail(t, s, 1, true) }, ImportOptions{}, three,
			Plan{Rows: 3, Pending: fast(3)}, []string{"1 pending", "2 pending", "3 pending"}},
		{"a lasting failure stays", func(s *Store) { fail(t, s, 1, false) }, ImportOptions{}, three,
			Plan{Rows: 3, Failed: 1, Pending: fast(2)}, []string{"1 failed", "2 pending", "3 pending"}},
		{"a lasting failure is asked again on demand", func(s *Store) { fail(t, s, 1, false) }, retry, three,
			Plan{Rows: 3, Pending: fast(3)}, []string{"1 pending", "2 pending", "3 pending"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, temp(t), Options{})
			doImport(t, s, ImportOptions{}, three...)
			if tt.before != nil {
				tt.before(s)
			}
			diff(t, "plan", tt.plan, doImport(t, s, tt.opts, tt.rows...))
			diff(t, "results", tt.results, results(t, s))
		})
	}
}

func TestImportOfManyRowsFillsEveryBatch(t *testing.T) {
	for _, n := range []int{1, batchRows - 1, batchRows, batchRows + 1, 3*batchRows + 7} {
		s := open(t, temp(t), Options{})
		var rows []Row
		for i := range n {
			rows = append(rows, ask(fmt.Sprint(i), fmt.Sprint("text ", i)))
		}
		diff(t, "plan", Plan{Rows: n, Pending: map[string]int{"fast": n}}, doImport(t, s, ImportOptions{}, rows...))
		var got int
		for r, err := range s.Results() {
			if err != nil || r.ID != fmt.Sprint(got) || r.Line != got+2 || r.Position != int64(got+1) {
				t.Fatalf("row %d of %d: %+v, %v", got, n, r, err)
			}
			got++
		}
		diff(t, "rows", n, got)
	}
}

func TestImportOfAnUnchangedInputReadsNoRow(t *testing.T) {
	s := open(t, temp(t), Options{})
	input := func() []byte { return []byte("columns") }
	rows := []Row{ask("1", "a"), ask("2", "b"), ask("3", "b"), skipped("4")}
	doImport(t, s, ImportOptions{Digest: "x", Input: input}, rows...)
	answer(t, s, 1)
	fail(t, s, 1, true)

	unread := func(func(Row, error) bool) { t.Error("rows were read") }
	plan, err := s.Import(unread, ImportOptions{Digest: "x"})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "plan", Plan{Rows: 4, Skipped: 1, Duplicates: 1, Answered: 1, Pending: map[string]int{"fast": 1}}, plan)
	kept, err := s.Input()
	diff(t, "input", "columns", string(kept))
	diff(t, "error", nil, err)

	for _, digest := range []string{"y", ""} {
		diff(t, "rows read for digest "+digest, 1, doImport(t, s, ImportOptions{Digest: digest}, ask("1", "a")).Rows)
	}
	read := false
	_, err = s.Import(func(func(Row, error) bool) { read = true }, ImportOptions{})
	if err != nil || !read {
		t.Error("an unknown digest counted as the same:", err)
	}
}

func TestImportFindsConflictsAcrossSettings(t *testing.T) {
	old := ImportOptions{Settings: []byte("old")}
	for _, tt := range []struct {
		name      string
		answered  int
		settings  string
		rows      []Row
		conflicts *Conflicts
	}{
		{"nothing answered: nothing is paid again", 0, "new", []Row{under("new", "1", "a")}, nil},
		{"answered under other settings", 1, "new", []Row{under("new", "1", "a"), under("new", "2", "b")},
			&Conflicts{[]byte("old"), map[string]int{"fast": 1}}},
		{"edited under the same settings", 2, "old", []Row{under("old2", "1", "a")}, nil},
		{"other questions under other settings", 2, "new", []Row{under("new", "1", "x")}, nil},
		{"the same requests under other settings", 2, "new", []Row{ask("1", "a"), ask("2", "b")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, temp(t), Options{})
			doImport(t, s, old, ask("1", "a"), ask("2", "b"))
			answer(t, s, tt.answered)
			opts := ImportOptions{Settings: []byte(tt.settings)}
			diff(t, "conflicts", tt.conflicts, doImport(t, s, opts, tt.rows...).Conflicts)
			diff(t, "conflicts of the next import", tt.conflicts, doImport(t, s, opts, tt.rows...).Conflicts)
			opts.Agree = true
			diff(t, "conflicts that are agreed to", tt.conflicts, doImport(t, s, opts, tt.rows...).Conflicts)
			opts.Agree = false
			diff(t, "conflicts after that", (*Conflicts)(nil), doImport(t, s, opts, tt.rows...).Conflicts)
		})
	}
	t.Run("they were there before the answers", func(t *testing.T) {
		s := open(t, temp(t), Options{})
		deep := ImportOptions{Settings: []byte("deep"), Digest: "deep"}
		doImport(t, s, deep, under("deep", "1", "a"), under("deep", "2", "b"))
		doImport(t, s, old, ask("1", "a"), ask("2", "b"))
		answer(t, s, 1)
		want := &Conflicts{[]byte("old"), map[string]int{"fast": 1}}
		diff(t, "conflicts", want, doImport(t, s, deep, under("deep", "1", "a"), under("deep", "2", "b")).Conflicts)
		diff(t, "conflicts of an unchanged input", want, doImport(t, s, deep).Conflicts)
		deep.Agree = true
		doImport(t, s, deep)
		deep.Agree = false
		diff(t, "conflicts once it was agreed", (*Conflicts)(nil), doImport(t, s, deep).Conflicts)
	})
	t.Run("the latest settings are told", func(t *testing.T) {
		s := open(t, temp(t), Options{})
		for _, name := range []string{"z", "a", "m"} {
			doImport(t, s, ImportOptions{Settings: []byte(name)}, under(name, "1", "q"))
			answer(t, s, 1)
		}
		plan := doImport(t, s, ImportOptions{Settings: []byte("k")}, under("k", "1", "q"))
		diff(t, "settings", "m", string(plan.Conflicts.Settings))
	})
}

func TestImportThatFailsLeavesTheCheckpointAsItWas(t *testing.T) {
	broken := errors.New("line 3: not a question")
	many := func(end error) iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			for i := range 3 * batchRows {
				if !yield(ask(fmt.Sprint(i), fmt.Sprint("new ", i)), nil) {
					return
				}
			}
			if end != nil {
				yield(Row{}, end)
			}
		}
	}
	for _, tt := range []struct {
		name string
		rows iter.Seq2[Row, error]
		opts ImportOptions
		want error
	}{
		{"a row is an error", many(broken), ImportOptions{Digest: "2"}, broken},
		{"Confirm says no", many(nil), ImportOptions{Digest: "2", Confirm: func(Plan) error { return broken }}, broken},
		{"Confirm says no to retrying", many(nil), ImportOptions{Digest: "1", RetryFailed: true, Confirm: func(Plan) error { return broken }}, broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := temp(t)
			s := open(t, path, Options{})
			doImport(t, s, ImportOptions{Digest: "1"}, ask("1", "a"), ask("2", "b"), skipped("3"))
			answer(t, s, 1)
			fail(t, s, 1, false)
			closeStore(t, s)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s = open(t, path, Options{})
			if _, err := s.Import(tt.rows, tt.opts); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			diff(t, "results", []string{"1 answered: answer to a", "2 failed", "3 skipped: no question"}, results(t, s))
			closeStore(t, s)
			after, err := os.ReadFile(path)
			if err != nil || string(file) != string(after) {
				t.Error("the file changed", err)
			}
		})
	}
}

func TestConfirmSeesThePlan(t *testing.T) {
	s := open(t, temp(t), Options{})
	var seen Plan
	plan := doImport(t, s, ImportOptions{Confirm: func(p Plan) error { seen = p; return nil }}, ask("1", "a"), skipped("2"))
	diff(t, "plan", plan, seen)
	diff(t, "to ask", 1, seen.ToAsk())
}

func TestClaimGoesInInputOrder(t *testing.T) {
	s := open(t, temp(t), Options{})
	doImport(t, s, ImportOptions{}, ask("1", "a"), ask("2", "b"), ask("3", "c"))
	doImport(t, s, ImportOptions{}, ask("3", "c"), skipped("x"), ask("1", "a"), ask("1 again", "a"), ask("2", "b"))
	answer(t, s, 1)
	var got []string
	run, page := begin(t, s, 1)
	for len(page) > 0 {
		got = append(got, fmt.Sprintf("%d %s %s %s", page[0].Position, page[0].RowID, page[0].Mode, page[0].Payload))
		var err error
		if page, err = run.Claim(1); err != nil {
			t.Fatal(err)
		}
	}
	diff(t, "pending", []string{"3 1 fast a", "5 2 fast b"}, got)
}
