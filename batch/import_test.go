package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/checkpoint"
)

func TestImportPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		svc := newService(answers(time.Second))
		// Each input follows the one before, everything of which was answered.
		for _, step := range []struct {
			what                                         string
			rows                                         []string
			dup, skipped, edited, answered, ask, charged int
		}{
			{"new rows", []string{"a", "b", "c"}, 0, 0, 0, 0, 3, 3},
			{"the same rows", []string{"a", "b", "c"}, 0, 0, 0, 3, 0, 0},
			{"an edited row", []string{"a", "B", "c"}, 0, 0, 1, 2, 1, 1},
			{"an added row", []string{"a", "B", "c", "d"}, 0, 0, 0, 3, 1, 1},
			{"moved rows", []string{"d", "c", "B", "a"}, 0, 0, 0, 4, 0, 0},
			{"a deleted row", []string{"d", "B", "a"}, 0, 0, 0, 3, 0, 0},
			{"a row that comes back", []string{"d", "b", "a", "c"}, 0, 0, 0, 4, 0, 0},
			{"duplicates, and an empty row", []string{"e", "a", "e", "", "a", "e"}, 3, 1, 2, 1, 1, 1},
		} {
			before := len(svc.sent)
			plan, err := Import(store, texts(step.rows...), ImportOptions{Settings: Settings{AskModes: taxModes}})
			if err != nil {
				t.Fatal(err)
			}
			got := []int{plan.Duplicates, plan.Skipped, plan.Edited, plan.Answered, plan.ToAsk(), int(plan.Estimate / (24 * Cent))}
			if diff := cmp.Diff([]int{step.dup, step.skipped, step.edited, step.answered, step.ask, step.ask}, got); diff != "" {
				t.Errorf("%s: duplicates, skipped, edited, answered, to ask, estimate (-want +got):\n%s", step.what, diff)
			}
			_, out := run(t, store, svc, Options{})
			want(t, out, outcome{Answered: step.charged, Sum: step.charged})
			if got := len(svc.sent) - before; got != step.charged {
				t.Errorf("%s: %d charged, want %d", step.what, got, step.charged)
			}
			for i, r := range records(t, store) {
				if text := step.rows[i]; text == "" && (r.Status != Skipped || r.Error != "no question") ||
					text != "" && (r.Status != Answered || r.Answer.Text != "answer to "+text) {
					t.Errorf("%s: row %d is %+v", step.what, i+1, r)
				}
			}
		}
	})
}

// TestTheLeastQuestion asks questions that are nothing but an id and a text, and
// then others with other settings.
func TestTheLeastQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		svc := newService(answers(time.Second))
		ask := func(mode AskMode, all ...string) error {
			_, err := Import(store, func(yield func(Question, error) bool) {
				for i, text := range all {
					if !yield(Question{ID: fmt.Sprint(i + 1), Text: text}, nil) {
						return
					}
				}
			}, ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: mode}})
			return err
		}
		if err := ask("fast", "a", "b"); err != nil {
			t.Fatal(err)
		}
		_, out := run(t, store, svc, Options{})
		want(t, out, outcome{Answered: 2, Sum: 2})
		for _, r := range records(t, store) {
			if r.Status != Answered || r.Answer.Text != "answer to "+r.Question || len(r.Fields) > 0 {
				t.Errorf("%+v", r)
			}
		}
		if err := ask("deep", "c"); err != nil {
			t.Errorf("another question under other settings: %v", err)
		}
		e, ok := errors.AsType[*SettingsError](ask("deep", "a", "c"))
		if !ok || e.Answers != 1 {
			t.Errorf("a question that is answered, under other settings: %+v", e)
		}
	})
}

func TestSettingsThatChangedAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		svc := newService(answers(0))
		param := func(value string) map[string]json.RawMessage {
			return map[string]json.RawMessage{"seed": json.RawMessage(value)}
		}
		ask := func(o ImportOptions) (Plan, *SettingsError) {
			t.Helper()
			plan, err := Import(store, texts("a", "b", "c"), o)
			var refused *SettingsError
			if err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
			return plan, refused
		}
		if _, refused := ask(ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: Fast, Params: param(`{"a": 1}`)}}); refused != nil {
			t.Fatal(refused)
		}
		run(t, store, svc, Options{})

		deep := ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: Deep, Params: param(`{ "a":1 }`), Template: "{{.q}}"}}
		for range 2 { // a refusal changes nothing
			_, refused := ask(deep)
			if diff := cmp.Diff(&SettingsError{Changes: []string{"ask mode fast → deep", "the template"}, Answers: 3, Cost: 450 * Cent}, refused); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		if plan, refused := ask(ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: Fast, Params: param(`{"a":1}`)}}); refused != nil || plan.Answered != 3 {
			t.Errorf("%+v, %v", plan, refused)
		}
		deep.AskAgain = true
		if plan, refused := ask(deep); refused != nil || plan.ToAsk() != 3 || plan.Estimate != 450*Cent {
			t.Errorf("%+v, %v", plan, refused)
		}
		svc.answered = map[string]int{} // they are other requests
		_, out := run(t, store, svc, Options{})
		if out.Answered != 3 {
			t.Errorf("%+v", out)
		}
		// Both sets of answers are there now: neither way costs anything.
		deep.AskAgain = false
		for range 2 {
			if plan, refused := ask(deep); refused != nil || plan.Answered != 3 {
				t.Errorf("%+v, %v", plan, refused)
			}
			if plan, refused := ask(ImportOptions{Settings: Settings{AskModes: taxModes, AskMode: Fast, Params: param(`{"a": 1}`)}}); refused != nil || plan.Answered != 3 {
				t.Errorf("%+v, %v", plan, refused)
			}
		}
	})
}

func TestEverySettingThatChangesIsNamed(t *testing.T) {
	old := Settings{AskModes: taxModes, Model: "m", Role: "human", Params: map[string]json.RawMessage{"b": []byte(`1`), "c": []byte(`{"x":1,"y":2}`)}}
	now := Settings{AskModes: taxModes, Model: "n", Role: "user", AskMode: Web, Template: "t", Schema: []byte(`{"properties":{"b":{},"a":{}}}`), Params: map[string]json.RawMessage{"a": []byte(`"x"`), "c": []byte(`{"y":2, "x":1}`)}}
	if diff := cmp.Diff([]string{
		"model m → n", "role human → user", "ask mode none → web", `parameter a none → "x"`, "parameter b 1 → none", "the template", "the schema",
	}, now.diff(old)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The order of a schema's members is that of the answers.
func TestASchemaIsAsItWasKept(t *testing.T) {
	s := Settings{Schema: []byte(`{"properties":{"b":{"const":"<&>"},"a":{}}}`)}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var kept Settings
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	if changes := s.diff(kept); changes != nil {
		t.Error(changes)
	}
	kept.Schema = []byte(`{"properties":{"a":{},"b":{"const":"<&>"}}}`)
	if changes := s.diff(kept); changes == nil {
		t.Error("another order is no change")
	}
}

func TestRetryFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 2)
		run(t, store, newService(from(1, httpError(400))), Options{})
		if plan := importN(t, store, 2); plan.Failed != 2 || plan.ToAsk() != 0 {
			t.Errorf("%+v", plan)
		}
		plan, err := Import(store, texts(numbered(2)...), ImportOptions{Settings: Settings{AskModes: taxModes}, RetryFailed: true})
		if err != nil || plan.Failed != 0 || plan.ToAsk() != 2 {
			t.Errorf("%+v, %v", plan, err)
		}
	})
}

func TestDryRunLeavesTheFileAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "q.bizbatch")
	store := openStore(t, path)
	importN(t, store, 3)
	before := rows(t, store)
	plan, err := Import(store, texts("a", "b", "c", "d"), ImportOptions{Settings: Settings{AskModes: taxModes}, DryRun: true})
	if err != nil || plan.ToAsk() != 4 || plan.Estimate != 96*Cent {
		t.Errorf("%+v, %v", plan, err)
	}
	if diff := cmp.Diff(before, rows(t, store)); diff != "" {
		t.Errorf("changed by a dry run:\n%s", diff)
	}
	// Where there was no file, there is none after.
	path = filepath.Join(t.TempDir(), "new.bizbatch")
	fresh, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Import(fresh, texts("a"), ImportOptions{Settings: Settings{AskModes: taxModes}, DryRun: true}); err != nil {
		t.Error(err)
	}
	if err := fresh.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dry run left %s", path)
	}
}

func rows(t *testing.T, s *checkpoint.Store) (all []string) {
	for _, r := range records(t, s) {
		all = append(all, fmt.Sprintf("%+v", r))
	}
	return all
}

func TestABadQuestionLeavesTheCheckpointAsItWas(t *testing.T) {
	broken := errors.New("line 7: a broken quote")
	for name, last := range map[string]struct {
		q    Question
		err  error
		want string
	}{
		"the reader fails":             {Question{}, broken, "line 7: a broken quote"},
		"a parameter that is no JSON":  {Question{Line: 9, Text: "x", Params: map[string]json.RawMessage{"p": []byte("{")}}, nil, `line 9: parameter "p": "{" is not JSON: unexpected EOF`},
		"a parameter of two values":    {Question{Line: 9, Text: "x", Params: map[string]json.RawMessage{"p": []byte("1 2")}}, nil, `line 9: parameter "p": "1 2" is more than one JSON value`},
		"a parameter that is not one":  {Question{Line: 9, Text: "x", Params: map[string]json.RawMessage{"stream": []byte("1")}}, nil, `line 9: "stream" cannot be set as a parameter`},
		"a parameter of the transport": {Question{Line: 9, Text: "x", Params: map[string]json.RawMessage{"stream_options": []byte("{}")}}, nil, `line 9: "stream_options" cannot be set as a parameter`},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			importN(t, store, 3)
			before := rows(t, store)
			_, err := Import(store, func(yield func(Question, error) bool) {
				for q, err := range texts(slices.Repeat([]string{"other"}, 300)...) {
					if !yield(q, err) {
						return
					}
				}
				yield(last.q, last.err)
			}, ImportOptions{Settings: Settings{AskModes: taxModes}})
			if err == nil || err.Error() != last.want {
				t.Errorf("%v, want %s", err, last.want)
			}
			if diff := cmp.Diff(before, rows(t, store)); diff != "" {
				t.Errorf("changed by a failed import:\n%s", diff)
			}
		})
	}
}

func TestAnInputWithTheSameDigestIsNotReadAgain(t *testing.T) {
	store := newStore(t)
	var reads int
	input := Input{Format: CSV, Columns: []string{"id", "question"}, Delimiter: ";", BOM: true}
	read := func(digest string, mode AskMode) {
		t.Helper()
		_, err := Import(store, func(yield func(Question, error) bool) {
			reads++
			texts("a", "b")(yield)
		}, ImportOptions{Digest: digest, Settings: Settings{AskModes: taxModes, AskMode: mode}, Input: func() Input { return input }})
		if err != nil {
			t.Fatal(err)
		}
	}
	read("one", Fast)
	read("one", Fast)
	if reads != 1 {
		t.Errorf("read %d times, want once", reads)
	}
	read("two", Fast) // another file
	read("two", Deep) // other settings
	read("", Deep)    // unknown
	read("", Deep)
	if reads != 5 {
		t.Errorf("read %d times, want 5", reads)
	}
	if got, err := ReadInput(store); err != nil || !cmp.Equal(got, input) {
		t.Errorf("%+v, %v", got, err)
	}
	if len(records(t, store)) != 2 || !bytes.Equal(records(t, store)[0].Fields, []byte("[]")) {
		t.Errorf("%+v", records(t, store))
	}
}

// A newer program may read a row's model, say, that the one before it did not.
// Nothing is paid for again by that alone.
func TestWhatANewerProgramReadsOtherwiseNeedsAnAgreement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		s := Settings{AskModes: taxModes}.withDefaults()
		older, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		req, _, err := s.Request(Question{Text: "a"})
		if err != nil {
			t.Fatal(err)
		}
		rows := func(yield func(checkpoint.Row, error) bool) {
			yield(checkpoint.Row{ID: "1", Line: 2, Fields: []byte("[]"), Subject: "a", Payload: req.Payload}, nil)
		}
		if _, err := store.Import(rows, checkpoint.ImportOptions{Settings: older}); err != nil {
			t.Fatal(err)
		}
		_, out := run(t, store, newService(answers(time.Second)), Options{})
		want(t, out, outcome{Answered: 1, Sum: 1})

		read := func(model string, agree bool) (Plan, error) {
			return Import(store, func(yield func(Question, error) bool) {
				yield(Question{ID: "1", Line: 2, Fields: []byte("[]"), Text: "a", Subject: "a", Model: model}, nil)
			}, ImportOptions{Settings: Settings{AskModes: taxModes}, AskAgain: agree})
		}
		if plan, err := read("", false); err != nil || plan.ToAsk() != 0 {
			t.Errorf("read as before: %d to ask, %v", plan.ToAsk(), err)
		}
		if _, err := read("gpt-4o", false); !errors.As(err, new(*SettingsError)) {
			t.Errorf("read with its own model: %v, want a *SettingsError", err)
		}
		if plan, err := read("gpt-4o", true); err != nil || plan.ToAsk() != 1 {
			t.Errorf("after an agreement: %d to ask, %v", plan.ToAsk(), err)
		}
	})
}
