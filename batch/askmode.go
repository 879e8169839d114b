package batch

import (
	"fmt"
	"slices"
	"strings"

	"bizbatch/internal/prose"
)

// An AskMode names one of the ways in which a service looks for an answer, and
// that it charges for. Empty means that none is sent and the service chooses.
type AskMode string

// AskModes are the ask modes that a service has. The zero value has none.
type AskModes struct {
	// Member is the member of a request that says the mode.
	Member string `json:"member,omitempty"`
	// Modes are those there are, the cheapest first, which is the service's own
	// choice.
	Modes []Mode `json:"modes,omitempty"`
}

// A Mode is an ask mode.
type Mode struct {
	Name AskMode `json:"name"` // as people say it
	Wire string  `json:"wire"` // as a request says it
	// Price is what an answer is listed at. Where the service chooses another mode
	// for each question, it is the highest, so that an estimate is never too low.
	Price  Money `json:"price"`
	Varies bool  `json:"varies,omitempty"` // it does that
	// Switch is an older member of a request that says the mode, by being true.
	Switch string `json:"switch,omitempty"`
}

// Parse reads an ask mode by its name, or its name in a request, in any case. An
// empty string is the empty mode.
func (m AskModes) Parse(s string) (AskMode, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	for _, mode := range m.Modes {
		if name == string(mode.Name) || name == mode.Wire {
			return mode.Name, nil
		}
	}
	switch {
	case name == "":
		return "", nil
	case len(m.Modes) == 0:
		return "", fmt.Errorf("ask mode %q: the service has no ask modes", s)
	}
	names := make([]string, len(m.Modes))
	for i, mode := range m.Modes {
		names[i] = string(mode.Name)
	}
	return "", fmt.Errorf("unknown ask mode %q (%s)", s, prose.Or(names))
}

// named is the mode of that name; the zero mode where there is none.
func (m AskModes) named(name AskMode) Mode {
	i := slices.IndexFunc(m.Modes, func(mode Mode) bool { return mode.Name == name })
	if i < 0 {
		return Mode{}
	}
	return m.Modes[i]
}

// of is the mode that a request is priced by, whichever member says it.
func (m AskModes) of(body map[string]any) AskMode {
	if wire, ok := body[m.Member].(string); ok {
		if mode, err := m.Parse(wire); err == nil && mode != "" {
			return mode
		}
	}
	for _, mode := range slices.Backward(m.Modes) { // the dearest first
		if mode.Switch != "" && body[mode.Switch] == true {
			return mode.Name
		}
	}
	if len(m.Modes) == 0 {
		return ""
	}
	return m.Modes[0].Name
}
