package checkpoint

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// open opens a store in a folder of the test's own, and checks its invariants
// when the test ends.
func open(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.lock != nil {
			closeStore(t, s)
		}
	})
	return s
}

// closeStore closes a store early, as the end of a run does.
func closeStore(t testing.TB, s *Store) {
	t.Helper()
	path := s.path
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s.lock = nil
	v, err := View(path)
	if os.IsNotExist(err) {
		return // nothing was imported
	}
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	problems, err := v.Check()
	if err != nil || len(problems) > 0 {
		t.Errorf("the checkpoint is not sound: %v %v", problems, err)
	}
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "questions.csv.bizbatch") }

// ask is a row that asks for text.
func ask(id, text string) Row {
	return Row{ID: id, Fields: []byte(`["` + text + `"]`), Payload: []byte(text), Mode: "fast", Subject: text}
}

func rowsOf(rows ...Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i, r := range rows {
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

func doImport(t testing.TB, s *Store, opts ImportOptions, rows ...Row) Plan {
	t.Helper()
	plan, err := s.Import(rowsOf(rows...), opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// answer asks the first n pending requests and answers them.
func answer(t testing.TB, s *Store, n int) {
	t.Helper()
	page, err := s.Pending(0, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page {
		if err := s.Start(r.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		c := Completion{Answer: fmt.Appendf(nil, "answer to %s", r.Payload), Cost: 24, Started: time.Now(), Finished: time.Now()}
		if err := s.Complete(r.ID, c); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkImport(b *testing.B) {
	const n = 1_000_000
	for range b.N {
		s := open(b, temp(b), Options{})
		seq := func(yield func(Row, error) bool) {
			for i := range n {
				q := fmt.Sprintf("Question %d: what is the tax treatment of a rather long situation in which a client has done this and that in year %d?", i, i%30+1990)
				row := Row{ID: fmt.Sprint(i), Line: i + 2, Mode: "fast", Subject: q,
					Fields:  fmt.Appendf(nil, `["%d","Client %d","%s"]`, i, i, q),
					Payload: fmt.Appendf(nil, `{"messages":[{"content":%q,"role":"human"}],"model":"bizora-1.0"}`, q)}
				if !yield(row, nil) {
					return
				}
			}
		}
		for _, name := range []string{"first", "again", "unchanged"} {
			digest := "1"
			if name == "again" {
				digest = "2"
			}
			if name == "unchanged" {
				digest = "2"
			}
			start := time.Now()
			plan, err := s.Import(seq, ImportOptions{Digest: digest})
			if err != nil {
				b.Fatal(err)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Printf("%s: %.1fs to ask %d, sys %d MB\n", name, time.Since(start).Seconds(), plan.ToAsk(), m.Sys>>20)
			st, _ := os.ReadFile("/proc/self/status")
			for _, l := range []string{"VmHWM", "VmRSS"} {
				for _, line := range splitLines(string(st)) {
					if len(line) > 5 && line[:5] == l {
						fmt.Println(line)
					}
				}
			}
		}
		start := time.Now()
		k := 0
		for _, err := range s.Results() {
			if err != nil {
				b.Fatal(err)
			}
			k++
		}
		fmt.Printf("results %d: %.1fs\n", k, time.Since(start).Seconds())
		start = time.Now()
		closeStore(b, s)
		fmt.Printf("close+check: %.1fs\n", time.Since(start).Seconds())
	}
}

func splitLines(s string) (out []string) {
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != '\n' {
			i++
		}
		out = append(out, s[:i])
		if i == len(s) {
			break
		}
		s = s[i+1:]
	}
	return
}
