package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"bizbatch/batch"
)

// parseParams reads --param flags. A value that is no JSON is text, unless it
// begins as only JSON does: then it is a slip, and would be paid for.
func parseParams(flags []string) (map[string]json.RawMessage, error) {
	var params map[string]json.RawMessage
	for _, f := range flags {
		name, value, ok := strings.Cut(f, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--param %q has no value", f)
		}
		if err := batch.CheckParam(name); err != nil {
			return nil, fmt.Errorf("--param: %w", err)
		}
		if !json.Valid([]byte(value)) {
			if strings.ContainsAny(value[:min(1, len(value))], `{[`) {
				return nil, fmt.Errorf("--param %s=%s is broken JSON", name, value)
			}
			text, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("--param %s: %w", name, err)
			}
			value = string(text)
		}
		if params == nil {
			params = map[string]json.RawMessage{}
		}
		params[name] = json.RawMessage(value)
	}
	return params, nil
}
