package question

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bizbatch/batch"
)

func TestJSONL(t *testing.T) {
	user := func(s string) batch.Message { return batch.Message{Role: "user", Content: s} }
	for _, tt := range []struct {
		name string
		line string
		opts Options
		want batch.Question // without Line and Fields
	}{
		{"a question goes by its number", `{"question":" Is it\ntaxable? "}`, Options{},
			batch.Question{ID: "1", Text: "Is it\ntaxable?", Subject: "Is it\ntaxable?"}},
		{"member names match in any case", `{"ID":"a","Prompt":"p","Ask_Mode":"WEB"}`, Options{},
			batch.Question{ID: "a", Text: "p", Subject: "p", AskMode: "web"}},
		{"an id can be a number", `{"id":12345678901234567890.10,"question":"q"}`, Options{},
			batch.Question{ID: "12345678901234567890.10", Text: "q", Subject: "q"}},
		{"an empty id is the number", `{"id":null,"question":"q"}`, Options{},
			batch.Question{ID: "1", Text: "q", Subject: "q"}},
		{"members can be named", `{"question":"no","Q":"yes","ref":"r"}`, Options{QuestionColumn: "q", IDColumn: "REF"},
			batch.Question{ID: "r", Text: "yes", Subject: "yes"}},
		{"the only member is no question", `{"client":"Harbor & Pine LLC"}`, Options{},
			batch.Question{ID: "1", Skip: "no question"}},
		{"the only member can be named", `{"q":"yes"}`, Options{QuestionColumn: "q"},
			batch.Question{ID: "1", Text: "yes", Subject: "yes"}},
		{"params are kept as they are written", `{"question":"q","params":{"temperature":0.10,"ZeroDataRetention":false}}`, Options{},
			batch.Question{ID: "1", Text: "q", Subject: "q", Params: map[string]json.RawMessage{
				"temperature": json.RawMessage("0.10"), "ZeroDataRetention": json.RawMessage("false")}}},
		{"escaped characters are read, and a backslash is no escape", `{"question":"\ud83d\ude00 \\ud83d \u00e9\n"}`, Options{},
			batch.Question{ID: "1", Text: "\U0001F600 \\ud83d é", Subject: "\U0001F600 \\ud83d é"}},
		{"a blank question is skipped", `{"id":7,"question":"  "}`, Options{},
			batch.Question{ID: "7", Skip: "no question"}},
		{"a question of which nobody sees anything is skipped", `{"id":7,"messages":[{"role":"user","content":"\u200b\ufeff"}]}`, Options{},
			batch.Question{ID: "7", Skip: "no question"}},
		{"a null question is skipped", `{"id":7,"question":null}`, Options{},
			batch.Question{ID: "7", Skip: "no question"}},
		{"messages keep their roles", `{"messages":[{"role":"system","content":"s"},{"role":"human","content":"h"},{"role":"ai","content":"a"},{"role":"user","content":" u "}]}`, Options{},
			batch.Question{ID: "1",
				Messages: []batch.Message{{Role: "system", Content: "s"}, {Role: "human", Content: "h"}, {Role: "ai", Content: "a"}, user(" u ")},
				Subject:  `[{"role":"system","content":"s"},{"role":"human","content":"h"},{"role":"ai","content":"a"},{"role":"user","content":" u "}]`}},
		{"a developer is a system", `{"messages":[{"role":"developer","content":"d"},{"role":"user","content":"u"}]}`, Options{},
			batch.Question{ID: "1", Messages: []batch.Message{{Role: "system", Content: "d"}, user("u")},
				Subject: `[{"role":"system","content":"d"},{"role":"user","content":"u"}]`}},
		{"text parts are joined", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`, Options{},
			batch.Question{ID: "1", Messages: []batch.Message{user("a\nb")}, Subject: `[{"role":"user","content":"a\nb"}]`}},
		{"messages come before a question", `{"question":"q","messages":[{"role":"user","content":"u"}]}`, Options{},
			batch.Question{ID: "1", Messages: []batch.Message{user("u")}, Subject: `[{"role":"user","content":"u"}]`}},
		{"a named question comes before messages", `{"question":"q","messages":[{"role":"user","content":"u"}]}`, Options{QuestionColumn: "question"},
			batch.Question{ID: "1", Text: "q", Subject: "q"}},
		{"null messages are none", `{"question":"q","messages":null,"params":null}`, Options{},
			batch.Question{ID: "1", Text: "q", Subject: "q"}},
		{"no messages are no question", `{"messages":[]}`, Options{},
			batch.Question{ID: "1", Skip: "no question"}},
		{"messages that say nothing are no question", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":" "}]}`, Options{},
			batch.Question{ID: "1", Skip: "no question"}},
		{"a line of an OpenAI Batch file", `{"custom_id":"c-1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"u"}],"temperature":1.0}}`, Options{},
			batch.Question{ID: "c-1", Model: "gpt-5", Messages: []batch.Message{user("u")}, Subject: `[{"role":"user","content":"u"}]`,
				Params: map[string]json.RawMessage{"temperature": json.RawMessage("1.0")}}},
		{"a line of an OpenAI Batch file for another model than the run's", `{"custom_id":"c-1","body":{"model":"gpt-5","messages":[{"role":"user","content":"u"}]}}`, Options{Model: "bizora-1.0"},
			batch.Question{ID: "c-1", Messages: []batch.Message{user("u")}, Subject: `[{"role":"user","content":"u"}]`}},
		{"a line for the responses endpoint", `{"custom_id":"r-1","method":"POST","url":"/v1/responses","body":{"model":"gpt-5","instructions":"Be brief.","input":"Is it taxable?","top_p":0.5}}`, Options{},
			batch.Question{ID: "r-1", Model: "gpt-5", Messages: []batch.Message{{Role: "system", Content: "Be brief."}, user("Is it taxable?")},
				Subject: `[{"role":"system","content":"Be brief."},{"role":"user","content":"Is it taxable?"}]`,
				Params:  map[string]json.RawMessage{"top_p": json.RawMessage("0.5")}}},
		{"a line for the responses endpoint with messages", `{"custom_id":"r-1","url":"/v1/responses/","body":{"model":"m","instructions":" ","prompt":null,"input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"d"}]},{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"output_text","text":"b"}]},{"role":"user","content":"u"}]}}`, Options{},
			batch.Question{ID: "r-1", Model: "m", Messages: []batch.Message{{Role: "system", Content: "d"}, user("a"), {Role: "assistant", Content: "b"}, user("u")},
				Subject: `[{"role":"system","content":"d"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"u"}]`}},
		{"an input that says nothing is no question", `{"custom_id":"r-1","body":{"input":" "}}`, Options{},
			batch.Question{ID: "r-1", Skip: "no question"}},
		{"params beside an OpenAI Batch line come before its own", `{"custom_id":"c-1","params":{"seed":2},"body":{"messages":[{"role":"user","content":"u"}],"seed":1,"n":1}}`, Options{},
			batch.Question{ID: "c-1", Messages: []batch.Message{user("u")}, Subject: `[{"role":"user","content":"u"}]`,
				Params: map[string]json.RawMessage{"seed": json.RawMessage("2"), "n": json.RawMessage("1")}}},
		{"a body of text is a column", `{"question":"q","body":"see {\"messages\":[]}"}`, Options{},
			batch.Question{ID: "1", Text: "q", Subject: "q"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The second line shows that nothing is left over from the first.
			got, _, err := read(t, "q.jsonl", "\n \r\n  "+tt.line+" \r\n{\"q\":\"last\",\"question\":\"last\",\"ref\":\"2\"}", tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 || got[1].Text != "last" || got[1].Params != nil || got[1].AskMode != "" || got[1].Line != 4 {
				t.Errorf("the next line was read as %+v", got)
			}
			tt.want.Line, tt.want.Fields = 3, json.RawMessage(tt.line)
			if diff := cmp.Diff(tt.want, got[0], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAnObjectWithoutAQuestionIsSkippedIfOthersHaveOne(t *testing.T) {
	named := Options{QuestionColumn: "first"}
	for _, tt := range []struct {
		name  string
		lines string
		opts  Options
		skips string // a letter a line: s for skipped, a for asked
		err   string
		hint  string
	}{
		{name: "the second", lines: `{"question":"q"}` + "\n" + `{"id":2}`, skips: "as"},
		{name: "the first", lines: `{"id":1,"note":"x"}` + "\n" + `{"id":2,"question":"q"}`, skips: "sa"},
		{name: "others have a conversation", lines: `{"id":1,"note":"x"}` + "\n" + `{"messages":[{"role":"user","content":"u"}]}`, skips: "sa"},
		{name: "by a name", lines: `{"question":"q"}` + "\n" + `{"first":"q"}`, opts: named, skips: "sa"},
		{name: "none has one", lines: "\n" + `{"id":1,"frage":"q"}` + "\n" + `{"id":2,"frage":"q"}`, skips: "ss",
			err: "q.jsonl:2: no question column (found: id, frage)", hint: "--question-column"},
		{name: "none has the name", lines: `{"question":"q"}` + "\n" + `{"question":"q"}`, opts: named, skips: "ss",
			err: `q.jsonl:1: no column "first" (found: question)`, hint: "--question-column"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, "q.jsonl", tt.lines, tt.opts)
			if tt.err != "" {
				checkError(t, err, tt.err, tt.hint)
			} else if err != nil {
				t.Fatal(err)
			}
			skips := ""
			for _, q := range got {
				skips += map[bool]string{true: "s", false: "a"}[q.Skip == noQuestion]
			}
			if skips != tt.skips {
				t.Errorf("read %q, want %q", skips, tt.skips)
			}
		})
	}
}

func TestTwoRowsOfAnOpenAIBatchMayNotHaveOneID(t *testing.T) {
	line := `{"custom_id":"r-1","body":{"messages":[{"role":"user","content":"A?"}]}}` + "\n"
	_, _, err := read(t, "q.jsonl", line+"\n"+line, Options{})
	checkError(t, err, `q.jsonl:3: the id "r-1" is that of line 1 too`, "give each its own")
	_, _, err = read(t, "q.jsonl", line+`{"custom_id":"r-1","question":"B?"}`, Options{UniqueIDs: true})
	checkError(t, err, `q.jsonl:2: the id "r-1" is that of line 1 too`, "give each its own")
	_, _, err = read(t, "q.csv", "id,question\n7,a\n7,b\n", Options{UniqueIDs: true})
	checkError(t, err, `q.csv:3: the id "7" is that of line 2 too`, "give each its own")
	if _, _, err = read(t, "q.csv", "id,question\n7,a\n7,b\n", Options{}); err != nil {
		t.Error(err)
	}
	r, err := NewReader(strings.NewReader(`{"custom_id":"a","body":{"model":"gpt-5","input":"q"}}`), "q.jsonl", Options{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	for range r.Questions() {
	}
	if got := r.Understood(); got.Question != "body.input" || len(got.Models) != 1 || got.Models[0] != "gpt-5" {
		t.Errorf("understood %+v", got)
	}
}

func TestCtrlZAfterTheLastLineIsNothing(t *testing.T) {
	for _, end := range []string{"\x1a", "\r\n\x1a", "\n\x1a\x1a"} {
		got, _, err := read(t, "q.jsonl", `{"question":"a"}`+end, Options{})
		if err != nil || len(got) != 1 {
			t.Errorf("%q: %v, %v", end, got, err)
		}
	}
}

func TestJSONLColumnsAreInOrderOfFirstAppearance(t *testing.T) {
	_, in, err := read(t, "q.jsonl", "\uFEFF"+`{"question":"a","Client":"x"}
{"id":1,"question":"b"}
{"client":"y","question":"c","id":2}
`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := batch.Input{Format: batch.JSONL, Columns: []string{"question", "Client", "id", "client"}, Question: "question", BOM: true}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONLErrorsSayWhere(t *testing.T) {
	message := func(m string) string { return `{"messages":[` + m + `]}` }
	for _, tt := range []struct {
		name string
		line string
		opts Options
		err  string
		hint string
	}{
		{name: "broken JSON", line: `{"question":"q`, err: "broken JSON: unexpected end of JSON input", hint: "jq"},
		{name: "an object that is not alone in its line", line: `{"question":"q"},`, err: "broken JSON: ", hint: "jq"},
		{name: "a list", line: `[{"question":"q"}]`, err: "not a JSON object", hint: "jq -c '.[]'"},
		{name: "a word", line: `"question"`, err: "not a JSON object"},
		{name: "JSON nested without end", line: strings.Repeat("[", 100_000), err: "broken JSON: "},
		{name: "bytes that are not UTF-8", line: "{\"question\":\"caf\xE9\"}", err: "not valid UTF-8", hint: "--encoding"},
		{name: "the first half of a character", line: `{"question":"bad \ud83d x"}`, err: `\ud83d is half of a character`, hint: "was cut"},
		{name: "the second half of a character", line: `{"question":"\ud83d\ude00 \uDE00"}`, err: `\uDE00 is half of a character`},
		{name: "half of a character at the end", line: `{"question":"\\\ud83d"}`, err: `\ud83d is half of a character`},
		{name: "a question that is a number", line: `{"question":1040}`, err: `"question" is not a string`},
		{name: "a question that is an error of a spreadsheet", line: `{"question":"#N/A"}`, err: `"question" holds the error #N/A`, hint: "leave the line out"},
		{name: "a question that is an object", line: `{"question":{"text":"q"}}`, err: `"question" is not a string`},
		{name: "two questions", line: `{"question":"a","Question":"b"}`, err: `"question" is there twice`},
		{name: "two lists of messages", line: `{"messages":[],"messages":[]}`, err: `"messages" is there twice`},
		{name: "a message with two contents", line: message(`{"role":"user","content":"a","content":"b"}`), err: `"content" is there twice`, hint: "remove it"},
		{name: "a body with two models", line: `{"body":{"input":"q","model":"a","model":"b"}}`, err: `"model" is there twice`},
		{name: "an id that is a list", line: `{"id":[1],"question":"q"}`, err: `"id" is not a string`},
		{name: "an ask mode that is a number", line: `{"ask_mode":1,"question":"q"}`, err: `"ask_mode" is not a string`},
		{name: "an unknown ask mode", line: `{"ask_mode":"deepest","question":"q"}`, err: `unknown ask mode "deepest"`},
		{name: "params that are a list", line: `{"params":[],"question":"q"}`, err: `"params" is not an object`},
		{name: "params with a model", line: `{"params":{"model":"m"},"question":"q"}`, err: `"model" cannot be set in params`},
		{name: "params with messages", line: `{"params":{"messages":[]},"question":"q"}`, err: `"messages" cannot be set in params`},
		{name: "params with stream", line: `{"params":{"stream":false},"question":"q"}`, err: `"stream" cannot be set in params`},
		{name: "messages that are text", line: `{"messages":"q"}`, err: `"messages" is not a list`},
		{name: "a message that is text", line: message(`"q"`), err: "message 1: not an object"},
		{name: "an unknown role", line: message(`{"role":"user","content":"q"},{"role":"tool","content":"t"}`), err: `message 2: unknown role "tool"`},
		{name: "a message without content", line: message(`{"role":"user"}`), err: "message 1: content is neither a string nor a list of parts"},
		{name: "an image", line: message(`{"role":"user","content":[{"type":"image_url","image_url":{}}]}`), err: `message 1: content part of type "image_url"`},
		{name: "a part without text", line: message(`{"role":"user","content":[{"type":"text"}]}`), err: "message 1: content part without text"},
		{name: "a part that is text itself", line: message(`{"role":"user","content":["{\"type\":\"text\"}"]}`), err: "message 1: content part that is not an object"},
		{name: "an input that is a number", line: `{"body":{"input":1}}`, err: `"body.input" is neither a string nor a list`},
		{name: "instructions that are a list", line: `{"body":{"input":"q","instructions":[]}}`, err: `"body.instructions" is not a string`},
		{name: "a model that is a number", line: `{"body":{"input":"q","model":5}}`, err: `"body.model" is not a string`},
		{name: "an input of another kind", line: `{"body":{"input":[{"type":"function_call_output","output":"x"}]}}`, err: `message 1: is of type "function_call_output": only messages`},
		{name: "a conversation that goes on", line: `{"body":{"input":"q","previous_response_id":"resp_1"}}`, err: `"previous_response_id" stands for messages that are not in the file`, hint: "body.input"},
		{name: "a conversation that is elsewhere", line: `{"body":{"input":"q","conversation":{"id":"conv_1"}}}`, err: `"conversation" stands for messages`, hint: "body.input"},
		{name: "a prompt that is elsewhere", line: `{"body":{"input":"q","prompt":{"id":"pmpt_1"}}}`, err: `"prompt" stands for messages`, hint: "body.input"},
		{name: "a line for embeddings", line: `{"custom_id":"e-1","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"Is it?"}}`, err: `a line for "/v1/embeddings" is no question`, hint: "/v1/responses"},
		{name: "an answer at the end", line: message(`{"role":"user","content":"q"},{"role":"assistant","content":"a"}`), err: "the last message is of the assistant, not of the user"},
		{name: "an empty message at the end", line: message(`{"role":"user","content":"q"},{"role":"user","content":""}`), err: "the last message is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, "q.jsonl", `{"question":"q","first":"q"}`+"\n\n"+tt.line+"\n", tt.opts)
			checkError(t, err, "q.jsonl:3: "+tt.err, tt.hint)
			if len(got) != 1 {
				t.Errorf("read %d questions before the error, want 1", len(got))
			}
		})
	}
}
