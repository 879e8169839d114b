package batch

import (
	"fmt"
	"slices"
	"strings"

	"bizbatch/internal/prose"
)

// An AskMode is the name of a way in which a service researches an answer, at a
// price of its own. If it is empty, no mode is sent and the service uses its
// default.
type AskMode string

// AskModes are the ask modes of a service. The zero value has none.
type AskModes struct {
	// Member is the member of a request that selects the mode.
	Member string `json:"member,omitempty"`
	// Modes lists the modes, cheapest first. The first is the service's default.
	Modes []Mode `json:"modes,omitempty"`
}

// A Mode describes an ask mode.
type Mode struct {
	Name AskMode `json:"name"` // the name on the command line and in files
	Wire string  `json:"wire"` // the value in a request
	// Price is the list price of an answer. If Varies is set, the service selects
	// another mode for each question, and Price is the highest.
	Price  Money `json:"price"`
	Varies bool  `json:"varies,omitempty"`
	// Switch is an older boolean member of a request that selects the mode.
	Switch string `json:"switch,omitempty"`
}

// Parse returns the ask mode with the given name or request value, in any case. For
// an empty string it returns the empty mode.
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

// named returns the mode with the given name, or the zero Mode.
func (m AskModes) named(name AskMode) Mode {
	i := slices.IndexFunc(m.Modes, func(mode Mode) bool { return mode.Name == name })
	if i < 0 {
		return Mode{}
	}
	return m.Modes[i]
}

// of returns the mode that determines the price of a request.
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
