package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// responseFormat is the member of a request that asks for answers by a schema.
const responseFormat = "response_format"

// asking is what a question says where the service takes no schema.
const asking = "Answer with one JSON object and nothing else: no text around it, no code fence. " +
	"Put citations into its texts. It must fit this JSON Schema:\n"

// askBySchema adds the schema of the answers to a request: as response_format, as
// OpenAI has it, or at the end of the last message.
func (s Settings) askBySchema(body map[string]any, messages []Message) error {
	switch {
	case len(s.Schema) == 0:
		return nil
	case body[responseFormat] != nil:
		return errors.New(responseFormat + " is set as a parameter, and by the schema of the answers, too")
	case s.SchemaInMessage:
		if n := len(messages); n > 0 {
			messages[n-1].Content += "\n\n" + asking + string(s.Schema)
		}
		return nil
	}
	schema := map[string]any{"name": "answer", "schema": s.Schema}
	if isStrict(s.Schema) {
		schema["strict"] = true
	}
	body[responseFormat] = map[string]any{"type": "json_schema", "json_schema": schema}
	return nil
}

// hasSchema reports a request that asks for an answer by a schema.
func hasSchema(payload []byte) bool {
	if gjson.GetBytes(payload, responseFormat).Exists() {
		return true
	}
	for _, message := range gjson.GetBytes(payload, "messages").Array() {
		if strings.Contains(message.Get("content").Str, "\n\n"+asking) {
			return true
		}
	}
	return false
}

// isStrict reports whether every object of a schema is closed and has all its
// properties required. Only then may a service be asked to keep to it strictly
// (OpenAI's and Groq's documentation of structured outputs); another is refused
// with that.
func isStrict(schema json.RawMessage) bool {
	var list []json.RawMessage
	if json.Unmarshal(schema, &list) == nil {
		return !slices.ContainsFunc(list, func(part json.RawMessage) bool { return !isStrict(part) })
	}
	var parts map[string]json.RawMessage
	if json.Unmarshal(schema, &parts) != nil {
		return true // a text, a number, true or false
	}
	if parts["properties"] != nil || bytes.Contains(parts["type"], []byte(`"object"`)) {
		var properties map[string]json.RawMessage
		var required []string
		_ = json.Unmarshal(parts["properties"], &properties) // none: there is nothing to require
		_ = json.Unmarshal(parts["required"], &required)     // what is no list requires nothing
		for name := range properties {
			if !slices.Contains(required, name) {
				return false
			}
		}
		if string(parts["additionalProperties"]) != "false" {
			return false
		}
	}
	for _, part := range parts {
		if !isStrict(part) {
			return false
		}
	}
	return true
}
