package finish

import "testing"

func TestParse(t *testing.T) {
	for reason, want := range map[string]Reason{
		"stop": Complete, "STOP": Complete, "end_turn": Complete, "eos": Complete, "stop_sequence": Complete, "tool_calls": Complete, "function_call": Complete,
		"length": CutShort, "MAX_TOKENS": CutShort, "model_length": CutShort, "model_context_window_exceeded": CutShort,
		"content_filter": Withheld, "SAFETY": Withheld, "RECITATION": Withheld, "sensitive": Withheld,
		"error": Broken, "abort": Broken, "network_error": Broken, "insufficient_system_resource": Broken, "cancelled": Broken,
		"": None, "null": None,
		"a new word": Unclear,
	} {
		if got := Parse(reason); got != want {
			t.Errorf("%q is %d, want %d", reason, got, want)
		}
	}
}
