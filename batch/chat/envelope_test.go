package chat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzEnvelope holds chunks that come in one envelope against the same chunks,
// each parsed by itself.
func FuzzEnvelope(f *testing.F) {
	const other = `{"id":"d","model":"n","choices":[{"delta":{},"finish_reason":"length"}]}`
	chunk := func(before, after string) {
		for _, second := range []string{"", " two", `\n`, `\`, `"`, `two","content":"three`, "\n", "\xff", `\u00e`, testKey, `one`} {
			f.Add(before, after, "one", second)
		}
	}
	for _, members := range []string{``, `"index":0,`, `"index":1,`, `"error":{"message":"no"},`, `"finish_reason":"stop",`, `"finish_reason":"error",`} {
		chunk(`{"id":"c","model":"m","choices":[{`+members+`"delta":{"content":"`, `"}}],"usage":{"total_tokens":1}}`)
	}
	chunk("{ \"choices\" : [ { \"delta\" : { \"content\" : \"", "\" } } ] } ")
	chunk(`{"choices":[{"message":{"content":"`, `","refusal":null}}]}`)
	chunk(`{"choices":[{"delta":{"content":"`, `","refusal":"no"}}]}`)
	chunk(`{"choices":[{"delta":{"refusal":"`, `"}}]}`)
	chunk(`{"choices":[{"delta":{"content":[{"text":"`, `"}]}}]}`)
	chunk(`{"choices":[{"delta":{"content":"`, `","content":"again"}}]}`)
	chunk(`{"choices":[{"delta":{"content":"`, `"}},{"delta":{"content":"again"}}]}`)
	chunk(`{"choices":[{"delta":{"content":"`, `"}}],"custom_data":{"type":"step_message"}}`)
	chunk(`{"choices":[{"delta":{"content":""}}],"custom_data":{"type":"start","request_id":"`, `"}}`)
	chunk(`{"custom_data":[{"content":"`, `"}],"choices":[{"delta":{"content":null}}]}`)
	chunk(`{"id":"`, `","choices":[{"delta":{"content":"one"}}]}`)
	chunk(`{"key":"`+testKey+`","choices":[{"delta":{"content":"`, `"}}]}`)
	chunk("{\"choices\":[{\"delta\":{\"content\":\"", "\"}}],\"usage\":{\"\xff\":0}}")
	chunk(`{"choices":[{"delta":{"content":"`, `"}}],"usage":{"total_tokens":0}}`)
	chunk(`{"error":"`, `"}`)
	f.Add(`{"choices":[{"message":{"content":"`, `"}}]}`, "", testKey)

	f.Fuzz(func(t *testing.T, before, after, first, second string) {
		taken := func(parsed bool) string {
			c := collector{secrets: []string{testKey}}
			said := ""
			for _, chunk := range []string{before + first + after, before + second + after, other, before + second + after} {
				if parsed {
					c.last = envelope{}
				}
				said += fmt.Sprintln(c.chunk([]byte(chunk)))
			}
			return fmt.Sprintf("%s%+v", said, c.finish(""))
		}
		if diff := cmp.Diff(taken(true), taken(false)); diff != "" {
			t.Errorf("not as if it were parsed (-parsed +taken):\n%s", diff)
		}
	})
}

// The chunks of a text are not parsed: they cost no memory but their text's.
func TestChunksInOneEnvelope(t *testing.T) {
	var c collector
	c.text.Grow(1000)
	one := []byte(`{"choices":[{"delta":{"content":"one"}}]}`)
	if err := c.chunk(one); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { c.chunk(one) }); n != 0 {
		t.Errorf("a chunk was %v allocations", n)
	}
	if want := strings.Repeat("one", 102); c.partial() != want {
		t.Errorf("got %q", c.partial())
	}
}
