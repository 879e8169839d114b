// Package bizora describes the Bizora tax-research API: its address, its
// custom_data, its ask modes and their prices. Use its [Provider] with package chat.
package bizora

import (
	"bizbatch/batch"
	"bizbatch/batch/chat"
)

// AskModes are Bizora's ask modes, with the list prices of 2026-09.
var AskModes = batch.AskModes{Member: "askMode", Modes: []batch.Mode{
	{Name: "fast", Wire: "tax_research_fast_research", Price: 24 * batch.Cent},
	{Name: "web", Wire: "tax_research_web_search", Price: 30 * batch.Cent, Switch: "webSearch"},
	{Name: "deep", Wire: "tax_research_deep_research", Price: 150 * batch.Cent, Switch: "deepResearch"},
	{Name: "auto", Wire: "auto", Price: 150 * batch.Cent, Varies: true},
}}

// Provider is the Bizora API. Its address has no version in its path.
var Provider = chat.Provider{
	Name: "bizora", BaseURL: "https://api-bizora.ai",
	URLVariable: "BIZORA_API_URL", KeyVariable: "BIZORA_API_KEY",
	Model: "bizora-1.0", Role: "human", AskModes: AskModes,
	NoUsageOption:   true,
	SchemaInMessage: true, // no response_format is documented
	Members:         map[string]chat.Member{"custom_data": customData},
}
