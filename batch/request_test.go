package batch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestRequest(t *testing.T) {
	raw := func(pairs ...string) map[string]json.RawMessage {
		m := map[string]json.RawMessage{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = json.RawMessage(pairs[i+1])
		}
		return m
	}
	talk := func(pairs ...string) (all []Message) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, Message{pairs[i], pairs[i+1]})
		}
		return all
	}
	const human = `"messages":[{"role":"human","content":"Is it?"}],"model":"bizora-1.0"`
	for name, test := range map[string]struct {
		s    Settings
		q    Question
		want string
		mode AskMode
	}{
		"a question": {Settings{AskModes: taxModes}, Question{Text: "Is it?"}, `{` + human + `}`, Fast},
		"nothing is escaped that need not be": {Settings{AskModes: taxModes}, Question{Text: "§ 179 < \"§ 168\" & ü\n"},
			`{"messages":[{"role":"human","content":"§ 179 < \"§ 168\" & ü\n"}],"model":"bizora-1.0"}`, Fast},
		"for another service": {Settings{AskModes: taxModes, Model: "gpt", Role: "user"}, Question{Text: "Is it?"},
			`{"messages":[{"role":"user","content":"Is it?"}],"model":"gpt"}`, Fast},
		"the run's ask mode": {Settings{AskModes: taxModes, AskMode: Deep}, Question{Text: "Is it?"}, `{"askMode":"tax_research_deep_research",` + human + `}`, Deep},
		"the row's ask mode goes first": {Settings{AskModes: taxModes, AskMode: Deep}, Question{Text: "Is it?", AskMode: Web, Params: raw("askMode", `"auto"`)},
			`{"askMode":"tax_research_web_search",` + human + `}`, Web},
		"then the row's parameter": {Settings{AskModes: taxModes, AskMode: Deep}, Question{Text: "Is it?", Params: raw("askMode", `"auto"`)},
			`{"askMode":"auto",` + human + `}`, Auto},
		"then the run's, before its parameter": {Settings{AskModes: taxModes, AskMode: Deep, Params: raw("askMode", `"auto"`)}, Question{Text: "Is it?"},
			`{"askMode":"tax_research_deep_research",` + human + `}`, Deep},
		"a row's parameter goes before the run's": {Settings{AskModes: taxModes, Params: raw("p", `1`, "q", `2`)}, Question{Text: "Is it?", Params: raw("p", `{"y":1.50,"x":[1e3]}`)},
			`{` + human + `,"p":{"x":[1e3],"y":1.50},"q":2}`, Fast},
		"the older switches are priced": {Settings{AskModes: taxModes, Params: raw("webSearch", "true")}, Question{Text: "Is it?"}, `{` + human + `,"webSearch":true}`, Web},
		"so is the dearest of them":     {Settings{AskModes: taxModes, Params: raw("webSearch", "true", "deepResearch", "true")}, Question{Text: "Is it?"}, `{"deepResearch":true,` + human + `,"webSearch":true}`, Deep},
		"an ask mode that nobody knows": {Settings{AskModes: taxModes, Params: raw("askMode", `"new"`)}, Question{Text: "Is it?"}, `{"askMode":"new",` + human + `}`, Fast},
		"a service without ask modes": {Settings{Model: "m", Role: "user"}, Question{Text: "Is it?", Params: raw("askMode", `"deep"`)},
			`{"askMode":"deep","messages":[{"role":"user","content":"Is it?"}],"model":"m"}`, ""},
		"a conversation in Bizora's roles": {Settings{AskModes: taxModes}, Question{Messages: talk("user", "a", "assistant", "b", "human", "c", "ai", "d")},
			`{"messages":[{"role":"human","content":"a"},{"role":"ai","content":"b"},{"role":"human","content":"c"},{"role":"ai","content":"d"}],"model":"bizora-1.0"}`, Fast},
		"a conversation in the usual roles": {Settings{AskModes: taxModes, Role: "user"}, Question{Messages: talk("developer", "s", "human", "a", "ai", "b")},
			`{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"model":"bizora-1.0"}`, Fast},
		"instructions ride in the first human message": {Settings{AskModes: taxModes}, Question{Messages: talk("system", "s", "ai", "b", "system", "t", "user", "a")},
			`{"messages":[{"role":"ai","content":"b"},{"role":"human","content":"s\n\nt\n\na"}],"model":"bizora-1.0"}`, Fast},
		"instructions alone are a message": {Settings{AskModes: taxModes}, Question{Messages: talk("system", "s")},
			`{"messages":[{"role":"human","content":"s"}],"model":"bizora-1.0"}`, Fast},
		"answers by a schema, in its order": {Settings{Model: "m", Role: "user", Schema: json.RawMessage(`{"properties":{"b":{"const":"<"},"a":{}}}`)}, Question{Text: "Is it?"},
			`{"messages":[{"role":"user","content":"Is it?"}],"model":"m","response_format":{"json_schema":{"name":"answer","schema":{"properties":{"b":{"const":"<"},"a":{}}}},"type":"json_schema"}}`, ""},
		"strictly, where the schema allows it": {Settings{Model: "m", Role: "user", Schema: json.RawMessage(closed)}, Question{Text: "Is it?"},
			`{"messages":[{"role":"user","content":"Is it?"}],"model":"m","response_format":{"json_schema":{"name":"answer","schema":` + closed + `,"strict":true},"type":"json_schema"}}`, ""},
		"the last message tells the schema": {Settings{AskModes: taxModes, Schema: json.RawMessage(`{"properties":{"b":{},"a":{}}}`), SchemaInMessage: true}, Question{Messages: talk("user", "a", "ai", "b", "user", "c")},
			`{"messages":[{"role":"human","content":"a"},{"role":"ai","content":"b"},{"role":"human","content":"c\n\n` + strings.TrimSuffix(asking, "\n") + `\n{\"properties\":{\"b\":{},\"a\":{}}}"}],"model":"bizora-1.0"}`, Fast},
	} {
		t.Run(name, func(t *testing.T) {
			got, mode, err := test.s.Request(test.q)
			if err != nil || string(got.Payload) != test.want || mode != test.mode {
				t.Errorf("%s %s, %v\nwant %s %s", got.Payload, mode, err, test.want, test.mode)
			}
		})
	}
}

const closed = `{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{}},"required":["b"],"additionalProperties":false}}},"required":["a"],"additionalProperties":false}`

func TestStrictSchemas(t *testing.T) {
	for _, schema := range []string{
		strings.Replace(closed, `"required":["b"],`, "", 1),
		strings.Replace(closed, `"required":["a"],`, `"required":["b"],`, 1),
		strings.Replace(closed, `,"additionalProperties":false}}`, `}}`, 1),
		`{"properties":{"a":{"type":["object","null"]}},"required":["a"],"additionalProperties":false}`,
		`{"anyOf":[{"properties":{}}],"additionalProperties":false}`,
	} {
		if isStrict(json.RawMessage(schema)) {
			t.Errorf("%s", schema)
		}
	}
}

func TestAResponseFormatIsSetOnce(t *testing.T) {
	_, _, err := Settings{Schema: json.RawMessage(closed)}.Request(Question{Text: "Is it?", Params: map[string]json.RawMessage{"response_format": []byte(`{"type":"text"}`)}})
	if err == nil {
		t.Error("a request with two response formats")
	}
}

// Equal questions make equal payloads, whatever the order of members and the
// white space in which their parameters were written.
func TestRequestsAreCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		value := value(3).Draw(rt, "value")
		text := rapid.String().Draw(rt, "text")
		payload := func(label string) string {
			written := json.RawMessage(write(rt, value))
			r, _, err := Settings{AskModes: taxModes}.Request(Question{Text: text, Params: map[string]json.RawMessage{"p": written}})
			if err != nil {
				rt.Fatalf("%s: %v", written, err)
			}
			return string(r.Payload)
		}
		if a, b := payload("one"), payload("two"); a != b {
			rt.Fatalf("%s\n%s", a, b)
		}
	})
}

// value draws a JSON value of maps, lists and scalars.
func value(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := value(depth - 1)
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(inner, 0, 4).AsAny(),
		rapid.MapOfN(rapid.String(), inner, 0, 4).AsAny())...)
}

// write writes a value with its members in a drawn order and drawn space.
func write(rt *rapid.T, v any) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(rt, "space")
	var parts []string
	switch v := v.(type) {
	case map[string]any:
		for _, name := range rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(rt, "order") {
			parts = append(parts, write(rt, name)+space+":"+write(rt, v[name]))
		}
		return "{" + space + strings.Join(parts, ","+space) + "}"
	case []any:
		for _, e := range v {
			parts = append(parts, write(rt, e))
		}
		return space + "[" + strings.Join(parts, space+",") + "]" + space
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprint(v, err))
	}
	return string(b)
}

// FuzzRequest: a parameter is refused, or the payload is JSON that holds it in
// a form that stays the same.
func FuzzRequest(f *testing.F) {
	f.Add("Is it?", "askMode", `"auto"`)
	f.Add("", "p", `{"b":1,"a":[1e400,-0,{}]} `)
	f.Add("\xff", "p", `"\ud800"`)
	f.Add("x", "stream", `true`)
	f.Fuzz(func(t *testing.T, text, name, param string) {
		if !utf8.ValidString(name) {
			return // the readers let none through
		}
		q := Question{Text: text, Params: map[string]json.RawMessage{name: json.RawMessage(param)}}
		r, _, err := Settings{AskModes: taxModes}.Request(q)
		if err != nil {
			return
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(r.Payload, &all); err != nil {
			t.Fatalf("%s: %v", r.Payload, err)
		}
		delete(all, "messages")
		delete(all, "model")
		if all[name] == nil || len(all) != 1 {
			t.Fatalf("%s has parameters other than %q", r.Payload, name)
		}
		again, _, err := Settings{AskModes: taxModes}.Request(Question{Text: text, Params: all})
		if err != nil || string(again.Payload) != string(r.Payload) {
			t.Fatalf("%s\n%s\n%v", r.Payload, again.Payload, err)
		}
	})
}

func TestParseAskMode(t *testing.T) {
	for text, want := range map[string]AskMode{
		"": "", "fast": Fast, " Deep ": Deep, "TAX_RESEARCH_WEB_SEARCH": Web, "auto": Auto, "tax_research_fast_research": Fast,
	} {
		if got, err := taxModes.Parse(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for modes, want := range map[*AskModes]string{&taxModes: `unknown ask mode "quick" (fast, web, deep or auto)`, {}: `ask mode "quick": the service has no ask modes`} {
		if _, err := modes.Parse("quick"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
