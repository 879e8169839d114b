package sandbox

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
)

// told is what comes before the schema in a message that tells it.
const told = "JSON Schema:\n"

// A format is the response_format of a request.
type format struct {
	JSONSchema struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// structure finds the schema that an answer is to fit, as response_format or at the
// end of the last message, and what is asked without it.
func (r *request) structure() {
	r.asked, r.schema = r.question, r.ResponseFormat.JSONSchema.Schema
	before, after, found := strings.Cut(r.question, told)
	if found && json.Unmarshal([]byte(after), &r.schema) == nil {
		r.asked, _, _ = strings.Cut(before, "\n\nAnswer with one JSON object")
	}
}

// An inventor makes up values that fit a schema, as far as its everyday parts go.
type inventor struct {
	root  json.RawMessage
	texts []string // what an answer says, with its citations
	r     *rand.Rand
	depth int
}

// object makes up an object, its members in the order of the schema.
func inventObject(schema json.RawMessage, a answer, r *rand.Rand) string {
	in := inventor{root: schema, texts: strings.Split(strings.ReplaceAll(a.text, "**", ""), "\n\n"), r: r}
	return string(in.value(schema))
}

// everyday are the parts of a schema that are heeded.
type everyday struct {
	Ref        string            `json:"$ref"`
	Const      json.RawMessage   `json:"const"`
	Enum       []json.RawMessage `json:"enum"`
	AnyOf      []json.RawMessage `json:"anyOf"`
	OneOf      []json.RawMessage `json:"oneOf"`
	AllOf      []json.RawMessage `json:"allOf"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	MaxLength  int               `json:"maxLength"`
	Minimum    float64           `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	Items      json.RawMessage   `json:"items"`
	MinItems   int               `json:"minItems"`
	Properties json.RawMessage   `json:"properties"`
}

func (in *inventor) value(schema json.RawMessage) []byte {
	in.depth++
	defer func() { in.depth-- }()
	var s everyday
	if json.Unmarshal(schema, &s) != nil && in.depth > 1 || in.depth > 20 {
		return []byte("null") // a schema such as true, or one without an end
	}
	for _, alternatives := range [][]json.RawMessage{s.AllOf, s.AnyOf, s.OneOf} {
		if len(alternatives) > 0 && s.Properties == nil {
			return in.value(alternatives[0])
		}
	}
	switch {
	case strings.HasPrefix(s.Ref, "#"):
		return in.value(within(in.root, s.Ref))
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[in.r.IntN(len(s.Enum))]
	case s.Properties != nil:
		return in.members(s.Properties)
	}
	switch kind, _ := json.Marshal(s.Type); {
	case bytes.Contains(kind, []byte(`"object"`)):
		return []byte("{}")
	case bytes.Contains(kind, []byte(`"array"`)):
		return in.list(s)
	case bytes.Contains(kind, []byte(`"integer"`)), bytes.Contains(kind, []byte(`"number"`)):
		return mustJSON(in.number(s))
	case bytes.Contains(kind, []byte(`"boolean"`)):
		return mustJSON(in.r.IntN(2) == 0)
	case string(kind) == `"null"`:
		return kind[1:5]
	}
	return mustJSON(in.text(s))
}

// members makes up an object's members in the order in which they are described.
func (in *inventor) members(properties json.RawMessage) []byte {
	out := []byte("{")
	dec := json.NewDecoder(bytes.NewReader(properties))
	_, _ = dec.Token() // the brace
	for dec.More() {
		name, err := dec.Token()
		var schema json.RawMessage
		if err != nil || dec.Decode(&schema) != nil {
			break
		}
		if len(out) > 1 {
			out = append(out, ", "...)
		}
		out = append(append(append(out, mustJSON(name)...), ": "...), in.value(schema)...)
	}
	return append(out, '}')
}

func (in *inventor) list(s everyday) []byte {
	items := make([][]byte, max(2, s.MinItems))
	for i := range items {
		items[i] = in.value(s.Items)
	}
	return append(append([]byte("["), bytes.Join(items, []byte(", "))...), ']')
}

// number returns a whole number within the bounds.
func (in *inventor) number(s everyday) int {
	least, most := int(s.Minimum), int(s.Minimum)+1_000_000
	if s.Maximum != nil {
		most = int(*s.Maximum)
	}
	return least + in.r.IntN(max(1, most-least+1))
}

func (in *inventor) text(s everyday) string {
	switch s.Format {
	case "date":
		return "2026-04-15"
	case "date-time":
		return "2026-04-15T12:00:00Z"
	case "uri":
		return "https://sources.example.com"
	}
	text := in.texts[in.r.IntN(len(in.texts))]
	if s.MaxLength > 0 && len(text) > s.MaxLength {
		text = strings.ToValidUTF8(text[:s.MaxLength], "")
	}
	return text
}

// within returns the place in a schema that a reference such as #/$defs/amount
// leads to.
func within(root json.RawMessage, ref string) json.RawMessage {
	at := root
	for part := range strings.SplitSeq(strings.Trim(ref, "#/"), "/") {
		var members map[string]json.RawMessage
		if part != "" && json.Unmarshal(at, &members) == nil {
			at = members[part]
		}
	}
	return at
}
