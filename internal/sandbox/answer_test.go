package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/internal/sandbox"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"
	"github.com/tidwall/gjson"
)

func TestStreamIsAsBizoraSendsIt(t *testing.T) {
	s := start(t, sandbox.Options{})
	got := ask(t, s, human(question, object{"askMode": "auto"}))
	if kind := got.header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %q", kind)
	}
	var order []string // of the chunks' kinds, each once where it repeats
	for _, c := range got.chunks() {
		kind := c.Get("custom_data.type").String()
		switch {
		case c.Get("choices.0.finish_reason").String() != "":
			kind = "finish " + c.Get("choices.0.finish_reason").String()
		case kind == "":
			kind = "text"
		}
		if len(order) == 0 || order[len(order)-1] != kind {
			order = append(order, kind)
		}
		if c.Get("object").String() != "chat.completion.chunk" || c.Get("model").String() != "bizora-1.0" ||
			c.Get("id").String() == "" || c.Get("created").Int() == 0 || c.Get("usage").Raw != "null" {
			t.Errorf("the envelope is %.200s", c.Raw)
		}
	}
	want := []string{"start", "human_message", "step_message", "source_message", "text", "enrichment_started",
		"suggestions", "enrichAnswerSources", "source_titles", "ai_metadata", "finish stop"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	for path, want := range map[string]string{
		"human_message/content":            question,
		"human_message/role":               "human",
		"human_message/request_id":         got.custom("start")[0].Get("request_id").String(),
		"step_message/status":              "in_progress",
		"enrichment_started/askMode":       "auto",
		"suggestions/suggestions.#":        "3",
		"source_titles/source_titles.#":    "4",
		"ai_metadata/sources.#":            "4",
		"ai_metadata/sources.0.page_label": got.custom("source_message")[0].Get("content.0.page_label").String(),
	} {
		kind, member, _ := strings.Cut(path, "/")
		if value := got.custom(kind)[0].Get(member).String(); value != want {
			t.Errorf("%s of %s is %q, want %q", member, kind, value, want)
		}
	}
}

func TestTextCitesItsSources(t *testing.T) {
	citation := regexp.MustCompile(`\[([0-9a-f-]{36})\]`)
	s := start(t, sandbox.Options{})
	for _, text := range []string{question, "Is a meal with a client deductible?", "§ 179 — „Pickup“?\nüber 6,000 lb", strings.Repeat("long ", 500)} {
		got := ask(t, s, human(text))
		known := map[string]int{} // how often each source arrives
		for _, message := range append(got.custom("source_message"), got.custom("ai_metadata")...) {
			for _, source := range append(message.Get("content").Array(), message.Get("sources").Array()...) {
				known[source.Get("node_id").String()]++
			}
		}
		cited := map[string]bool{}
		for _, match := range citation.FindAllStringSubmatch(got.text(), -1) {
			cited[match[1]] = true
			if known[match[1]] < 2 {
				t.Errorf("%q: source %s is cited and arrives %d times", text, match[1], known[match[1]])
			}
		}
		if len(cited) < 2 || len(cited) > 5 {
			t.Errorf("%q: %d sources are cited", text, len(cited))
		}
		if !strings.Contains(got.text(), "sandbox answer") || !strings.Contains(got.text(), "no tax advice") {
			t.Errorf("%q: nothing says that this is a sandbox: %s", text, got.text())
		}
		if paragraphs := strings.Count(got.text(), "\n\n") + 1; paragraphs < 2 {
			t.Errorf("%q: %d paragraphs", text, paragraphs)
		}
		if again := ask(t, s, human(text)); again.text() != got.text() {
			t.Errorf("%q: asked again, the answer is another", text)
		}
	}
	if a, b := ask(t, s, human("one")), ask(t, s, human("two")); a.text() == b.text() {
		t.Error("two questions have the same answer")
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	want := strings.Repeat("é", 101) // in 8 chunks, of which some would begin inside a character
	if got := ask(t, scripted(t, sandbox.Rule{Text: want}), human(question)).text(); got != want {
		t.Errorf("the text is %q", got)
	}
}

func TestSourcesComeInBothForms(t *testing.T) {
	s := start(t, sandbox.Options{Shape: sandbox.Recorded})
	forms := map[string]bool{}
	for _, source := range ask(t, s, human(question)).custom("ai_metadata")[0].Get("sources").Array() {
		forms[source.Get("page_label").Type.String()+" "+source.Get("metadata.page_label").Type.String()] = true
	}
	if diff := cmp.Diff(map[string]bool{"String Null": true, "Number Null": true, "Null String": true}, forms); diff != "" {
		t.Error(diff)
	}
}

func TestShapesHaveTheirSizes(t *testing.T) {
	for _, row := range []struct {
		shape               sandbox.Shape
		chunks, bytes, line int // the latter two within 5 %
	}{
		{sandbox.Short, 20, 7_600, 1_000},
		{sandbox.Normal, 64, 28_300, 4_100},
		{sandbox.Recorded, 873, 408_000, 42_200},
	} {
		s := start(t, sandbox.Options{Shape: row.shape})
		got := ask(t, s, human(question))
		line := 0
		for l := range strings.Lines(got.body) {
			line = max(line, len(l))
		}
		if n := len(got.chunks()); n != row.chunks || s.Chunks(question) != n {
			t.Errorf("%q: %d chunks, Chunks says %d, want %d", row.shape, n, s.Chunks(question), row.chunks)
		}
		if !near(len(got.body), row.bytes) || !near(line, row.line) {
			t.Errorf("%q: %d bytes, longest line %d, want %d, %d", row.shape, len(got.body), line, row.bytes, row.line)
		}
	}
}

func near(got, want int) bool { return 20*max(got-want, want-got) < want }

// clocked notes when the text begins.
type clocked struct {
	*httptest.ResponseRecorder
	start time.Time
	text  time.Duration
}

func (c *clocked) Write(b []byte) (int, error) {
	if c.text == 0 && strings.Contains(string(b), "This is a") {
		c.text = time.Since(c.start)
	}
	return c.ResponseRecorder.Write(b)
}

func TestLatency(t *testing.T) {
	for _, row := range []struct {
		name     string
		rule     sandbox.Rule
		from, to time.Duration // of the whole answer
		late     bool          // the text begins late in it
	}{
		{"an answer takes the latency give or take half", sandbox.Rule{}, 30 * time.Second, 90 * time.Second, true},
		{"a rule's latency is exact", sandbox.Rule{Latency: sandbox.Duration(20 * time.Second)}, 20 * time.Second, 20 * time.Second, true},
		{"a short one is exact, too", sandbox.Rule{Latency: sandbox.Duration(5 * time.Millisecond)}, 5 * time.Millisecond, 5 * time.Millisecond, false},
		{"what is late after a silence is caught up", sandbox.Rule{SilenceAfterChunks: new(3), Hold: sandbox.Duration(5 * time.Minute)}, 5 * time.Minute, 6 * time.Minute, false},
		{"an error comes at once", sandbox.Rule{Status: 500}, 0, 0, false},
		{"a slow error", sandbox.Rule{Status: 504, Latency: sandbox.Duration(time.Minute)}, time.Minute, time.Minute, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := sandbox.New(sandbox.Options{Latency: time.Minute, Script: sandbox.Script{Rules: []sandbox.Rule{row.rule}}})
				if err != nil {
					t.Fatal(err)
				}
				req := httptest.NewRequest("POST", "/chat/completions", strings.NewReader(
					`{"model":"bizora-1.0","stream":true,"messages":[{"role":"human","content":"How long?"}]}`))
				req.Header.Set("X-Api-Key", "key")
				w := &clocked{ResponseRecorder: httptest.NewRecorder(), start: time.Now()}
				s.ServeHTTP(w, req)
				took := time.Since(w.start)
				if took < row.from || took > row.to {
					t.Errorf("it took %v, want %v to %v", took, row.from, row.to)
				}
				if share := float64(w.text) / float64(took); row.late && (share < 0.7 || share > 0.9) {
					t.Errorf("the text begins after %.0f %% of the time", 100*share)
				}
			})
		})
	}
}

// chatRequest is a request that no server has received.
func chatRequest(ctx context.Context) *http.Request {
	req := httptest.NewRequestWithContext(ctx, "POST", "/chat/completions", strings.NewReader(
		`{"model":"bizora-1.0","stream":true,"messages":[{"role":"human","content":"How long?"}]}`))
	req.Header.Set("X-Api-Key", "key")
	return req
}

func TestAnswersAndErrorsWaitForAPermit(t *testing.T) {
	for name, rule := range map[string]sandbox.Rule{"an answer": {}, "an error": {Status: 422}} {
		synctest.Test(t, func(t *testing.T) {
			permits := make(chan struct{})
			s, err := sandbox.New(sandbox.Options{Permits: permits, Script: sandbox.Script{Rules: []sandbox.Rule{rule}}})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			go s.ServeHTTP(w, chatRequest(t.Context()))
			synctest.Wait()
			if l := s.Ledger(); l.InFlight != 1 || w.Flushed != (rule.Status == 0) || w.Body.Len() > 0 {
				t.Errorf("%s: %d in flight, header sent: %v, body %q", name, l.InFlight, w.Flushed, w.Body)
			}
			permits <- struct{}{}
			synctest.Wait()
			if l := s.Ledger(); l.InFlight != 0 || w.Body.Len() == 0 {
				t.Errorf("%s: %d in flight after its permit, body %q", name, l.InFlight, w.Body)
			}
		})
	}
}

func TestWaitingEndsWithTheClient(t *testing.T) {
	const noPermit = "no permit"
	synctest.Test(t, func(t *testing.T) {
		for name, rule := range map[string]sandbox.Rule{
			"an answer":  {Latency: sandbox.Duration(time.Hour)},
			"a silence":  {SilenceAfterChunks: new(1)},
			"an error":   {Status: 500, Latency: sandbox.Duration(time.Hour)},
			"a comment":  {KeepAlive: 2, KeepAliveEvery: sandbox.Duration(time.Hour)},
			"raw chunks": {RawChunks: []string{"a", "b"}, Latency: sandbox.Duration(time.Hour)},
			noPermit:     {},
		} {
			o := sandbox.Options{Script: sandbox.Script{Rules: []sandbox.Rule{rule}}}
			if name == noPermit {
				o.Permits = make(chan struct{})
			}
			s, err := sandbox.New(o)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			req := chatRequest(ctx)
			begun := time.Now()
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s ends cleanly", name)
					}
				}()
				s.ServeHTTP(httptest.NewRecorder(), req)
			}()
			cancel()
			if took := time.Since(begun); took != time.Second {
				t.Errorf("%s ended after %v, want 1s", name, took)
			}
			if l := s.Ledger(); l.InFlight != 0 || l.Answered != 0 {
				t.Errorf("%s: %d in flight, %d answered", name, l.InFlight, l.Answered)
			}
		}
	})
}

func TestAnswerWithoutStream(t *testing.T) {
	s := start(t, sandbox.Options{})
	got := ask(t, s, human(question, object{"stream": false}))
	body := gjson.Parse(got.body)
	if want := ask(t, s, human(question)).text(); body.Get("choices.0.message.content").String() != want {
		t.Errorf("it says %s, want %q", got.body, want)
	}
	if body.Get("choices.0.finish_reason").String() != "stop" || body.Get("usage.total_tokens").Int() == 0 {
		t.Errorf("it says %s", got.body)
	}
	if l := s.Ledger(); l.Charged != 2 || l.Answered != 2 {
		t.Errorf("charged %d, answered %d; want 2, 2", l.Charged, l.Answered)
	}
}

// The reference is another project's client.
func TestPlainOpenAIServer(t *testing.T) {
	s := start(t, sandbox.Options{OpenAI: true})
	config := openai.DefaultConfig("sk-test")
	config.BaseURL = s.URL + "/v1"
	config.HTTPClient = client
	stream, err := openai.NewClientWithConfig(config).CreateChatCompletionStream(t.Context(), openai.ChatCompletionRequest{
		Model: "gpt-4o",
		Messages: []openai.ChatCompletionMessage{
			{Role: "system", Content: "Be brief."},
			{Role: "user", Content: question},
		},
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var text strings.Builder
	var reason openai.FinishReason
	var usage *openai.Usage
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Usage != nil {
			usage = chunk.Usage
		}
		for _, choice := range chunk.Choices {
			text.WriteString(choice.Delta.Content)
			if choice.FinishReason != "" {
				reason = choice.FinishReason
			}
		}
	}
	if !strings.Contains(text.String(), question) || strings.Contains(text.String(), "[") {
		t.Errorf("the text is %s", text.String())
	}
	if reason != openai.FinishReasonStop || usage == nil || usage.TotalTokens == 0 {
		t.Errorf("finish reason %q, usage %v", reason, usage)
	}
	if l := s.Ledger(); l.Answered != 1 || len(l.Questions) != 1 || l.Questions[0].Question != question {
		t.Errorf("the ledger says %+v", l)
	}
}
