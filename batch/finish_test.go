package batch

import "testing"

func TestEndingOf(t *testing.T) {
	for reason, want := range map[string]Ending{
		"stop": Complete, "STOP": Complete, "end_turn": Complete, "eos": Complete, "stop_sequence": Complete, "tool_calls": Complete, "function_call": Complete,
		"length": CutShort, "MAX_TOKENS": CutShort, "model_length": CutShort, "model_context_window_exceeded": CutShort,
		"content_filter": Withheld, "SAFETY": Withheld, "RECITATION": Withheld, "sensitive": Withheld,
		"error": Broken, "abort": Broken, "network_error": Broken, "insufficient_system_resource": Broken, "cancelled": Broken,
		"": Unfinished, "null": Unfinished,
		"a new word": Unclear,
	} {
		if got := EndingOf(reason); got != want {
			t.Errorf("%q is %d, want %d", reason, got, want)
		}
	}
}

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
