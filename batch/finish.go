package batch

import (
	"strings"

	"github.com/sashabaranov/go-openai"
)

// An Ending is what a finish reason says of an answer.
type Ending int

// The endings.
const (
	Unfinished Ending = iota // there is none: more is to come, or the answer was cut
	Complete
	CutShort // at the model's length limit
	Withheld // by a content filter
	Broken   // by a fault: to be asked again, and perhaps charged
	Unclear  // a word that is not known: the answer is kept
)

// endings are the finish reasons of services, in lower case: OpenAI's,
// Anthropic's, Google's, and those met behind gateways.
var endings = map[openai.FinishReason]Ending{
	"": Unfinished, openai.FinishReasonNull: Unfinished, "none": Unfinished, "unspecified": Unfinished,

	openai.FinishReasonStop: Complete, "end_turn": Complete, "end": Complete, "eos": Complete, "eos_token": Complete, "stop_sequence": Complete, "stop_token": Complete,
	openai.FinishReasonToolCalls: Complete, "tool_call": Complete, "tool_use": Complete, openai.FinishReasonFunctionCall: Complete, "completed": Complete, "complete": Complete,

	openai.FinishReasonLength: CutShort, "max_tokens": CutShort, "max_output_tokens": CutShort, "max_completion_tokens": CutShort, "max_length": CutShort,
	"model_length": CutShort, "model_context_window_exceeded": CutShort, "token_limit": CutShort,

	openai.FinishReasonContentFilter: Withheld, "content_filtered": Withheld, "refusal": Withheld, "safety": Withheld, "recitation": Withheld, "sensitive": Withheld,
	"prohibited_content": Withheld, "blocklist": Withheld, "spii": Withheld, "image_safety": Withheld, "guardrail_intervened": Withheld, "moderation": Withheld,

	"error": Broken, "abort": Broken, "aborted": Broken, "network_error": Broken, "insufficient_system_resource": Broken,
	"cancelled": Broken, "canceled": Broken, "timeout": Broken, "failed": Broken,
}

// EndingOf returns what a finish reason means, in whatever case it is written.
func EndingOf(reason string) Ending {
	word := strings.ToLower(strings.TrimSpace(reason))
	ending, known := endings[openai.FinishReason(strings.TrimPrefix(word, "finish_reason_"))] // Google's, in full
	if !known {
		return Unclear
	}
	return ending
}
