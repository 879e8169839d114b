package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"bizbatch/internal/sandbox"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
)

// Each rule is written as in a script's file.
func TestRules(t *testing.T) {
	plain := ask(t, scripted(t), human(question))
	for _, row := range []struct {
		name    string
		rule    string
		status  int    // default 200
		body    string // must be in the body
		header  string // "Name: value" that must be in the header
		broken  bool   // the connection breaks off
		chunks  int    // of the stream; -1 = all
		whole   bool   // it has a finish reason
		done    bool   // it has [DONE]
		charged int
	}{
		{name: "a rule that says nothing lets the question be answered", rule: `{}`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "a rule for other questions lets it be answered", rule: `{"match":"VAT","status":500}`, chunks: -1, whole: true, done: true, charged: 1},

		{name: "a status is an error with its usual words", rule: `{"match":"home","status":503}`, status: 503, body: `{"error":{"type":"server_error","message":"Service Unavailable"}}`},
		{name: "an error in the script's words", rule: `{"status":422,"type":"t","message":"m","details":{"a":[1]}}`, status: 422, body: `{"error":{"type":"t","message":"m","details":{"a":[1]}}}`},
		{name: "an error can be charged", rule: `{"status":500,"charged":true}`, status: 500, charged: 1},
		{name: "a 402 has the balance and the cost", rule: `{"status":402}`, status: 402, body: `"type":"insufficient_balance","message":"Please add credits to your account","details":{"balance_before_cents":0,"cost_cents":24}`},
		{name: "a 429 with seconds", rule: `{"status":429,"retry_after":"3"}`, status: 429, body: "rate_limit_exceeded", header: "Retry-After: 3"},
		{name: "a 429 with a date", rule: `{"status":429,"retry_after":"Wed, 21 Oct 2026 07:28:00 GMT"}`, status: 429, header: "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"},
		{name: "a limit that clears by itself", rule: `{"status":429,"reset_in":"1h","details":{"a":1}}`, status: 429, body: `"details":{"a":1,"reset_at":"2`},
		{name: "an error of a given size", rule: `{"status":400,"body_bytes":5000}`, status: 400, body: strings.Repeat("x", 4000)},
		{name: "a page that is not of the service", rule: `{"status":502,"body":"<html>","content_type":"text/html"}`, status: 502, body: "<html>", header: "Content-Type: text/html"},
		{name: "a page with 200", rule: `{"body":"<html>log in</html>"}`, body: "log in"},
		{name: "headers as they are", rule: `{"status":429,"headers":{"X-Ratelimit-Reset":"9"}}`, status: 429, header: "X-Ratelimit-Reset: 9"},
		{name: "a redirect", rule: `{"redirect":"https://example.com/"}`, status: 307, header: "Location: https://example.com/"},
		{name: "a redirect with a status", rule: `{"redirect":"https://example.com/","status":302}`, status: 302},
		{name: "a connection that is reset", rule: `{"reset":true}`, broken: true},

		{name: "a clean cut before the first chunk", rule: `{"cut_after_chunks":0}`, charged: 1},
		{name: "a clean cut", rule: `{"cut_after_chunks":7}`, chunks: 7, charged: 1},
		{name: "a cut that is followed by [DONE]", rule: `{"cut_after_chunks":7,"done":true}`, chunks: 7, done: true, charged: 1},
		{name: "a connection that breaks off", rule: `{"cut_after_chunks":7,"abort":true}`, chunks: 7, broken: true, charged: 1},
		{name: "a cut that need not be paid", rule: `{"cut_after_chunks":7,"charged":false}`, chunks: 7},
		{name: "a cut behind the finish reason", rule: `{"cut_after_chunks":20}`, chunks: -1, whole: true, charged: 1},
		{name: "a cut behind the end", rule: `{"cut_after_chunks":99}`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "an error in the stream", rule: `{"stream_error":{"after_chunks":2,"type":"t","message":"m","details":{"a":1}}}`, chunks: 3, body: "\n" + `data: {"error":{"type":"t","message":"m","details":{"a":1}}}` + "\n"},
		{name: "an error in the stream at once", rule: `{"stream_error":{"status":429},"done":true}`, chunks: 1, done: true, body: `data: {"error":{"type":"rate_limit_exceeded","message":"Too many requests, please slow down","status":429}}`},
		{name: "an error behind the envelope", rule: `{"stream_error":{"member_first":false},"charged":true}`, chunks: 1, body: `"choices":[],"error":{"type":"server_error"`, charged: 1},
		{name: "a silence that ends", rule: `{"silence_after_chunks":3,"hold":"1ms"}`, chunks: -1, whole: true, done: true, charged: 1},

		{name: "comments before the first chunk", rule: `{"keep_alive":400}`, body: strings.Repeat(": keep-alive\n\n", 400) + "data: {", chunks: -1, whole: true, done: true, charged: 1},
		{name: "comments every now and then", rule: `{"keep_alive":2,"keep_alive_after_chunks":5,"keep_alive_every":"1ms"}`, body: "}\n\n: keep-alive\n\n: keep-alive\n\ndata: {", chunks: -1, whole: true, done: true, charged: 1},
		{name: "byte by byte", rule: `{"chunk_bytes":1}`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "a long line", rule: `{"pad_line":100000}`, body: strings.Repeat("x", 90_000), chunks: -1, whole: true, done: true, charged: 1},
		{name: "an answer at its length limit", rule: `{"finish_reason":"length"}`, body: `"finish_reason":"length"`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "token counts", rule: `{"usage":true}`, body: `"finish_reason":"stop"}],"usage":{"prompt_tokens":13,`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "a given text", rule: `{"text":"42"}`, body: `{"content":"4"}`, chunks: 14, whole: true, done: true, charged: 1},
		{name: "custom data inside delta", rule: `{"custom_data_form":"delta"}`, body: `"delta":{"content":"","custom_data":{"request_id"`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "custom data as a list", rule: `{"custom_data_form":"list"}`, body: `"custom_data":[{"request_id"`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "custom data as a string", rule: `{"custom_data_form":"string"}`, body: `"custom_data":"{\"request_id\"`, chunks: -1, whole: true, done: true, charged: 1},
		{name: "raw chunks", rule: `{"raw_chunks":["event: x","data: {\"a\":1}"]}`, body: "event: x\n\ndata: {\"a\":1}\n\n", chunks: 1, charged: 1},
		{name: "raw chunks that are done", rule: `{"raw_chunks":["data: {}"],"done":true}`, chunks: 1, done: true, charged: 1},
		{name: "a stream of another content type", rule: `{"content_type":"application/json"}`, header: "Content-Type: application/json", chunks: -1, whole: true, done: true, charged: 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			script, err := sandbox.ParseScript([]byte(`{"rules":[` + row.rule + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			s := scripted(t, script.Rules...)
			got := ask(t, s, human(question))
			if row.status == 0 && !(row.broken && row.chunks == 0) {
				row.status = 200
			}
			if row.chunks == -1 {
				row.chunks = len(plain.chunks())
			}
			if got.status != row.status {
				t.Errorf("status %d, want %d", got.status, row.status)
			}
			if (got.err != nil) != row.broken {
				t.Errorf("it ends with %v, want it broken: %v", got.err, row.broken)
			}
			if !strings.Contains(got.body, row.body) {
				t.Errorf("%.300q does not have %.300q", got.body, row.body)
			}
			if name, value, _ := strings.Cut(row.header, ": "); got.header.Get(name) != value {
				t.Errorf("header %s is %q, want %q", name, got.header.Get(name), value)
			}
			if n := len(got.chunks()); n != row.chunks {
				t.Errorf("%d chunks, want %d", n, row.chunks)
			}
			if got.whole() != row.whole {
				t.Errorf("whole %v, want %v", got.whole(), row.whole)
			}
			if done := strings.HasSuffix(got.body, "data: [DONE]\n\n"); done != row.done {
				t.Errorf("done %v, want %v", done, row.done)
			}
			if l := s.Ledger(); l.Charged != row.charged || l.InFlight != 0 {
				t.Errorf("charged %d, in flight %d; want %d, 0", l.Charged, l.InFlight, row.charged)
			}
			if l := s.Ledger(); row.whole && l.Answered != 1 {
				t.Errorf("answered %d, want 1", l.Answered)
			}
		})
	}
}

func TestSizesThatARuleSets(t *testing.T) {
	got := ask(t, scripted(t, sandbox.Rule{Status: 400, BodyBytes: 70_000}), human(question))
	if len(got.body) != 70_000 || !gjson.Valid(got.body) {
		t.Errorf("the error has %d bytes, want 70000 of JSON", len(got.body))
	}
	got = ask(t, scripted(t, sandbox.Rule{PadLine: 70_000}), human(question))
	longest := 0
	for line := range strings.Lines(got.body) {
		longest = max(longest, len(line))
	}
	if longest < 70_000 || longest > 70_100 || len(got.custom("ai_metadata")) != 1 {
		t.Errorf("the longest line has %d bytes, want about 70000", longest)
	}
}

func TestResetIsNoEnd(t *testing.T) {
	got := ask(t, scripted(t, sandbox.Rule{Reset: true}), human(question))
	if got.err == nil || errors.Is(got.err, io.EOF) {
		t.Errorf("a reset instead of a response is %v", got.err)
	}
	got = ask(t, scripted(t, sandbox.Rule{CutAfterChunks: new(3), Abort: true}), human(question))
	if got.err == nil || errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("a reset in the stream is %v", got.err)
	}
}

func TestAnswerIsWholeOnlyWithItsLastChunk(t *testing.T) {
	n := scripted(t).Chunks(question)
	for k := range n + 1 {
		s := scripted(t, sandbox.Rule{CutAfterChunks: &k})
		got := ask(t, s, human(question))
		if len(got.chunks()) != k || got.whole() != (k == n) {
			t.Errorf("cut after %d of %d: %d chunks, whole %v", k, n, len(got.chunks()), got.whole())
		}
		if l := s.Ledger(); l.Charged != 1 || (l.Answered == 1) != (k == n) {
			t.Errorf("cut after %d of %d: charged %d, answered %d", k, n, l.Charged, l.Answered)
		}
	}
}

func TestRulesTakeTurns(t *testing.T) {
	a, b := "first question", "second question"
	for _, row := range []struct {
		name  string
		rules []sandbox.Rule
		asked []string
		want  []int
	}{
		{"one request", []sandbox.Rule{{Status: 500, Times: 1}}, []string{a, b, a}, []int{500, 200, 200}},
		{"after two requests", []sandbox.Rule{{Status: 402, After: 2}}, []string{a, b, a, b}, []int{200, 200, 402, 402}},
		{"the third request", []sandbox.Rule{{Status: 429, After: 2, Times: 1}}, []string{a, a, a, a}, []int{200, 200, 429, 200}},
		{"every question once", []sandbox.Rule{{Status: 500, Times: 1, PerQuestion: true}}, []string{a, b, a, b}, []int{500, 500, 200, 200}},
		{"one question", []sandbox.Rule{{Match: "^sec", Status: 500}}, []string{a, b, b}, []int{200, 500, 500}},
		{"one after the other", []sandbox.Rule{{Status: 500, Times: 1}, {Status: 503, Times: 1}}, []string{a, a, a}, []int{500, 503, 200}},
		{"what another rule took counts", []sandbox.Rule{{Status: 500, Times: 1}, {Status: 503, After: 2}}, []string{a, a, a}, []int{500, 200, 503}},
		{"a rule that protects", []sandbox.Rule{{Match: "first"}, {Status: 500}}, []string{a, b}, []int{200, 500}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := scripted(t, row.rules...)
			var got []int
			for _, text := range row.asked {
				got = append(got, ask(t, s, human(text)).status)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseScriptRefuses(t *testing.T) {
	for _, row := range []struct{ name, script, want string }{
		{"nothing", ``, "line 1, column 1"},
		{"a comma too many, with its place", "{\"rules\": [\n  {\"status\": 500,}\n]}", "line 2, column 18"},
		{"something after the end", "{}\n{}", "line 2, column 1"},
		{"an unknown member", `{"rule":[]}`, `unknown field "rule"`},
		{"an unknown member of a rule, with its number", `{"rules":[{},{"stauts":500}]}`, `rule 2: unknown field "stauts"`},
		{"an unknown member of an error", `{"rules":[{"stream_error":{"after":1}}]}`, `rule 1: unknown field "after"`},
		{"a number in quotes", `{"rules":[{"status":"500"}]}`, "rule 1: cannot unmarshal string into Go struct field Rule.status"},
		{"a wrong expression", `{"rules":[{"match":"("}]}`, "rule 1: match: error parsing regexp"},
		{"a duration without a unit", `{"rules":[{"latency":"5"}]}`, "rule 1: time: missing unit"},
		{"a negative count", `{"rules":[{"times":-1}]}`, "rule 1: times is negative"},
		{"a negative place", `{"rules":[{"cut_after_chunks":-1}]}`, "cut_after_chunks is negative"},
		{"a negative duration", `{"rules":[{"latency":"-1s"}]}`, "a duration is negative"},
		{"a status that is none", `{"rules":[{"status":99}]}`, "status 99"},
		{"an error that is cut", `{"rules":[{"status":500,"cut_after_chunks":1}]}`, "has no stream"},
		{"details without an error", `{"rules":[{"retry_after":"3"}]}`, "needs a status"},
		{"an unknown form", `{"rules":[{"custom_data_form":"xml"}]}`, `custom_data_form "xml"`},
		{"an abort of nothing", `{"rules":[{"abort":true}]}`, "abort needs"},
		{"a hold of nothing", `{"rules":[{"hold":"1s"}]}`, "hold needs"},
		{"an end of nothing", `{"rules":[{"done":true}]}`, "done needs"},
		{"comments that are none", `{"rules":[{"keep_alive_every":"1s"}]}`, "need keep_alive"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := sandbox.ParseScript([]byte(row.script))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestScriptIsWrittenAsItIsRead(t *testing.T) {
	want := sandbox.Script{Rules: []sandbox.Rule{
		{Match: "x", After: 1, Times: 2, PerQuestion: true, Status: 429, ResetIn: sandbox.Duration(time.Minute), Charged: new(true)},
		{CutAfterChunks: new(0), Abort: true, Latency: sandbox.Duration(1500 * time.Millisecond)},
	}}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sandbox.ParseScript(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add([]byte(`{"rules":[{"match":"VAT","status":429,"retry_after":"3","details":{"a":1}}]}`))
	f.Add([]byte(`{"rules":[{"cut_after_chunks":3,"abort":true},{"stream_error":{"after_chunks":1,"member_first":false}}]}`))
	f.Add([]byte(`{"rules":[{"latency":"5s","headers":{"A":"b"},"raw_chunks":["data: x"]}]}`))
	f.Add([]byte("{\n}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		script, err := sandbox.ParseScript(data)
		if err != nil {
			return
		}
		if _, err := sandbox.New(sandbox.Options{Script: script}); err != nil {
			t.Fatalf("a script that was read is refused: %v", err)
		}
		written, err := json.Marshal(script)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sandbox.ParseScript(written); err != nil {
			t.Fatalf("%s was read and written as %s: %v", data, written, err)
		}
	})
}
