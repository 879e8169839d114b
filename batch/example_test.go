package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/checkpoint"
)

// An echo is an Asker that answers every question with itself, as long as the
// balance lasts. Package chat has one that asks a service.
type echo struct{ balance atomic.Int64 }

func newEcho(balance int64) *echo {
	e := new(echo)
	e.balance.Store(balance)
	return e
}

func (e *echo) Ask(_ context.Context, req batch.Request) (batch.Answer, error) {
	if e.balance.Add(-1) < 0 {
		return batch.Answer{}, &batch.Error{Status: 402, Type: "insufficient_balance", Message: "Please add credits to your account"}
	}
	var body struct{ Messages []batch.Message }
	if err := json.Unmarshal(req.Payload, &body); err != nil {
		return batch.Answer{}, err
	}
	return batch.Answer{Text: "You ask: " + body.Messages[0].Content, FinishReason: "stop"}, nil
}

// questions yields one question for each text. Package question reads them
// from files.
func questions(texts ...string) func(func(batch.Question, error) bool) {
	return func(yield func(batch.Question, error) bool) {
		for i, text := range texts {
			q := batch.Question{ID: fmt.Sprint(i + 1), Text: text}
			if !yield(q, nil) {
				return
			}
		}
	}
}

// open makes a checkpoint in a new folder.
func open() (store *checkpoint.Store, done func()) {
	dir, err := os.MkdirTemp("", "bizbatch-example-")
	if err != nil {
		log.Fatal(err)
	}
	store, err = checkpoint.Open(filepath.Join(dir, "questions.csv.bizbatch"), checkpoint.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return store, func() {
		if err := errors.Join(store.Close(), os.RemoveAll(dir)); err != nil {
			log.Fatal(err)
		}
	}
}

// The normal case: read the questions, ask them, give every row back.
func Example() {
	store, done := open()
	defer done()

	_, err := batch.Import(store, questions("Is rent deductible?", "Who files Form 1120?"), batch.ImportOptions{Settings: batch.Settings{AskModes: bizora.AskModes}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := batch.Run(context.Background(), store, newEcho(10), batch.Options{}); err != nil {
		log.Fatal(err)
	}
	for r, err := range batch.Records(store) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s: %s\n", r.ID, r.Status, r.Answer.Text)
	}
	// Output:
	// 1 answered: You ask: Is rent deductible?
	// 2 answered: You ask: Who files Form 1120?
}

// The plan tells what a run will ask and about how much it will cost.
func ExampleImport() {
	store, done := open()
	defer done()

	plan, err := batch.Import(store, questions("a", "b", "a"), batch.ImportOptions{Settings: batch.Settings{AskModes: bizora.AskModes, AskMode: "deep"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d rows, %d duplicates, %d to ask for about %s\n", plan.Rows, plan.Duplicates, plan.ToAsk(), plan.Estimate)
	// Output: 3 rows, 1 duplicates, 2 to ask for about $3.00
}

// A run that stops leaves the rest for the next one.
func ExampleRun() {
	store, done := open()
	defer done()
	if _, err := batch.Import(store, questions("a", "b", "c", "d", "e"), batch.ImportOptions{Settings: batch.Settings{AskModes: bizora.AskModes}}); err != nil {
		log.Fatal(err)
	}
	service := newEcho(2)

	sum, err := batch.Run(context.Background(), store, service, batch.Options{Workers: 1})
	var stop *batch.StopError
	if errors.As(err, &stop) && stop.Kind == batch.StopBalance {
		fmt.Printf("%d answered, %d left, add %s\n", sum.Answered, sum.Left, sum.LeftCost)
	}

	service.balance.Store(10) // credits were added
	sum, err = batch.Run(context.Background(), store, service, batch.Options{Workers: 1})
	fmt.Printf("%d answered, %d left, error: %v\n", sum.Answered, sum.Left, err)
	// Output:
	// 2 answered, 3 left, add $0.72
	// 3 answered, 0 left, error: <nil>
}

// Rows that ask the same share one answer, and an answer's citations are
// numbered for readers.
func ExampleRecords() {
	store, done := open()
	defer done()
	const source = "[0b3c8f1e-5a3d-4c59-9d7e-2f6a1b7c8d90]"
	if _, err := batch.Import(store, questions("See "+source, "See "+source, "No source"), batch.ImportOptions{Settings: batch.Settings{AskModes: bizora.AskModes}}); err != nil {
		log.Fatal(err)
	}
	if _, err := batch.Run(context.Background(), store, newEcho(2), batch.Options{Workers: 1}); err != nil {
		log.Fatal(err)
	}
	for r, err := range batch.Records(store) {
		if err != nil {
			log.Fatal(err)
		}
		text, cited, _ := r.Answer.Numbered()
		fmt.Println(r.ID, strings.TrimPrefix(text, "You ask: "), len(cited))
	}
	// Output:
	// 1 See [1] 1
	// 2 See [1] 1
	// 3 No source 0
}
