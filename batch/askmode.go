package batch

import (
	"fmt"
	"strings"
)

// An AskMode says how thoroughly the service looks for an answer, and so what
// it costs. Empty means that none is sent and the service chooses.
type AskMode string

// The ask modes, and the names that Bizora gives them on the wire.
const (
	Fast AskMode = "fast" // tax_research_fast_research, the service's default
	Web  AskMode = "web"  // tax_research_web_search
	Deep AskMode = "deep" // tax_research_deep_research
	Auto AskMode = "auto" // auto: the service chooses for each question
)

var wireNames = map[AskMode]string{
	Fast: "tax_research_fast_research",
	Web:  "tax_research_web_search",
	Deep: "tax_research_deep_research",
	Auto: "auto",
}

// ParseAskMode reads an ask mode by its short name or its name on the wire, in
// any case. An empty string is the empty mode.
func ParseAskMode(s string) (AskMode, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	for mode, wire := range wireNames {
		if s == string(mode) || s == wire {
			return mode, nil
		}
	}
	if s == "" {
		return "", nil
	}
	return "", fmt.Errorf("unknown ask mode %q (fast, web, deep or auto)", s)
}

// UnmarshalText reads a flag's value; see [ParseAskMode].
func (m *AskMode) UnmarshalText(text []byte) (err error) {
	*m, err = ParseAskMode(string(text))
	return err
}

// Wire is the mode's name in a request.
func (m AskMode) Wire() string { return wireNames[m] }

// Price is what an answer in this mode is listed at (Bizora, 2026-09). In mode
// auto the service may choose any mode: its price is taken as the highest, so
// that an estimate is never too low.
func (m AskMode) Price() Money {
	switch m {
	case Web:
		return 30 * Cent
	case Deep, Auto:
		return 150 * Cent
	}
	return 24 * Cent
}
