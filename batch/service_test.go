package batch

import (
	stdcmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
)

// The ask modes of the service.
const (
	Fast AskMode = "fast"
	Web  AskMode = "web"
	Deep AskMode = "deep"
	Auto AskMode = "auto"
)

var taxModes = AskModes{Member: "askMode", Modes: []Mode{
	{Name: Fast, Wire: "tax_research_fast_research", Price: 24 * Cent},
	{Name: Web, Wire: "tax_research_web_search", Price: 30 * Cent, Switch: "webSearch"},
	{Name: Deep, Wire: "tax_research_deep_research", Price: 150 * Cent, Switch: "deepResearch"},
	{Name: Auto, Wire: "auto", Price: 150 * Cent, Varies: true},
}}

// A request is one that the service was sent.
type request struct {
	question string
	at       time.Time
	n        int // of the requests for this question, from 1
	total    int // of all requests, from 1
	others   int // in flight beside it
}

// A reply is what the service makes of it: an answer, unless err is set.
type reply struct {
	takes  time.Duration
	err    error
	begins bool   // the answer, before err
	finish string // default "stop"
}

// A service is an Asker that replies by a rule, in virtual time, and keeps a
// ledger of its own. The rule is never called twice at once.
type service struct {
	rule func(request) reply

	mu       sync.Mutex
	sent     []request
	requests map[string]int
	answered map[string]int
	asking   map[string]bool
	flying   int
	most     int // in flight at once
	twice    []string
}

func newService(rule func(request) reply) *service {
	return &service{rule: rule, requests: map[string]int{}, answered: map[string]int{}, asking: map[string]bool{}}
}

// answers replies to everything with an answer after a time.
func answers(takes time.Duration) func(request) reply {
	return func(request) reply { return reply{takes: takes} }
}

func (s *service) Ask(ctx context.Context, req Request) (Answer, error) {
	question, rep := s.begin(req)
	err := rep.err
	if err == nil || rep.begins {
		req.Accepted(pace.Limits{})
	}
	if rep.takes > 0 {
		select {
		case <-time.After(rep.takes):
		case <-ctx.Done():
			err = &Error{Message: context.Cause(ctx).Error(), MaybeCharged: true, Err: context.Cause(ctx)}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
	s.asking[question] = false
	if err != nil {
		return Answer{}, err
	}
	s.answered[question]++
	return Answer{Text: "answer to " + question, FinishReason: stdcmp.Or(rep.finish, "stop")}, nil
}

func (s *service) begin(req Request) (question string, rep reply) {
	var body struct{ Messages []Message }
	if err := json.Unmarshal(req.Payload, &body); err != nil {
		panic(err)
	}
	question = body.Messages[0].Content
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking[question] || s.answered[question] > 0 {
		s.twice = append(s.twice, question)
	}
	s.asking[question] = true
	s.requests[question]++
	s.flying++
	s.most = max(s.most, s.flying)
	r := request{question, time.Now(), s.requests[question], len(s.sent) + 1, s.flying - 1}
	s.sent = append(s.sent, r)
	return question, s.rule(r)
}

// number is the number of a question that importN made.
func (r request) number() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(r.question, "question "))
	return n
}

// newStore opens a store whose invariants are checked at the end of the test.
func newStore(t *testing.T) *checkpoint.Store {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "q.bizbatch"))
}

func openStore(t *testing.T, path string) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.Open(path, checkpoint.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		v, err := checkpoint.View(path)
		if errors.Is(err, fs.ErrNotExist) {
			return // nothing was imported
		}
		if err != nil {
			t.Error(err)
			return
		}
		defer v.Close()
		problems, err := v.Check()
		if len(problems) > 0 || err != nil {
			t.Errorf("the checkpoint is unsound: %v %v", problems, err)
		}
	})
	return s
}

func texts(all ...string) func(func(Question, error) bool) {
	return func(yield func(Question, error) bool) {
		for i, text := range all {
			q := Question{ID: fmt.Sprint(i + 1), Line: i + 2, Text: text, Subject: text, Fields: []byte("[]")}
			if text == "" {
				q.Skip = "no question"
			}
			if !yield(q, nil) {
				return
			}
		}
	}
}

func numbered(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("question %d", i+1))
	}
	return all
}

func importN(t *testing.T, s *checkpoint.Store, n int) Plan {
	t.Helper()
	plan, err := Import(s, texts(numbered(n)...), ImportOptions{Settings: Settings{AskModes: taxModes}})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// outcome is what a run came to, in the numbers that most tests are about.
type outcome struct {
	Stop                                   StopKind
	Answered, Failed, Left, Uncertain, Sum int
}

// run runs, and checks what must be true of every run against the service's
// own ledger.
func run(t *testing.T, s *checkpoint.Store, svc *service, o Options) (Summary, outcome) {
	t.Helper()
	sent, answered := len(svc.sent), svc.total()
	sum, err := Run(t.Context(), s, svc, o)
	return sum, verify(t, svc, sum, err, sent, answered)
}

func verify(t *testing.T, svc *service, sum Summary, err error, sent, answered int) outcome {
	t.Helper()
	out := outcome{Answered: sum.Answered, Failed: sum.Failed, Left: sum.Left, Uncertain: sum.Uncertain, Sum: len(svc.sent) - sent}
	var stop *StopError
	switch {
	case errors.As(err, &stop):
		out.Stop = stop.Kind
	case err != nil:
		t.Errorf("run: %v", err)
	}
	if len(svc.twice) > 0 {
		t.Errorf("asked twice at once, or after an answer: %q", svc.twice)
	}
	if got := svc.total() - answered; got != sum.Answered {
		t.Errorf("%d answered, but the service answered %d", sum.Answered, got)
	}
	if got := len(svc.sent) - sent; got != sum.Attempts {
		t.Errorf("%d attempts, but the service was sent %d", sum.Attempts, got)
	}
	if sum.InFlight != 0 {
		t.Errorf("%d in flight after the run", sum.InFlight)
	}
	return out
}

func (s *service) total() (n int) {
	for _, a := range s.answered {
		n += a
	}
	return n
}

func want(t *testing.T, got, want outcome) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the run (-want +got):\n%s", diff)
	}
}

// records returns the store's rows.
func records(t *testing.T, s *checkpoint.Store) (all []Record) {
	t.Helper()
	for r, err := range Records(s) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func httpError(status int) *Error { return &Error{Status: status, Message: "the service says so"} }
