package bizora

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

func TestCustomDataIsKept(t *testing.T) {
	type answer = batch.Answer
	raws := func(s ...string) (raws []json.RawMessage) {
		for _, s := range s {
			raws = append(raws, json.RawMessage(s))
		}
		return raws
	}
	a := func(fields ...string) batch.Source {
		s := batch.Source{"node_id": json.RawMessage(`"a"`)}
		for i := 0; i < len(fields); i += 2 {
			s[fields[i]] = json.RawMessage(fields[i+1])
		}
		return s
	}
	sources := func(list string) string { return custom(`{"type":"source_message","content":` + list + `}`) }

	tests := []struct {
		name, stream string
		want         answer
	}{
		{"citations beside sources of its own", sources(`[{"node_id":"a"}]`) + `data: {"citations":["https://a.example"]}` + "\n\n",
			answer{Sources: []batch.Source{a()}, Extra: map[string][]json.RawMessage{"citations": raws(`"https://a.example"`)}}},
		{"a request id from the stream", custom(`{"type":"start","request_id":"r1"}`), answer{RequestID: "r1"}},
		{"the thread", custom(`{"type":"human_message","role":"human","content":"q","thread_id":"t1","request_id":"r2"}`), answer{RequestID: "r2", ThreadID: "t1"}},
		{"members of a known kind that are not known", custom(`{"type":"start","request_id":"r1","region":"eu"}`),
			answer{RequestID: "r1", Other: raws(`{"type":"start","request_id":"r1","region":"eu"}`)}},
		{"kinds that are not known", custom(`{"type":"chart","rows":[1,2]}`) + custom(`"a note"`), answer{Other: raws(`{"type":"chart","rows":[1,2]}`, `"a note"`)}},
		{"steps as they were sent", custom(`{"type":"step_message","title":"T","status":"failed","x":1}`),
			answer{Steps: raws(`{"type":"step_message","title":"T","status":"failed","x":1}`)}},
		{"custom_data in the delta", `data: {"choices":[{"delta":{"custom_data":{"type":"start","request_id":"r1"}}}]}` + "\n\n", answer{RequestID: "r1"}},
		{"custom_data as a list", custom(`[{"type":"start","request_id":"r1"},{"type":"x"}]`), answer{RequestID: "r1", Other: raws(`{"type":"x"}`)}},
		{"custom_data as JSON in a string", custom(`"{\"type\":\"start\",\"request_id\":\"r1\"}"`), answer{RequestID: "r1"}},
		{"a source once, with what came later",
			sources(`[{"node_id":"a","text":"t","page_label":3}]`) + sources(`[{"node_id":"a","text":"","page_label":null,"title":"T"},{"node_id":"a","text":"longer"}]`),
			answer{Sources: []batch.Source{a("text", `"longer"`, "page_label", "3", "title", `"T"`)}}},
		{"a source that is not in a list", sources(`[{"text":"t"},{"text":"u"},{"text":"t"}]`),
			answer{Sources: []batch.Source{{"text": json.RawMessage(`"t"`)}, {"text": json.RawMessage(`"u"`)}}}},
		{"a title that came before its source",
			custom(`{"type":"source_titles","source_titles":[{"node_id":"a","title":"T"}]}`) + sources(`[{"node_id":"a","text":"t"}]`),
			answer{Sources: []batch.Source{a("text", `"t"`, "title", `"T"`)}}},
		{"a title that came after its source",
			sources(`[{"node_id":"a","text":"t"}]`) + custom(`{"type":"source_titles","source_titles":[{"node_id":"a","title":"T"}]}`),
			answer{Sources: []batch.Source{a("text", `"t"`, "title", `"T"`)}}},
		{"sources of a form that is not known", sources(`["https://x.example"]`) + sources(`"s"`),
			answer{Other: raws(`{"type":"source_message","content":["https://x.example"]}`, `{"type":"source_message","content":"s"}`)}},
		{"metadata without its sources", custom(`{"type":"ai_metadata","metadata":{"tokens_used":5},"sources":[{"node_id":"a","text":"t"}]}`),
			answer{Metadata: json.RawMessage(`{"type":"ai_metadata","metadata":{"tokens_used":5}}`), Sources: []batch.Source{a("text", `"t"`)}}},
		{"suggestions", custom(`{"type":"suggestions","suggestions":["one","two"]}`), answer{Suggestions: []string{"one", "two"}}},
		{"suggestions that are not texts", custom(`{"type":"suggestions","suggestions":["one",{"q":"two"}]}`),
			answer{Suggestions: []string{"one"}, Other: raws(`{"type":"suggestions","suggestions":["one",{"q":"two"}]}`)}},
		{"the summary", custom(`{"type":"enrichAnswerSources","enrichAnswerSources":"S"}`), answer{Summary: "S"}},
		{"no more for members that are null", `data: {"error":null,"custom_data":null,"choices":null,"usage":null}` + "\n\n", answer{}},
		{"what comes after the finish reason", stop + custom(`{"type":"suggestions","suggestions":["more?"]}`), answer{Suggestions: []string{"more?"}}},
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

// Answers go to files: a key that the service echoes must not.
func TestKeyIsNotInTheAnswer(t *testing.T) {
	const long = testKey + "_0123456789abcdef0123456789abcdef0123456789abcdef"
	echo := func(key string) string {
		return custom(`{"type":"start","request_id":"r `+key+`"}`) +
			custom(`{"type":"human_message","thread_id":"t `+key+`"}`) +
			custom(`{"type":"step_message","title":"`+key+`"}`) +
			custom(`{"type":"source_message","content":[{"node_id":"`+key+`","`+key+`":"`+key+key+`"}]}`) +
			custom(`"{\"type\":\"suggestions\",\"suggestions\":[\"`+key+`\"]}"`) +
			custom(strconv.Quote(`{"type":"table","cell":"`+key+`"}`)) +
			custom(`{"type":"enrichAnswerSources","enrichAnswerSources":"\u0073`+key[1:]+`"}`) +
			custom(`{"type":"ai_metadata","metadata":"`+key+`"}`) +
			custom(`{"type":"chart","key":"`+key+`"}`) +
			`data: {"model":"m ` + key + `","usage":{"key":"` + key + `"}}` + "\n\n" +
			text("Your key is "+key+", ") + text("that is "+key[:9]) + text(key[9:]+".")
	}
	for name, key := range map[string]string{"of the usual length": testKey, "of a hundred characters": long} {
		t.Run(name, func(t *testing.T) {
			for _, stream := range []string{echo(key) + stop + done, echo(key)} {
				client := serve(t, sending(stream), key)
				answer, err := client.Ask(t.Context(), question)
				if err != nil {
					answer = batch.Answer{Text: failure(t, err).Partial, RequestID: failure(t, err).RequestID}
				}
				if answer.Text != "Your key is (the key), that is (the key)." || answer.RequestID != "r (the key)" {
					t.Errorf("got the text %q and the request id %q", answer.Text, answer.RequestID)
				}
				if saved, _ := json.Marshal(answer); strings.Contains(string(saved), key) {
					t.Errorf("the key is in %s", saved)
				}
			}
		})
	}
	t.Run("in escapes, which much of an answer is kept with", func(t *testing.T) {
		for name, write := range map[string]string{
			"every character":      escape(testKey),
			"the first":            escape(testKey[:1]) + testKey[1:],
			"the last":             testKey[:len(testKey)-1] + escape(testKey[len(testKey)-1:]),
			"in capitals":          strings.ReplaceAll(escape(testKey), "f", "F"),
			"behind a backslash":   `\\` + escape(testKey),
			"in JSON in a string":  strings.ReplaceAll(escape(testKey), `\`, `\\`),
			"in a string in that":  strings.ReplaceAll(escape(testKey), `\`, `\\\\`),
			"its escapes escaped":  strings.ReplaceAll(escape(testKey[:1]), `\`, `\u005C`) + testKey[1:],
			"beside other escapes": `\n\u00e9\ud83d\ude00` + escape(testKey) + `\u2028`,
		} {
			answer, err := askStream(t, echo(write)+stop+done)
			if err != nil {
				t.Fatal(name, err)
			}
			kept := append(answer.Steps, append(answer.Other, answer.Usage, answer.Metadata)...)
			for name, value := range answer.Sources[0] {
				kept = append(kept, []byte(name), value)
			}
			if len(kept) < 5 {
				t.Fatalf("%s: not all was kept: %+v", name, answer)
			}
			for _, part := range append(kept, []byte(answer.Text), []byte(answer.Summary)) {
				if strings.Contains(unescape(string(part)), testKey) {
					t.Errorf("%s: the key is in %s", name, part)
				}
			}
		}
	})
	t.Run("from the header", func(t *testing.T) {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", "r "+testKey)
			sending(stop+done)(w, r)
		}, testKey)
		if answer, err := client.Ask(t.Context(), question); err != nil || answer.RequestID != "r (the key)" {
			t.Errorf("got %q, %v", answer.RequestID, err)
		}
	})
}

// escape writes every character of ASCII text as a JSON escape.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

// unescape undoes that, wherever it was done.
func unescape(s string) string {
	s = regexp.MustCompile(`(?i)\\u005c`).ReplaceAllString(s, `\`)
	return regexp.MustCompile(`\\+u00[0-9a-fA-F]{2}`).ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[len(e)-2:], 16, 8) // it is two digits
		return string(rune(n))
	})
}
