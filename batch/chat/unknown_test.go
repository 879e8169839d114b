package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The numbers in a text of Perplexity's lead to sources.
func TestCitationsBecomeSources(t *testing.T) {
	for name, test := range map[string]struct{ members, want string }{
		"addresses":            {`"citations":["https://a.example/1","https://b.example/2"]`, "[1] https://a.example/1 , [2] https://b.example/2 "},
		"addresses and titles": {`"search_results":[{"title":"B","url":"https://b.example/2"},{"title":"A","url":"https://a.example/1"}],"citations":["https://a.example/1","https://b.example/2"]`, "[1] https://a.example/1 A, [2] https://b.example/2 B"},
		"titles alone":         {`"search_results":[{"title":"A","url":"https://a.example/1"}]`, "[1] https://a.example/1 A"},
		"an address twice, for the numbers stand for places": {`"citations":["https://a.example/1","https://a.example/1","https://b.example/2"]`, "[1] https://a.example/1 , [2] https://a.example/1 , [3] https://b.example/2 "},
		"references": {`"references":[{"title":"A","link":"https://a.example/1"}]`, "[1] https://a.example/1 A"},
	} {
		t.Run(name, func(t *testing.T) {
			chunk := func(words, finish string) string {
				return fmt.Sprintf("data: {\"id\":\"c1\",%s,\"choices\":[{\"delta\":{\"content\":%q},\"finish_reason\":%s}]}\n\n", test.members, words, finish)
			}
			answer, err := askStream(t, chunk("27.5 years[1][2]", "null")+chunk(".", `"stop"`)+done)
			if err != nil {
				t.Fatal(err)
			}
			text, cited, _ := answer.Numbered()
			var got []string
			for i, s := range cited {
				got = append(got, fmt.Sprintf("[%d] %s %s", i+1, s.URL(), s.Title()))
			}
			if text != "27.5 years[1][2]." || strings.Join(got, ", ") != test.want {
				t.Errorf("%q cites %v, want %s", text, got, test.want)
			}
		})
	}
	for name, test := range map[string]struct{ first, second, want string }{
		"each chunk brings what is new":   {`["https://a.example"]`, `["https://b.example"]`, "1 https://a.example, 2 https://b.example"},
		"each chunk brings all so far":    {`["https://a.example"]`, `["https://a.example","https://b.example"]`, "1 https://a.example, 2 https://b.example"},
		"what is not cited has no number": {`["https://a.example"]`, `["https://a.example"],"search_results":[{"url":"https://a.example"},{"url":"https://c.example"}]`, "1 https://a.example,  https://c.example"},
	} {
		answer, err := askStream(t, `data: {"citations":`+test.first+"}\n\n"+`data: {"citations":`+test.second+"}\n\n"+text("x")+stop+done)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range answer.Sources {
			got = append(got, fmt.Sprintf("%s %s", s["number"], s.URL()))
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %q, want %s", name, got, test.want)
		}
	}
	// OpenAI's annotations stand in the delta.
	answer, err := askStream(t, `data: {"choices":[{"delta":{"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example/1","title":"A"}}]},"finish_reason":"stop"}]}`+"\n\n"+done)
	if err != nil || len(answer.Sources) != 1 || answer.Sources[0].URL() != "https://a.example/1" || answer.Sources[0].Title() != "A" {
		t.Errorf("%+v, %v", answer.Sources, err)
	}
}

func TestReasoningIsKept(t *testing.T) {
	answer, err := askStream(t, `data: {"choices":[{"delta":{"reasoning_content":"first "}}]}`+"\n\n"+`data: {"choices":[{"delta":{"reasoning":"then"}}]}`+"\n\n"+text("yes")+stop+done)
	if err != nil || answer.Reasoning != "first then" || answer.Text != "yes" {
		t.Errorf("%+v, %v", answer, err)
	}
}

// Whatever members a stream has at whatever place, they come back.
func TestNoMemberIsDropped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`new_[a-z]{1,6}`)
		value := rapid.OneOf(rapid.Just(`{"a":[1,"x"]}`), rapid.Just(`[{}]`), rapid.Just("12.50"), rapid.Just("true"), rapid.Map(rapid.StringN(1, 8, -1), func(s string) string {
			b, _ := json.Marshal(s)
			return string(b)
		}))
		want := map[string][]json.RawMessage{}
		member := func(place string) string {
			n, v := name.Draw(rt, place), value.Draw(rt, "value")
			key := place + "." + n
			if values := want[key]; place == "delta" || len(values) == 0 || string(values[len(values)-1]) != v {
				want[key] = append(values, json.RawMessage(v))
			}
			return fmt.Sprintf("%q:%s,", n, v)
		}
		var stream strings.Builder
		for range rapid.IntRange(1, 5).Draw(rt, "chunks") {
			fmt.Fprintf(&stream, "data: {%s\"id\":\"c1\",\"choices\":[{%s\"index\":0,\"delta\":{%s\"content\":[{%s\"type\":\"text\",\"text\":\"x\"}]}}]}\n\n",
				member("chunk"), member("choice"), member("delta"), member("part"))
		}
		answer, err := askStream(t, stream.String()+stop+done)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, answer.Extra); diff != "" {
			rt.Errorf("(-want +got):\n%s", diff)
		}
	})
}
