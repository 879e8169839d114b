package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/checkpoint"
)

// A service answers each question with one JSON object.
type service struct{ url, key string }

func (s service) Ask(ctx context.Context, req batch.Request) (answer batch.Answer, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(req.Payload))
	if err != nil {
		return answer, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer, err // asked again, and counted as one that may have been charged
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = chat.ErrorFrom(resp.StatusCode, resp.Header, body) // its status and text say what follows
	}
	if err == nil {
		err = json.Unmarshal(body, &answer) // {"text": "…", "finish_reason": "stop"}
	}
	return answer, err
}

// This Asker asks a service over HTTP that has a format of its own. The service
// refuses the second question, which fails; the others are answered.
func ExampleAsker() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("weather")) {
			http.Error(w, `{"error": {"message": "not about taxes"}}`, http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprint(w, `{"text": "Yes, in general.", "finish_reason": "stop"}`)
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "bizbatch-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := checkpoint.Open(filepath.Join(dir, "questions.bizbatch"), checkpoint.Options{Endpoint: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	_, err = batch.Import(store, func(yield func(batch.Question, error) bool) {
		_ = yield(batch.Question{ID: "1", Text: "Is rent deductible?"}, nil) &&
			yield(batch.Question{ID: "2", Text: "How is the weather?"}, nil) &&
			yield(batch.Question{ID: "3", Text: "Is a gift taxed?"}, nil)
	}, batch.ImportOptions{Settings: batch.Settings{Model: "tax-1", Role: "user"}})
	if err != nil {
		log.Fatal(err)
	}
	sum, err := batch.Run(context.Background(), store, service{server.URL, "sk-example"}, batch.Options{})
	if stop := new(batch.StopError); errors.As(err, &stop) {
		log.Fatal("stopped: ", stop)
	}
	fmt.Println(sum.Answered, "answered,", sum.Failed, "failed")
	for r, err := range batch.Records(store) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s %q\n", r.ID, r.Status, r.Error)
	}
	// Output:
	// 2 answered, 1 failed
	// 1 answered ""
	// 2 failed "422 not about taxes"
	// 3 answered ""
}
