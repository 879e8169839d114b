package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

func TestAnswerHolds(t *testing.T) {
	type answer = batch.Answer
	raws := func(s ...string) (raws []json.RawMessage) {
		for _, s := range s {
			raws = append(raws, json.RawMessage(s))
		}
		return raws
	}
	tests := []struct {
		name, stream string
		want         answer
	}{
		{"the deltas joined", text("one ") + text("two"), answer{Text: "one two"}},
		{"nothing, if there was no text: it was paid", "", answer{}},
		{"a character whose bytes came in two chunks", text("x") +
			"data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82\"}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"content\":\"\xac\"}}]}\n\n", answer{Text: "x€"}},
		{"a sign in place of what is not UTF-8", "data: {\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}\n\n", answer{Text: "a\uFFFDb"}},
		{"a text that came in parts", `data: {"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}` + "\n\n", answer{Text: "ab"}},
		{"the first choice as its text, and the others beside it", `data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}` + "\n\n",
			answer{Text: "a", Extra: map[string][]json.RawMessage{"chunk.choices": raws(`{"index":1,"delta":{"content":"b"}}`)}}},
		{"a refusal as its text", `data: {"choices":[{"delta":{"refusal":"I cannot"}}]}` + "\n\n", answer{Text: "I cannot", FinishReason: "refusal"}},
		{"what the model thought, apart", `data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]}]}}]}` + "\n\n",
			answer{Text: "a", Reasoning: "hm", Extra: map[string][]json.RawMessage{"part.reference_ids": raws("[1]")}}},
		{"a thought once that is said under two names", `data: {"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}` + "\n\n", answer{Reasoning: "hm"}},
		{"a thought with a character in two halves", `data: {"choices":[{"delta":{"reasoning":"a\ud83d"}}]}` + "\n\n" + `data: {"choices":[{"delta":{"reasoning":"\ude00"}}]}` + "\n\n", answer{Reasoning: "a😀"}},
		{"Groq's usage", `data: {"x_groq":{"id":"r","usage":{"total_tokens":3}}}` + "\n\n",
			answer{Usage: json.RawMessage(`{"total_tokens":3}`), Extra: map[string][]json.RawMessage{"chunk.x_groq": raws(`{"id":"r","usage":{"total_tokens":3}}`)}}},
		{"usage in a choice", `data: {"choices":[{"delta":{},"usage":{"total_tokens":3}}]}` + "\n\n", answer{Usage: json.RawMessage(`{"total_tokens":3}`)}},
		{"usage, unless it says nothing", `data: {"choices":[],"usage":{"total_tokens":3}}` + "\n\n" + `data: {"choices":[],"usage":{}}` + "\n\n", answer{Usage: json.RawMessage(`{"total_tokens":3}`)}},
		{"usage, unless it is null", `data: {"choices":[],"usage":{"total_tokens":3}}` + "\n\n" + `data: {"choices":[],"usage":null}` + "\n\n",
			answer{Usage: json.RawMessage(`{"total_tokens":3}`)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := askStream(t, test.stream+stop+done)
			if err != nil {
				t.Fatal(err)
			}
			if test.want.FinishReason == "" {
				test.want.FinishReason = "stop"
			}
			if strings.Contains(test.stream, `"id":"c1"`) { // see text
				test.want.Model, test.want.RequestID = "m", "c1"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What follows the finish reason belongs to the answer too, and what goes
// wrong there takes nothing away from it.
func TestAfterTheFinishReason(t *testing.T) {
	tests := []struct {
		name, after string
		want        func(*batch.Answer)
	}{
		{"nothing, not even the end mark", "", nil},
		{"usage in a chunk without choices", `data: {"choices":[],"usage":{"total_tokens":3}}` + "\n\n" + done,
			func(a *batch.Answer) { a.Usage = json.RawMessage(`{"total_tokens":3}`) }},
		{"what only this service sends", custom(`{"type":"chart"}`) + done,
			func(a *batch.Answer) { a.Other = []json.RawMessage{[]byte(`{"type":"chart"}`)} }},
		{"a line that is torn", `data: {"choi`, nil},
		{"a line that is not a chunk", "data: oops\n\n" + done, nil},
		{"an event called error", "event: error\ndata: too late\n\n" + done, func(a *batch.Answer) { a.Other = []json.RawMessage{[]byte(`"too late"`)} }},
		{"an error", `data: {"error":{"message":"too late"}}` + "\n\n" + done,
			func(a *batch.Answer) { a.Other = []json.RawMessage{[]byte(`{"error":{"message":"too late"}}`)} }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := batch.Answer{Text: "whole", FinishReason: "stop", Model: "m", RequestID: "c1"}
			if test.want != nil {
				test.want(&want)
			}
			got, err := askStream(t, text("whole")+stop+test.after)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An answer that is paid is kept, whatever was chosen as the key.
func TestKeyThatIsAnOrdinaryText(t *testing.T) {
	for key, want := range map[string]string{
		"EMPTY":       "EMPTY 1767225600", // too short for a key
		"1767225600":  "EMPTY (the key)",  // part of a number too
		"\"created\"": "EMPTY 1767225600", // a member's name, with its quotation marks
	} {
		stream := `data: {"created":1767225600,"choices":[{"delta":{"content":"EMPTY 1767225600"}}]}` + "\n\n" + stop + done
		client := serve(t, sending(stream), func(cfg *Config) { cfg.Key = key })
		if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != want {
			t.Errorf("with the key %s: got %q, %v", key, answer.Text, err)
		}
	}
}
