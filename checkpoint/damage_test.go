package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"bizbatch/checkpoint/internal/keys"
)

// flip changes a byte of the checkpoint's file, wherever text begins.
func flip(t *testing.T, path, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(text)) {
		t.Fatalf("%q is not in the file", text)
	}
	flipped := append([]byte{text[0] ^ 1}, text[1:]...)
	b = bytes.ReplaceAll(b, []byte(text), flipped)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFlippedByteIsNoAnswerAndNoQuestion(t *testing.T) {
	path := temp(t)
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	doImport(t, s, ImportOptions{}, ask("1", "what is the rate?"), ask("2", "what is the limit?"))
	answer(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, path, "answer to what is the rate?")
	flip(t, path, "what is the limit?")
	v, err := View(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var got []string
	for r, err := range v.Results() {
		got = append(got, fmt.Sprintf("%s %s %q %s %v", r.ID, r.State, r.Answer, r.Error, err))
	}
	diff(t, "results", []string{`1 failed "" its answer is damaged in the checkpoint <nil>`, `2 pending ""  <nil>`}, got)
	problems, err := v.Check()
	diff(t, "error", nil, err)
	diff(t, "problems", []string{"payloads that do not match their key: 1", "damaged answers: 1"}, problems)
	// Without the input the question is not sent.
	s = open(t, path, Options{})
	run, _, err := s.Begin(noon)
	diff(t, "error", nil, err)
	if page, err := run.Claim(2); !errors.Is(err, ErrNotCheckpoint) {
		t.Errorf("given out: %v, %v", page, err)
	}
	end(t, run)
	closed := s.Close()
	s.lock = nil
	diff(t, "error", nil, closed)

	// The input mends it, and the answer is a failure until it is asked again.
	s = open(t, path, Options{})
	rows := []Row{ask("1", "what is the rate?"), ask("2", "what is the limit?")}
	diff(t, "plan", Plan{Rows: 2, Failed: 1, Pending: map[string]int{"fast": 1}}, doImport(t, s, ImportOptions{Digest: "x"}, rows...))
	flights, err := s.Flights()
	diff(t, "error", nil, err)
	if len(flights.Uncertain) != 1 || flights.Uncertain[0].Cost != 24 || flights.Uncertain[0].Reason != "damaged answer" || !strings.Contains(flights.Uncertain[0].Partial, "what is the rate?") {
		t.Errorf("what was paid for: %+v", flights.Uncertain)
	}
	answer(t, s, 2)
	diff(t, "results", []string{"1 failed", "2 answered: answer to what is the limit?"}, results(t, s))
	doImport(t, s, ImportOptions{Digest: "x", RetryFailed: true}, rows...)
	answer(t, s, 2)
	diff(t, "results", []string{"1 answered: answer to what is the rate?", "2 answered: answer to what is the limit?"}, results(t, s))
}

// An answered question whose key or text is damaged is not paid for again: the
// input tells which of them it was, and mends it.
func TestAnAnswerWithADamagedKeyIsNotAskedAgain(t *testing.T) {
	const text = "what is the rate?"
	key := keys.Of([]byte(text))
	for name, part := range map[string]string{"the key": string(key[:]), "its end": string(key[20:]), "the text": text} {
		t.Run(name, func(t *testing.T) {
			path := temp(t)
			s, err := Open(path, Options{})
			diff(t, "error", nil, err)
			doImport(t, s, ImportOptions{}, ask("1", text))
			run, page := begin(t, s, 1)
			diff(t, "errors", []error{nil, nil}, []error{run.Start(page[0].ID, noon, 24), run.Complete(page[0].ID, unsaved("it"))})
			end(t, run)
			diff(t, "error", nil, s.Close())
			flip(t, path, part)

			rows := []Row{ask("1", text), ask("again", text), ask("2", "new")}
			want := Plan{Rows: 3, Duplicates: 1, Answered: 1, Pending: map[string]int{"fast": 1}}
			dry, err := OpenCopy(path, Options{})
			diff(t, "error", nil, err)
			diff(t, "plan of a copy", want, doImport(t, dry, ImportOptions{}, rows...))
			diff(t, "error", nil, dry.Close())
			diff(t, "plan", want, doImport(t, open(t, path, Options{}), ImportOptions{}, rows...)) // which it checks in the end
		})
	}
}
