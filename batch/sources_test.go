package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nodeID is the id of the nth source that the tests make up.
func nodeID(n int) string { return fmt.Sprintf("%08x-9dc0-11d1-b245-5ffdce74fad2", n) }

func source(id, text string) Source {
	quoted := func(s string) json.RawMessage { b, _ := json.Marshal(s); return b }
	return Source{"node_id": quoted(id), "text": quoted(text)}
}

// always gives everyone the same answer.
func always(a Answer) Asker {
	return askerFunc(func(context.Context, Request) (Answer, error) { return a, nil })
}

// uncited is an answer that cites its third and its first source, and one that
// never arrived; the second it does not, and the fourth has no id.
func uncited() Answer {
	return Answer{
		Text: "so [" + nodeID(10) + "], so [" + strings.ToUpper(nodeID(1)) + "], so [" + nodeID(99) + "]", FinishReason: "stop",
		Sources: []Source{source(nodeID(1), "one"), source(nodeID(2), "two"), source(strings.ToUpper(nodeID(10)), "three"), {"text": json.RawMessage(`"four"`)}},
	}
}

// excerpts tells sources by their text.
func excerpts(sources []Source) (all []string) {
	for _, s := range sources {
		all = append(all, s.Excerpt())
	}
	return all
}

func TestSourcesAreKeptAsTheModeSays(t *testing.T) {
	for mode, want := range map[SourceMode][]string{
		"": {"one", "two", "three", "four"}, AllSources: {"one", "two", "three", "four"}, CitedSources: {"one", "three"}, NoSources: nil,
	} {
		t.Run("mode "+string(mode), func(t *testing.T) {
			store, sent := newStore(t), uncited()
			importN(t, store, 1)
			sum, err := Run(t.Context(), store, always(sent), Options{Sources: mode})
			if err != nil || sum.Answered != 1 || sum.Spent != 24*Cent {
				t.Fatalf("%+v, %v", sum, err)
			}
			saved := records(t, store)[0]
			if got := excerpts(saved.Answer.Sources); !slices.Equal(got, want) || saved.Cost != 24*Cent {
				t.Errorf("kept %q for %s, want %q", got, saved.Cost, want)
			}
			if kept := saved.Answer.Kept; kept != mode && (kept != "" || mode != AllSources) {
				t.Errorf("the answer says that its sources were kept by mode %q", kept)
			}
			if diff := cmp.Diff(uncited(), sent); diff != "" {
				t.Errorf("the asker's own answer was changed (-want +got):\n%s", diff)
			}
			text, cited, _ := saved.Answer.Numbered()
			if saved.Answer.Text != sent.Text || text != "so [1], so [2], so [3]" || len(cited) != 3 {
				t.Errorf("%q reads %q with %d sources", saved.Answer.Text, text, len(cited))
			}
		})
	}
}

func TestAnotherSourceModeAsksNothingAnew(t *testing.T) {
	store := newStore(t)
	importN(t, store, 1)
	if _, err := Run(t.Context(), store, always(uncited()), Options{}); err != nil {
		t.Fatal(err)
	}
	if plan := importN(t, store, 1); plan.ToAsk() != 0 {
		t.Errorf("%+v", plan)
	}
	if sum, err := Run(t.Context(), store, always(uncited()), Options{Sources: NoSources}); err != nil || sum.Attempts != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
	if got := len(records(t, store)[0].Answer.Sources); got != 4 {
		t.Errorf("an answer that was saved has %d sources left of 4", got)
	}
}

// A rescue file holds what the checkpoint would have.
func TestARescuedAnswerHasTheSourcesOfTheMode(t *testing.T) {
	store := newStore(t)
	importN(t, store, 1)
	mend := breakSaves(t, store, "answered")
	if _, err := Run(t.Context(), store, always(uncited()), Options{Sources: CitedSources}); err == nil {
		t.Fatal("the answer was saved")
	}
	mend()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), "bizbatch-rescue-*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if plan := importN(t, store, 1); plan.Rescued != 1 {
		t.Errorf("%+v", plan)
	}
	if a := records(t, store)[0].Answer; a == nil || !slices.Equal(excerpts(a.Sources), []string{"one", "three"}) || a.Kept != CitedSources {
		t.Errorf("rescued %+v", a)
	}
}

// Without the sources that a text does not cite, all that it cites is numbered
// and found as it was.
func TestCitedSourcesReadAsAllDo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.Map(rapid.IntRange(1, 6), nodeID)
		piece := rapid.OneOf(rapid.SampledFrom([]string{"[", "]", " and "}), id,
			rapid.Map(id, func(s string) string { return "[" + s + "]" }),
			rapid.Map(id, func(s string) string { return "[" + strings.ToUpper(s) + "]" }))
		all := Answer{Text: strings.Join(rapid.SliceOf(piece).Draw(rt, "text"), "")}
		for i, id := range rapid.SliceOf(id).Draw(rt, "sources") { // some more than once, some never
			all.Sources = append(all.Sources, source(id, fmt.Sprint(i)))
		}
		some := all
		some.keepSources(CitedSources)
		text, cited, _ := all.Numbered()
		gotText, gotCited, _ := some.Numbered()
		if diff := cmp.Diff(cited, gotCited); text != gotText || diff != "" {
			rt.Errorf("%q reads %q, want %q; cited (-want +got):\n%s", all.Text, gotText, text, diff)
		}
		for _, s := range some.Sources {
			if !strings.Contains(strings.ToLower(all.Text), "["+s.NodeID()+"]") {
				rt.Errorf("%q does not cite %s", all.Text, s.NodeID())
			}
		}
	})
}
