package chat

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bizbatch/batch"
)

// Streams that are whole, though much in them is not data.
func TestStreamIsRead(t *testing.T) {
	pretty := "{\n  \"choices\": [{\"index\": 0,\n    \"message\": {\"content\": \"yes\"}, \"finish_reason\": \"stop\"}]\n}\n"
	tests := []struct{ name, contentType, stream string }{
		{"with its end mark", "", text("yes") + stop + done},
		{"that just ends after the finish reason", "", text("yes") + stop},
		{"whose last line has no end", "", text("yes") + strings.TrimSpace(stop)},
		{"with thousands of comments in a silence", "", text("yes") + strings.Repeat(": keep-alive\n\n", 5000) + stop + done},
		{"with event names, ids and empty data", "", "retry: 3000\n\nevent: message\nid: 7\n" + text("yes") + "data:\n\n" + stop + done},
		{"with carriage returns", "", strings.ReplaceAll(text("yes")+stop+done, "\n", "\r\n")},
		{"with no space after data", "", strings.ReplaceAll(text("yes")+stop+done, "data: ", "data:")},
		{"that begins with a byte order mark", "", "\ufeff" + text("yes") + stop + done},
		{"with a line of a megabyte", "", custom(`{"title":"`+strings.Repeat("x", 1<<20)+`"}`) + text("yes") + stop + done},
		{"of one JSON object, from a server that does not stream", "application/json; charset=utf-8", pretty},
		{"with the label of JSON", "application/json", text("yes") + stop + done},
		{"with no label", "none", text("yes") + stop + done},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch test.contentType {
				case "":
					w.Header().Set("Content-Type", "text/event-stream")
				case "none":
					w.Header()["Content-Type"] = nil
				default:
					w.Header().Set("Content-Type", test.contentType)
				}
				io.WriteString(w, test.stream)
			})
			answer, err := client.Ask(t.Context(), question)
			if err != nil || answer.Text != "yes" {
				t.Errorf("got the text %q and the error %v", answer.Text, err)
			}
		})
	}
}

// An answer in one JSON object, from a server that does not stream, is not whole without
// a finish reason either.
func TestAnObjectWithoutAFinishReason(t *testing.T) {
	_, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"choices":[{"message":{"content":"half"}}]}`)
	}).Ask(t.Context(), question)
	if e := failure(t, err); !e.Unfinished || !e.MaybeCharged {
		t.Errorf("got %+v", e)
	}
}

// Streams that are half of an answer. It may have been charged, also where the
// service reports an error after it.
func TestStreamFails(t *testing.T) {
	inStream := func(members string) string { return "data: {" + members + "}\n\n" }
	const balance = `"error":{"type":"insufficient_balance","message":"Please add credits","details":{"balance_before_cents":12,"cost_cents":24}}`
	noMoney := batch.Error{Type: "insufficient_balance", Message: "Please add credits", Partial: "half",
		Balance: 12 * batch.Cent, HasBalance: true, Cost: 24 * batch.Cent}
	cut := batch.Error{Message: "the stream ended before its finish_reason", Partial: "half", Unfinished: true,
		Hint: "this service may never say a finish_reason, and without it half an answer would pass for a whole one: its maker can help"}
	garbage := func(line string) batch.Error {
		return batch.Error{Message: fmt.Sprintf("the stream holds a line that is not a chunk of an answer: %q", line), Partial: "half"}
	}

	tests := []struct {
		name, rest string // rest comes after the text
		want       batch.Error
	}{
		{"an end without a finish reason", "", cut},
		{"an end mark without a finish reason", done, cut},
		{"an end within a line", `data: {"choices":[{"delta":{"content":" an`, cut},
		{"an empty finish reason", `data: {"choices":[{"delta":{},"finish_reason":""}]}` + "\n\n" + done, cut},
		{"a line that is torn in the middle", `data: {"choices":[{"del` + "\n\n" + stop + done, garbage(`{"choices":[{"del`)},
		{"a line without its beginning", `ices":[]}` + "\n\n" + stop + done, garbage(`ices":[]}`)},
		{"data that is not an object", "data: <twelve>\n\n" + stop + done, garbage("<twelve>")},
		{"an error at the beginning of a chunk", inStream(balance), noMoney},
		{"an error and an end mark", inStream(balance) + done, noMoney},
		{"an error after an event name", "event: error\n" + inStream(balance), noMoney},
		{"an error after a comment", ": oops\n\n" + inStream(balance) + stop, noMoney},
		{"an error behind other members", inStream(`"id":"c1","choices":[],` + balance), noMoney},
		{"an error beside a finish reason", inStream(balance + `,"choices":[{"delta":{},"finish_reason":"error"}]`), noMoney},
		{"an error in a choice", inStream(`"choices":[{"index":0,"finish_reason":"error","error":{"message":"no","code":502}}]`),
			batch.Error{Status: 502, Message: "no", Partial: "half"}},
		{"an error that is only a text", inStream(`"error":"it broke"`), batch.Error{Message: "it broke", Partial: "half"}},
		{"an error that is the whole chunk", inStream(`"object":"error","message":"it broke","type":"server_error","code":500`),
			batch.Error{Status: 500, Type: "server_error", Message: "it broke", Partial: "half"}},
		{"an error as the finish reason", `data: {"choices":[{"delta":{},"finish_reason":"error"}]}` + "\n\n" + done,
			batch.Error{Message: `the service ended the answer with finish_reason "error"`, Partial: "half"}},
		{"an error that is not an event", `{"error":{"type":"server_error","message":"it broke"}}` + "\n", batch.Error{Type: "server_error", Message: "it broke", Partial: "half"}},
		{"nesting without end", "data: " + strings.Repeat("[", 16<<20) + "\n\n" + stop + done,
			garbage(strings.Repeat("[", 80))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := askStream(t, text("half")+test.rest)
			test.want.RequestID, test.want.MaybeCharged = "c1", true
			if diff := cmp.Diff(test.want, *failure(t, err), cmpopts.IgnoreFields(batch.Error{}, "Err", "echo")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An error in the answer's place is not charged.
func TestAnErrorThatIsTheFirstChunkIsFree(t *testing.T) {
	const refused = `{"error":{"type":"server_error","message":"no"}}`
	for name, test := range map[string]struct {
		stream string
		want   bool
	}{
		"the first chunk":                 {"data: " + refused + "\n\n" + done, false},
		"the first chunk after a comment": {": keep-alive\n\nevent: error\ndata: " + refused + "\n\n", false},
		"after a chunk without text":      {`data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant"}}]}` + "\n\ndata: " + refused + "\n\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := askStream(t, test.stream)
			if e := failure(t, err); e.Type != "server_error" || e.MaybeCharged != test.want {
				t.Errorf("got %+v, want MaybeCharged %v", e, test.want)
			}
		})
	}
}

// A connection that breaks is told from a stream that ends, and neither is an
// answer.
func TestConnectionBreaks(t *testing.T) {
	for _, whole := range []bool{false, true} {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			sending(text("some"))(w, r)
			if whole {
				io.WriteString(w, stop)
			}
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		answer, err := client.Ask(t.Context(), question)
		if whole {
			if err != nil || answer.Text != "some" {
				t.Errorf("after the finish reason: got %q, %v", answer.Text, err)
			}
			continue
		}
		e := failure(t, err)
		if e.Partial != "some" || !e.MaybeCharged || !e.Broken || e.Unfinished || e.Hint == "" || !strings.HasPrefix(e.Message, "the stream ended before its finish_reason: ") {
			t.Errorf("before the finish reason: got %+v", e)
		}
	}
}

// A connection that breaks after the response's header, before any part of the answer, may
// be a service that goes down.
func TestConnectionBreaksBeforeTheAnswer(t *testing.T) {
	_, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sending(": wait\n\n")(w, r)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}).Ask(t.Context(), question)
	if e := failure(t, err); e.Broken || !e.MaybeCharged {
		t.Errorf("got %+v", e)
	}
}

func TestAnswerHasALimit(t *testing.T) {
	stream := text("start") + strings.Repeat(text("x"), 1000) + stop + done
	client := serve(t, sending(stream), func(cfg *Config) { cfg.MaxAnswer = 4000 })
	_, err := client.Ask(t.Context(), question)
	e := failure(t, err)
	if e.Type != "answer_too_large" || e.Message != "the answer's stream is longer than 4000 bytes" || !e.MaybeCharged || !strings.HasPrefix(e.Partial, "start") {
		t.Errorf("got %+v", e)
	}
}

// What is read costs a few times its length in memory, whatever it holds.
func TestAnswerCostsFewTimesItsLength(t *testing.T) {
	const length = 4 << 20
	fill := func(item string) string { return strings.TrimSuffix(strings.Repeat(item, length/len(item)), ",") }
	inJSON := func(members string) string {
		return `{"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}],` + members + `}`
	}
	tests := []struct {
		name, contentType, response string
		most                        uint64 // times the length, of everything that is allocated
	}{
		{"a long text in one JSON object", "application/json", `{"choices":[{"message":{"content":"` + fill("word ") + `"},"finish_reason":"stop"}]}`, 10},
		{"steps in one JSON object", "application/json", inJSON(`"custom_data":[` + fill(`{"type":"step_message"},`) + `]`), 10},
		{"tiny objects in one JSON object", "application/json", inJSON(`"custom_data":[` + fill(`{},`) + `]`), 10},
		{"members of metadata", "application/json", inJSON(`"custom_data":{"type":"ai_metadata",` + fill(`"a":1,`) + `}`), 16},
		{"an error of many messages", "application/json", `{"error":{"message":[` + fill(`1,`) + `]}}`, 10},
		{"tiny objects in a stream", "text/event-stream", custom(`[`+fill(`{},`)+`]`) + stop, 12},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", test.contentType)
				io.WriteString(w, test.response)
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = client.Ask(t.Context(), question)
			runtime.ReadMemStats(&after)
			cost := (after.TotalAlloc - before.TotalAlloc) / uint64(len(test.response))
			if cost > test.most {
				t.Errorf("%d bytes cost %d times as many, want at most %d", len(test.response), cost, test.most)
			}
		})
	}
}

// The text of half an answer is kept with the error, but not a text without end.
func TestPartialTextHasALimit(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"as long as is allowed", strings.Repeat("x", maxPartial), strings.Repeat("x", maxPartial)},
		{"longer by a character", strings.Repeat("x", maxPartial) + "y", strings.Repeat("x", maxPartial)},
		{"longer, with a character on the border", "x" + strings.Repeat("ü", maxPartial), "x" + strings.Repeat("ü", maxPartial/2-1)},
		{"longer, of what is not UTF-8", strings.Repeat("\xff", maxPartial), "\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stream := `data: {"choices":[{"delta":{"content":"` + test.text + `"}}]}` + "\n\n"
			_, err := askStream(t, stream)
			if got := failure(t, err).Partial; got != test.want {
				t.Errorf("the partial text has %d bytes, want %d", len(got), len(test.want))
			}
		})
	}
}
