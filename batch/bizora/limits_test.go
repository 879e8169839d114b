package bizora

import (
	"fmt"
	"strings"
	"testing"
)

// Tiny objects cost many times their length in memory: their number has a
// limit of its own, however they arrive.
func TestObjectsHaveALimit(t *testing.T) {
	list := func(n int, format string) string { // format has a place for a number
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(items, ",")
	}
	const maxKept, maxMembers = 20_000, 200_000 // of package chat
	const more = maxKept + 1
	step, chart := custom(`{"type":"step_message"}`), custom(`{"type":"chart"}`)
	sources := func(list string) string { return custom(`{"type":"source_message","content":[` + list + `]}`) }
	tooMany := fmt.Sprintf("the answer holds more than %d sources, steps and other objects", maxKept)

	tests := []struct{ name, stream, message string }{ // no message: an answer
		{"steps, as many as are allowed", strings.Repeat(step, maxKept) + stop, ""},
		{"steps, one too many", strings.Repeat(step, more) + stop, tooMany},
		{"objects of a kind that is not known", strings.Repeat(chart, more) + stop, tooMany},
		{"objects in one list", custom("["+list(more, `{"x":%d}`)+"]") + stop, tooMany},
		{"metadata again and again", strings.Repeat(custom(`{"type":"ai_metadata"}`), more+1) + stop, tooMany},
		{"suggestions", custom(`{"type":"suggestions","suggestions":[`+list(more, `"%d"`)+`]}`) + stop, tooMany},
		{"sources in one list", sources(list(more, `{"node_id":%d}`)) + stop, tooMany},
		{"sources without an identity", sources(list(more, `{"x":%d}`)) + stop, tooMany},
		{"one source again and again", sources(strings.TrimSuffix(strings.Repeat(`{"node_id":"a"},`, more), ",")) + stop, ""},
		{"a source of too many members", sources("{"+list(maxMembers+1, `"%d":1`)+"}") + stop,
			fmt.Sprintf("the answer's sources have more than %d members", maxMembers)},
		{"a bit of everything", strings.Repeat(step, maxKept/2) + strings.Repeat(chart, maxKept/2) + sources(`{"node_id":1}`) + stop, tooMany},
		{"too many in the last chunk", `data: {"choices":[{"delta":{},"finish_reason":"stop"}],"custom_data":[` + list(more, `{"x":%d}`) + "]}\n\n", tooMany},
		{"too many after the finish reason", stop + strings.Repeat(step, more), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, err := askStream(t, text("half")+test.stream+done)
			if test.message == "" {
				if kept := len(answer.Steps) + len(answer.Sources); err != nil || answer.Text != "half" || kept == 0 || kept > maxKept {
					t.Errorf("got %d steps and sources, %v", kept, err)
				}
				return
			}
			if e := failure(t, err); e.Type != "answer_too_large" || e.Message != test.message || !e.MaybeCharged || e.Partial != "half" {
				t.Errorf("got %+v", e)
			}
		})
	}
}
