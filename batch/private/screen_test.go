package private_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/private"
	"bizbatch/checkpoint"
)

// An echo answers with the question, and notes what was sent.
type echo struct {
	mu   sync.Mutex
	sent []string
}

func (e *echo) Ask(_ context.Context, req batch.Request) (batch.Answer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent = append(e.sent, string(req.Payload))
	var body struct{ Messages []batch.Message }
	if err := json.Unmarshal(req.Payload, &body); err != nil {
		return batch.Answer{}, err
	}
	return batch.Answer{Text: "You asked: " + body.Messages[len(body.Messages)-1].Content, Summary: body.Messages[0].Content, FinishReason: "stop"}, nil
}

func seq(questions []batch.Question) iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		for _, q := range questions {
			if !yield(q, nil) {
				return
			}
		}
	}
}

// Two clients ask the same with their own numbers, and a third asks with a number
// in every part of the request.
func clients() []batch.Question {
	return []batch.Question{
		{ID: "1", Text: `Is 123-45-6789 a "dependent" of ann@example.com?`, Fields: json.RawMessage(`["1"]`)},
		{ID: "2", Text: `Is 222-33-4444 a "dependent" of bob@example.com?`, Fields: json.RawMessage(`["2"]`)},
		{
			ID: "3", Fields: json.RawMessage(`["3"]`),
			Messages: []batch.Message{{Role: "user", Content: "I am O'Hara \"Sons\", 123-45-6789."}, {Role: "user", Content: "And 123 45 6789?"}},
			Params:   map[string]json.RawMessage{"metadata": json.RawMessage(`{"b":"123-45-6789","a":["222-33-4444",1]}`), "seed": json.RawMessage("4111111111111111")},
		},
		{ID: "4", Text: "Nothing.", Fields: json.RawMessage(`["4"]`)},
		{ID: "5", Skip: "no question", Fields: json.RawMessage(`["5"]`)},
	}
}

func finder() *private.Finder { return private.NewFinder([]string{`O'Hara "Sons"`}) }

// TestMaskedQuestions asks with masks, on a real checkpoint: nothing private is
// sent, and all of it is in the answers.
func TestMaskedQuestions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "q.bizbatch")
	var asker echo
	run := func(questions []batch.Question) (answers []string) {
		store, err := checkpoint.Open(path, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		screen := private.Screen{Finder: finder(), Mask: true}
		if _, err := batch.Import(store, screen.Questions(seq(questions)), batch.ImportOptions{Settings: batch.Settings{Masked: private.Masks(nil)}}); err != nil {
			t.Fatal(err)
		}
		if _, err := batch.Run(t.Context(), store, &asker, batch.Options{}); err != nil {
			t.Fatal(err)
		}
		for rec, err := range batch.Records(store) {
			if err != nil {
				t.Fatal(err)
			}
			if rec.Answer != nil {
				answers = append(answers, rec.Answer.Text+" / "+rec.Answer.Summary)
			}
		}
		return answers
	}
	want := []string{
		`You asked: Is 123-45-6789 a "dependent" of ann@example.com? / Is 123-45-6789 a "dependent" of ann@example.com?`,
		`You asked: Is 222-33-4444 a "dependent" of bob@example.com? / Is 222-33-4444 a "dependent" of bob@example.com?`,
		`You asked: And 123-45-6789? / I am O'Hara "Sons", 123-45-6789.`,
		"You asked: Nothing. / Nothing.",
	}
	if diff := cmp.Diff(want, run(clients())); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if len(asker.sent) != 3 { // the first two are one question
		t.Errorf("%d were asked, want 3", len(asker.sent))
	}
	for _, sent := range asker.sent {
		for _, number := range []string{"123-45-6789", "123 45 6789", "222-33-4444", "example.com", "Hara"} {
			if strings.Contains(sent, number) {
				t.Errorf("%s was sent: %s", number, sent)
			}
		}
	}

	// Another number in a row is the same question, and the answer speaks of it.
	edited := clients()
	edited[0].Text = strings.ReplaceAll(edited[0].Text, "123-45-6789", "321-45-6789")
	want[0] = strings.ReplaceAll(want[0], "123-45-6789", "321-45-6789")
	if diff := cmp.Diff(want, run(edited)); diff != "" || len(asker.sent) != 3 {
		t.Errorf("%d were asked, answers (-want +got):\n%s", len(asker.sent), diff)
	}
}

func TestScreenCounts(t *testing.T) {
	read := func(s *private.Screen, questions []batch.Question) (got []batch.Question, err error) {
		for q, e := range s.Questions(seq(questions)) {
			if err = e; err == nil {
				got = append(got, q)
			}
		}
		return got, err
	}
	screen := private.Screen{Finder: finder()}
	got, err := read(&screen, clients())
	if diff := cmp.Diff(clients(), got); diff != "" || err != nil {
		t.Errorf("a screen that only warns changed the questions, %v:\n%s", err, diff)
	}
	var lines []string
	for _, c := range screen.Found() {
		lines = append(lines, private.Describe(c))
	}
	if diff := cmp.Diff([]string{
		"3 questions hold what looks like a social security number: 1, 2, 3",
		"2 questions hold what looks like an e-mail address: 1, 2",
		"1 question holds a word of --private-words: 3",
	}, lines); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	many := private.Screen{Finder: finder(), Refuse: true}
	_, err = read(&many, append(clients(), clients()...))
	if refused := new(private.RefusedError); !errors.As(err, &refused) || !strings.Contains(err.Error(), "6 questions hold what looks like a social security number: 1, 2, 3, 1, 2, …;") {
		t.Errorf("error %v", err)
	}
	if _, err := read(&private.Screen{Finder: finder(), Refuse: true}, clients()[3:]); err != nil {
		t.Errorf("without findings: %v", err)
	}
}

// What a name tells of its value, and what stands in names, is masked too; a
// placeholder is nothing that another part of the question holds.
func TestMasksInParameters(t *testing.T) {
	q := batch.Question{ID: "1", Text: "Is [SSN-1] the number?", Params: map[string]json.RawMessage{
		"metadata": json.RawMessage(`{"ssn":123456789,"SSN of the spouse":"123456789","year":2025,"222-33-4444":"x","cards":[4111111111111111,12]}`),
		"seed":     json.RawMessage("4111111111111111"),
	}}
	screen := private.Screen{Finder: finder(), Mask: true}
	for masked, err := range screen.Questions(seq([]batch.Question{q})) {
		if err != nil {
			t.Fatal(err)
		}
		want := `{"SSN of the spouse":"[SSN-3]","[SSN-2]":"x","cards":["[CARD-1]",12],"ssn":"[SSN-3]","year":2025}`
		if got := string(masked.Params["metadata"]); got != want || string(masked.Params["seed"]) != "4111111111111111" {
			t.Errorf("sent %s and a seed of %s, want %s", got, masked.Params["seed"], want)
		}
		if diff := cmp.Diff(map[string]string{"[SSN-2]": "222-33-4444", "[SSN-3]": "123456789", "[CARD-1]": "4111111111111111"}, masked.Originals); diff != "" {
			t.Errorf("originals (-want +got):\n%s", diff)
		}
	}
}
