package checkpoint

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// A model is a checkpoint as a plain map.
type model struct {
	rows     []Row
	requests map[string]*modelRequest // by payload
}

type modelRequest struct {
	state   State
	passing bool
	answer  string
}

func (m *model) importRows(rows []Row, retryFailed bool) (p Plan) {
	oldIDs, known := map[string]bool{}, map[string]bool{}
	for _, r := range m.rows {
		oldIDs[r.ID] = true
	}
	for payload, q := range m.requests {
		known[payload] = true
		if q.state == Running {
			q.state = Pending
			p.Interrupted++
			p.InterruptedCost += 24
		}
	}
	p.Rows, p.Pending = len(rows), map[string]int{}
	seen := map[string]bool{}
	for _, r := range rows {
		text := string(r.Payload)
		switch {
		case r.Skip != "":
			p.Skipped++
			continue
		case !known[text] && oldIDs[r.ID]:
			p.Edited++
		}
		if seen[text] {
			p.Duplicates++
			continue
		}
		seen[text] = true
		q := m.requests[text]
		if q == nil {
			q = &modelRequest{state: Pending}
			m.requests[text] = q
		}
		if q.state == Failed && (q.passing || retryFailed) {
			q.state = Pending
		}
		switch q.state {
		case Answered:
			p.Answered++
		case Failed:
			p.Failed++
		default:
			p.Pending["fast"]++
		}
	}
	m.rows = rows
	return p
}

func (m *model) results() (lines []string) {
	for _, r := range m.rows {
		line := fmt.Sprintf("%s skipped: %s", r.ID, r.Skip)
		if r.Skip == "" {
			q := m.requests[string(r.Payload)]
			line = fmt.Sprintf("%s %s", r.ID, q.state)
			if q.answer != "" {
				line += ": " + q.answer
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// pending are the payloads in the order in which they are first asked.
func (m *model) pending() (texts []string) {
	seen := map[string]bool{}
	for _, r := range m.rows {
		text := string(r.Payload)
		if r.Skip == "" && !seen[text] && m.requests[text].state == Pending {
			texts = append(texts, text)
		}
		seen[text] = true
	}
	return texts
}

func allResults(t fataler, s *Store) (all []Result) {
	for r, err := range s.Results() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Fewer than rapid's 100, for the race detector's sake; the command line has the
// last word: -rapid.checks=1000 searches longer.
func init() { _ = flag.Set("rapid.checks", "25") }

// Whatever is done to a checkpoint, it holds what a plain map would.
func TestCheckpointIsAMap(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		path := fmt.Sprintf("%s/%d", dir, n)
		opts := Options{NoSync: true} // nothing here cuts the power
		s, err := Open(path, opts)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		m := &model{requests: map[string]*modelRequest{}}
		ids := map[string]int64{}
		one := func(rt *rapid.T) (int64, *modelRequest) {
			var running []string
			for text := range ids {
				if m.requests[text].state == Running {
					running = append(running, text)
				}
			}
			if len(running) == 0 {
				rt.Skip("nothing is running")
			}
			text := running[0]
			return ids[text], m.requests[text]
		}
		ok := func(rt *rapid.T, err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		importAll := func(rt *rapid.T, rows []Row) {
			retry := rapid.Bool().Draw(rt, "retry")
			plan, err := s.Import(rowsOf(rows...), ImportOptions{RetryFailed: retry, Digest: fmt.Sprint(rows)})
			ok(rt, err)
			diff(rt, "plan", m.importRows(rows, retry), plan)
		}
		var noted []Result // what SetCurrent was told of
		rt.Repeat(map[string]func(*rapid.T){
			"import": func(rt *rapid.T) {
				rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Row {
					text := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"}).Draw(rt, "text")
					if text == "" {
						return skipped("")
					}
					return ask("", text)
				}), 0, 8).Draw(rt, "rows")
				for i := range rows {
					rows[i].ID = fmt.Sprint(i)
				}
				importAll(rt, rows)
			},
			"import again": func(rt *rapid.T) { importAll(rt, m.rows) },
			"start": func(rt *rapid.T) {
				page, err := s.Pending(0, 1)
				ok(rt, err)
				if len(page) == 0 {
					rt.Skip("nothing is pending")
				}
				ok(rt, s.Start(page[0].ID, noon, 24))
				text := string(page[0].Payload)
				ids[text] = page[0].ID
				m.requests[text].state = Running
			},
			"complete": func(rt *rapid.T) {
				id, q := one(rt)
				q.state, q.answer = Answered, rapid.StringN(1, 5, -1).Draw(rt, "answer")
				ok(rt, s.Complete(id, Completion{Answer: []byte(q.answer), Attempts: 1}))
			},
			"fail": func(rt *rapid.T) {
				id, q := one(rt)
				q.state, q.passing = Failed, rapid.Bool().Draw(rt, "passing")
				ok(rt, s.Fail(id, Fault{Passing: q.passing}))
			},
			"release": func(rt *rapid.T) {
				id, q := one(rt)
				q.state = Pending
				ok(rt, s.Release(id, Fault{}))
			},
			"note": func(rt *rapid.T) {
				noted = allResults(rt, s)
				ok(rt, s.SetCurrent("results", []byte("noted")))
			},
			"reopen": func(rt *rapid.T) {
				ok(rt, s.Close())
				s, err = Open(path, opts)
				ok(rt, err)
			},
			"": func(rt *rapid.T) {
				diff(rt, "results", m.results(), results(rt, s))
				page, err := s.Pending(0, 100)
				ok(rt, err)
				var texts []string
				for _, r := range page {
					texts = append(texts, string(r.Payload))
				}
				diff(rt, "pending", m.pending(), texts)
				problems, err := s.Check()
				ok(rt, err)
				diff(rt, "problems", 0, len(problems))
				current, err := s.Current("results")
				ok(rt, err)
				if current != nil {
					diff(rt, "results since they were noted", noted, allResults(rt, s))
				}
			},
		})
	})
}
