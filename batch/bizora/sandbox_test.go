package bizora

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/batch/check"
	"bizbatch/checkpoint"
	"bizbatch/internal/sandbox"
)

func sandboxClient(t *testing.T, options sandbox.Options) *chat.Client {
	t.Helper()
	server, err := sandbox.Start("", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return newClient(t, chat.Config{BaseURL: server.URL, Key: testKey})
}

// However the sandbox sends an answer, it is the same answer.
func TestSandboxAnswers(t *testing.T) {
	plain, err := sandboxClient(t, sandbox.Options{}).Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Text == "" || len(plain.Sources) == 0 || len(plain.Steps) == 0 || len(plain.Suggestions) == 0 ||
		plain.Summary == "" || plain.Metadata == nil || plain.ThreadID == "" || plain.Sources[0].Title() == "" {
		t.Errorf("something is missing in the answer: %+v", plain)
	}
	tests := []struct {
		name string
		rule sandbox.Rule
	}{
		{"with custom_data in the delta", sandbox.Rule{CustomDataForm: "delta"}},
		{"with custom_data as a list", sandbox.Rule{CustomDataForm: "list"}},
		{"with custom_data as a string", sandbox.Rule{CustomDataForm: "string"}},
		{"a few bytes at a time", sandbox.Rule{ChunkBytes: 97}},
		{"with a thousand comments in the middle", sandbox.Rule{KeepAlive: 1000, KeepAliveAfterChunks: 10}},
	}
	varies := cmp.FilterPath(func(p cmp.Path) bool {
		switch p.Last().String() {
		case ".RequestID", ".ThreadID":
			return true
		}
		return false
	}, cmp.Ignore())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := sandboxClient(t, sandbox.Options{Script: sandbox.Script{Rules: []sandbox.Rule{test.rule}}})
			got, err := client.Ask(t.Context(), question)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain, got, varies); diff != "" {
				t.Errorf("not the same answer (-plain +got):\n%s", diff)
			}
		})
	}
}

// There is nothing to look at in what the sandbox makes up, whatever is asked.
func TestSandboxAnswersAreOK(t *testing.T) {
	for _, shape := range []sandbox.Shape{sandbox.Normal, sandbox.Short, sandbox.Recorded} {
		client := sandboxClient(t, sandbox.Options{Shape: shape})
		for _, text := range []string{
			"What is the § 179 limit?", `Is "a used corporate jet" for $4,800,000, at 80% business use, listed under § 280F?`,
			"- Form 4562?\n\n```\n“Which”?\n```\n| a | b |", strings.Repeat("How much of $1.5 million? ", 20),
		} {
			req, _, err := batch.Settings{}.Request(batch.Question{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Ask(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if verdict := check.Of(&answer, batch.Asked(req.Payload)); verdict.String() != "ok" {
				t.Errorf("shape %q, %q: %s", shape, text, verdict)
			}
		}
	}
}

func TestSandboxErrors(t *testing.T) {
	rule := func(r sandbox.Rule) sandbox.Options {
		return sandbox.Options{Script: sandbox.Script{Rules: []sandbox.Rule{r}}}
	}
	reset := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		options sandbox.Options
		want    batch.Error
	}{
		{"an empty balance", sandbox.Options{Balance: new(0.10)},
			batch.Error{Status: 402, Type: "insufficient_balance", Balance: 10 * batch.Cent, HasBalance: true, Cost: 24 * batch.Cent}},
		{"another key", sandbox.Options{Key: "another"}, batch.Error{Status: 401, Type: "authentication_error"}},
		{"a throttled account", rule(sandbox.Rule{Status: 429, RetryAfter: "3"}), batch.Error{Status: 429, Type: "rate_limit_exceeded", RetryAfter: 3 * time.Second}},
		{"a used-up month", rule(sandbox.Rule{Status: 429, Details: []byte(`{"reset_at":"2026-12-01T00:00:00Z"}`)}),
			batch.Error{Status: 429, Type: "rate_limit_exceeded", ResetAt: reset}},
		{"an error in the stream", rule(sandbox.Rule{StreamError: &sandbox.StreamError{AfterChunks: 8, Type: "server_error"}}), batch.Error{Type: "server_error", MaybeCharged: true}},
		{"an error in the stream, behind other members",
			rule(sandbox.Rule{StreamError: &sandbox.StreamError{AfterChunks: 8, Status: 503, MemberFirst: new(false)}}), batch.Error{Status: 503, Type: "server_error", MaybeCharged: true}},
		{"a cut", rule(sandbox.Rule{CutAfterChunks: new(20)}), batch.Error{MaybeCharged: true, Unfinished: true}},
		{"a cut that the end mark hides", rule(sandbox.Rule{CutAfterChunks: new(20), Done: true}), batch.Error{MaybeCharged: true, Unfinished: true}},
		{"a connection that breaks", rule(sandbox.Rule{CutAfterChunks: new(20), Abort: true}), batch.Error{MaybeCharged: true, Broken: true}},
		{"a connection that breaks before the response", rule(sandbox.Rule{Reset: true}), batch.Error{MaybeCharged: true}},
		{"a redirect", rule(sandbox.Rule{Redirect: "https://other.example/"}), batch.Error{Status: 307, Fatal: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := sandboxClient(t, test.options).Ask(t.Context(), question)
			texts := cmpopts.IgnoreFields(batch.Error{}, "Message", "Hint", "Partial", "RequestID", "Err", "echo")
			if diff := cmp.Diff(test.want, *failure(t, err), texts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSandboxAsPlainOpenAI(t *testing.T) {
	client := sandboxClient(t, sandbox.Options{OpenAI: true})
	answer, err := client.Ask(t.Context(), batch.Request{Payload: []byte(`{"messages":[{"content":"hello","role":"user"}],"model":"gpt-5"}`)})
	if err != nil || answer.Text == "" || answer.FinishReason != "stop" || answer.Other != nil {
		t.Errorf("got %+v, %v", answer, err)
	}
}

// A run hears what the service is doing for each question.
func TestARunHearsOfTheSteps(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "q.bizbatch"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	questions := func(yield func(batch.Question, error) bool) { yield(batch.Question{ID: "TQ-1", Text: "Is it?"}, nil) }
	if _, err := batch.Import(store, questions, batch.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	var steps []string // of one question: by one goroutine
	_, err = batch.Run(t.Context(), store, sandboxClient(t, sandbox.Options{}), batch.Options{OnStep: func(question, step string) {
		steps = append(steps, question+": "+step)
	}})
	if err != nil || len(steps) == 0 || !strings.HasPrefix(steps[0], "TQ-1: ") || steps[0] == "TQ-1: " {
		t.Errorf("steps %q, %v", steps, err)
	}
}
