package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/checkpoint"
)

// A service is an Asker that answers by a rule, in virtual time, and keeps a
// ledger of its own.
type service struct {
	rule func(n int, question string) (time.Duration, error) // n counts the requests for the question, from 1

	mu             sync.Mutex
	requests       map[string]int
	answered       map[string]int
	inFlight, most int
}

func (s *service) Ask(ctx context.Context, req Request) (Answer, error) {
	var body struct {
		Messages []Message `json:"messages"`
	}
	if err := json.Unmarshal(req.Payload, &body); err != nil {
		return Answer{}, err
	}
	q := body.Messages[0].Content
	s.mu.Lock()
	s.requests[q]++
	n := s.requests[q]
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	took, err := s.rule(n, q)
	select {
	case <-time.After(took):
	case <-ctx.Done():
		err = &Error{Message: context.Cause(ctx).Error(), MaybeCharged: true, Err: context.Cause(ctx)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if err != nil {
		return Answer{}, err
	}
	s.answered[q]++
	return Answer{Text: "answer to " + q, FinishReason: "stop"}, nil
}

func newService(rule func(n int, q string) (time.Duration, error)) *service {
	return &service{rule: rule, requests: map[string]int{}, answered: map[string]int{}}
}

func openStore(t *testing.T) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.Open(filepath.Join(t.TempDir(), "q.bizbatch"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func importN(t *testing.T, s *checkpoint.Store, n int) {
	t.Helper()
	_, err := Import(s, func(yield func(Question, error) bool) {
		for i := range n {
			text := fmt.Sprintf("question %d", i+1)
			if !yield(Question{ID: fmt.Sprint(i + 1), Line: i + 2, Text: text, Subject: text, Fields: []byte("[]")}, nil) {
				return
			}
		}
	}, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunAnswersEverythingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t)
		defer store.Close()
		importN(t, store, 100)
		svc := newService(func(n int, q string) (time.Duration, error) { return 10 * time.Second, nil })
		sum, err := Run(t.Context(), store, svc, Options{})
		if err != nil || sum.Answered != 100 || sum.Left != 0 || sum.Spent != 2400*Cent {
			t.Fatalf("%+v, %v", sum, err)
		}
		if svc.most != 8 {
			t.Errorf("%d in flight, want 8", svc.most)
		}
		for q, n := range svc.requests {
			if n != 1 {
				t.Errorf("%s was asked %d times", q, n)
			}
		}
	})
}

func TestRunStopsAtAnEmptyBalanceAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t)
		defer store.Close()
		importN(t, store, 50)
		balance := 20
		var mu sync.Mutex
		svc := newService(func(n int, q string) (time.Duration, error) {
			mu.Lock()
			defer mu.Unlock()
			if balance == 0 {
				return time.Second, &Error{Status: 402, Type: "insufficient_balance"}
			}
			balance--
			return 10 * time.Second, nil
		})
		sum, err := Run(t.Context(), store, svc, Options{})
		var stop *StopError
		if !errors.As(err, &stop) || stop.Kind != StopBalance || sum.Answered != 20 || sum.Left != 30 || sum.Failed != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		balance = 100
		sum, err = Run(t.Context(), store, svc, Options{})
		if err != nil || sum.Answered != 30 || sum.Left != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
	})
}
