// Package finish reads the finish reasons of streamed answers.
package finish

import (
	"strings"

	"github.com/sashabaranov/go-openai"
)

// A Reason is what a finish reason says about an answer.
type Reason int

// The reasons.
const (
	None     Reason = iota // no reason yet: the stream goes on, or was cut
	Complete               // the answer is complete
	CutShort               // the answer reached the model's length limit
	Withheld               // a content filter withheld the answer or its rest
	Broken                 // the service failed: the answer may have been charged
	Unclear                // an unknown reason
)

// reasons are the finish reasons of services, in lower case: OpenAI's,
// Anthropic's, Google's, and those met behind gateways.
var reasons = map[openai.FinishReason]Reason{
	"": None, openai.FinishReasonNull: None, "none": None, "unspecified": None,

	openai.FinishReasonStop: Complete, "end_turn": Complete, "end": Complete, "eos": Complete, "eos_token": Complete, "stop_sequence": Complete, "stop_token": Complete,
	openai.FinishReasonToolCalls: Complete, "tool_call": Complete, "tool_use": Complete, openai.FinishReasonFunctionCall: Complete, "completed": Complete, "complete": Complete,

	openai.FinishReasonLength: CutShort, "max_tokens": CutShort, "max_output_tokens": CutShort, "max_completion_tokens": CutShort, "max_length": CutShort,
	"model_length": CutShort, "model_context_window_exceeded": CutShort, "token_limit": CutShort,

	openai.FinishReasonContentFilter: Withheld, "content_filtered": Withheld, "refusal": Withheld, "safety": Withheld, "recitation": Withheld, "sensitive": Withheld,
	"prohibited_content": Withheld, "blocklist": Withheld, "spii": Withheld, "image_safety": Withheld, "guardrail_intervened": Withheld, "moderation": Withheld,

	"error": Broken, "abort": Broken, "aborted": Broken, "network_error": Broken, "insufficient_system_resource": Broken,
	"cancelled": Broken, "canceled": Broken, "timeout": Broken, "failed": Broken,
}

// Parse returns the meaning of a finish reason, which may be in any case.
func Parse(reason string) Reason {
	word := strings.ToLower(strings.TrimSpace(reason))
	r, known := reasons[openai.FinishReason(strings.TrimPrefix(word, "finish_reason_"))] // Google's, in full
	if !known {
		return Unclear
	}
	return r
}
