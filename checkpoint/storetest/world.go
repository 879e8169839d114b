package storetest

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"bizbatch/checkpoint"
)

// Fewer than rapid's 100, for the race detector's sake; the command line has the
// last word: -rapid.checks=1000 searches longer.
func init() { _ = flag.Set("rapid.checks", "25") }

// Whatever is done to a store, it holds what a plain map would.
func testMap(t *testing.T, open Open) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := &world{name: fmt.Sprintf("map %d", n), open: open, t: t, model: &model{requests: map[string]*modelRequest{}}}
		w.store = open(t, w.name)
		defer func() { _ = w.store.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"import":       w.importNew,
			"import again": func(rt *rapid.T) { w.importRows(rt, w.model.rows) },
			"begin":        w.begin,
			"start":        w.start,
			"complete":     w.complete,
			"fail":         w.fail,
			"release":      w.release,
			"end":          w.end,
			"note":         w.note,
			"reopen":       w.reopen,
			"":             w.check,
		})
	})
}

// A world is a store and the map that it is compared with.
type world struct {
	t     testing.TB
	open  Open
	name  string
	store Store
	model *model
	run   checkpoint.Run      // nil between runs
	given map[string]int64    // what the run was given and has no outcome, by payload
	old   map[string]bool     // answered ones that the run, or the next, is to refresh
	noted []checkpoint.Result // what SetCurrent was told of
}

func (w *world) importNew(rt *rapid.T) {
	rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) checkpoint.Row {
		text := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"}).Draw(rt, "text")
		if text == "" {
			return checkpoint.Row{Fields: []byte(`[""]`), Skip: "no question"}
		}
		return ask("", text)
	}), 0, 8).Draw(rt, "rows")
	for i := range rows {
		rows[i].ID = fmt.Sprint(i)
	}
	w.importRows(rt, rows)
}

func (w *world) importRows(rt *rapid.T, rows []checkpoint.Row) {
	if w.run != nil {
		rt.Skip("a run is on")
	}
	retry := rapid.Bool().Draw(rt, "retry")
	opts := checkpoint.ImportOptions{RetryFailed: retry, Digest: fmt.Sprint(rows)}
	refresh := rapid.Bool().Draw(rt, "refresh")
	if refresh {
		opts.Refresh = refreshAll
	}
	plan, err := w.store.Import(rowsOf(rows...), opts)
	ok(rt, err)
	want := w.model.importRows(rows, retry, refresh)
	w.old = map[string]bool{}
	if refresh {
		chosen := checkpoint.Refresh{Rule: "old", Answers: map[string]int{}}
		for _, r := range rows {
			if q := w.model.requests[string(r.Payload)]; r.Skip == "" && q.state == checkpoint.Answered && !w.old[string(r.Payload)] {
				w.old[string(r.Payload)] = true
				chosen.Answers["fast"]++
			}
		}
		want.Refresh = []checkpoint.Refresh{chosen}
	}
	diff(rt, "plan", want, plan)
}

func (w *world) begin(rt *rapid.T) {
	if w.run != nil {
		rt.Skip("a run is on")
	}
	var begun checkpoint.Begun
	var err error
	w.run, begun, err = w.store.Begin(noon)
	ok(rt, err)
	for _, q := range w.model.requests {
		q.takeBack()
		if q.state == checkpoint.Running {
			q.state = checkpoint.Pending
		}
	}
	w.given = map[string]int64{}
	diff(rt, "pending when the run begins", len(w.model.pending()), begun.States[checkpoint.Pending])
	diff(rt, "to refresh when the run begins", len(w.old), begun.Refresh["fast"])
}

// start starts a request that was released, or the next one.
func (w *world) start(rt *rapid.T) {
	if w.run == nil {
		rt.Skip("no run is on")
	}
	text := w.one(checkpoint.Pending)
	if text == "" {
		page, err := w.run.Claim(1)
		ok(rt, err)
		pending := w.model.pending()
		if len(page) == 0 {
			diff(rt, "pending when nothing is given out", 0, len(pending))
			rt.Skip("nothing is pending")
		}
		text = string(page[0].Payload)
		diff(rt, "to refresh", len(pending) == 0 && w.old[text], page[0].Refresh)
		if len(pending) > 0 {
			diff(rt, "given out", pending[0], text)
		}
		w.given[text] = page[0].ID
	}
	ok(rt, w.run.Start(w.given[text], noon, 24))
	w.model.requests[text].state = checkpoint.Running
}

// one returns a request in a state that the run was given; empty: there is none.
func (w *world) one(state checkpoint.State) string {
	for text := range w.given {
		has := w.model.requests[text].state
		if has == state || state == checkpoint.Pending && has == checkpoint.Answered && w.old[text] {
			return text
		}
	}
	return ""
}

// running returns a request that the run has started.
func (w *world) running(rt *rapid.T) (text string, id int64, q *modelRequest) {
	if w.run == nil {
		rt.Skip("no run is on")
	}
	text = w.one(checkpoint.Running)
	if text == "" {
		rt.Skip("nothing is running")
	}
	return text, w.given[text], w.model.requests[text]
}

func (w *world) complete(rt *rapid.T) {
	text, id, q := w.running(rt)
	delete(w.old, text)
	q.state, q.answer = checkpoint.Answered, rapid.StringN(1, 5, -1).Draw(rt, "answer")
	ok(rt, w.run.Complete(id, checkpoint.Completion{Answer: []byte(q.answer), Attempts: 1}))
}

func (w *world) fail(rt *rapid.T) {
	_, id, q := w.running(rt)
	passing := rapid.Bool().Draw(rt, "passing")
	if !q.takeBack() {
		q.state, q.passing = checkpoint.Failed, passing
	}
	ok(rt, w.run.Fail(id, checkpoint.Fault{Passing: passing}))
}

func (w *world) release(rt *rapid.T) {
	_, id, q := w.running(rt)
	if !q.takeBack() {
		q.state = checkpoint.Pending
	}
	ok(rt, w.run.Release(id, checkpoint.Fault{}))
}

func (w *world) end(rt *rapid.T) {
	if w.run == nil {
		rt.Skip("no run is on")
	}
	ok(rt, w.run.End(noon, "finished", []byte("{}")))
	w.run, w.old = nil, nil
}

func (w *world) note(rt *rapid.T) {
	w.noted = w.results(rt)
	ok(rt, w.store.SetCurrent("results", []byte("noted")))
}

// reopen is the end of the run, if one is on, without a word.
func (w *world) reopen(rt *rapid.T) {
	ok(rt, w.store.Close())
	w.store, w.run, w.old = w.open(w.t, w.name), nil, nil
}

func (w *world) results(rt *rapid.T) (all []checkpoint.Result) {
	for r, err := range w.store.Results() {
		ok(rt, err)
		all = append(all, r)
	}
	return all
}

func (w *world) check(rt *rapid.T) {
	diff(rt, "results", w.model.results(), results(rt, w.store))
	sound(rt, w.store)
	current, err := w.store.Current("results")
	ok(rt, err)
	if current != nil {
		diff(rt, "results since they were noted", w.noted, w.results(rt))
	}
}
