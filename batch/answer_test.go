package batch

import "testing"

func TestAnswerStatus(t *testing.T) {
	for _, tt := range []struct {
		text, finish string
		want         Status
	}{
		{"yes", "stop", Answered}, {"yes", "length", Truncated}, {"", "length", Truncated}, {"no", "SAFETY", Refused},
		{"", "stop", Empty}, {" \n", "tool_calls", Empty}, {"yes", "a new word", EndedUnclear},
	} {
		if got := (&Answer{Text: tt.text, FinishReason: tt.finish}).Status(); got != tt.want {
			t.Errorf("%q, %s: %s, want %s", tt.text, tt.finish, got, tt.want)
		}
	}
}
