package batch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Settings are sent with every question of a run. They are part of the identity of a
// request: a question is asked again if a setting changes, after the user agrees.
type Settings struct {
	// Model is the model to ask. Default "bizora-1.0", the only model of the Bizora
	// API.
	Model string `json:"model"`
	// Role is the role of the message that contains the question. Default "human",
	// which the Bizora API requires. Other OpenAI-compatible services require
	// "user".
	Role string `json:"role"`
	// AskMode is the ask mode, one of AskModes. Default: none is sent.
	AskMode AskMode `json:"ask_mode,omitempty"`
	// AskModes are the ask modes of the service and their prices.
	AskModes AskModes `json:"-"`
	// Params are additional members of every request.
	Params map[string]json.RawMessage `json:"params,omitempty"`
	// Masked reports that placeholders stand for private text. It is used only to
	// report changed settings: package private masks the questions.
	Masked string `json:"masked,omitempty"`
	// Template is the template that built the questions, if any. It is used only to
	// report changed settings: package question applies it.
	Template string `json:"template,omitempty"`
	// Schema is the JSON Schema that answers are asked to fit, without white space;
	// empty: none.
	Schema json.RawMessage `json:"schema,omitempty"`
	// SchemaInMessage has the question tell it, where the service takes no
	// response_format.
	SchemaInMessage bool `json:"schema_in_message,omitempty"`
}

func (s Settings) withDefaults() Settings {
	s.Model = cmp.Or(s.Model, "bizora-1.0")
	s.Role = cmp.Or(s.Role, "human")
	return s
}

// CheckParam returns an error if the name is that of a request parameter that cannot
// be set: model, messages, stream or stream_options.
func CheckParam(name string) error {
	switch name {
	case "model", "messages", "stream", "stream_options":
		return fmt.Errorf("%q cannot be set as a parameter", name)
	}
	return nil
}

// Request returns the request for a question, and the ask mode that determines its
// price. Equal questions have equal payloads.
func (s Settings) Request(q Question) (Request, AskMode, error) {
	s = s.withDefaults()
	body := make(map[string]any, 3+len(s.Params)+len(q.Params))
	for _, params := range []map[string]json.RawMessage{s.Params, q.Params} {
		for name, value := range params {
			if err := CheckParam(name); err != nil {
				return Request{}, "", err
			}
			v, err := canonical(value)
			if err != nil {
				return Request{}, "", fmt.Errorf("parameter %q: %w", name, err)
			}
			body[name] = v
		}
	}
	if mode := cmp.Or(q.AskMode, s.AskMode); mode != "" && (q.AskMode != "" || q.Params[s.AskModes.Member] == nil) {
		name, err := s.AskModes.Parse(string(mode))
		if err != nil {
			return Request{}, "", err
		}
		body[s.AskModes.Member] = s.AskModes.named(name).Wire
	}
	body["model"] = cmp.Or(q.Model, s.Model)
	messages := s.messages(q)
	if err := s.askBySchema(body, messages); err != nil {
		return Request{}, "", err
	}
	body["messages"] = messages
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil { // a map's members are written in order
		return Request{}, "", err
	}
	return Request{Payload: bytes.TrimSuffix(b.Bytes(), []byte("\n"))}, s.AskModes.of(body), nil
}

// canonical decodes a value without touching its numbers, so that it is
// encoded again in one way only.
func canonical(value json.RawMessage) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("%.40q is not JSON: %w", value, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%.40q is more than one JSON value", value)
	}
	return v, nil
}

// messages returns the conversation in the roles of the service.
func (s Settings) messages(q Question) []Message {
	if q.Messages == nil {
		return []Message{{Role: s.Role, Content: q.Text}}
	}
	var system []string
	var out []Message
	for _, m := range q.Messages {
		switch m.Role {
		case "system", "developer":
			if s.Role == "human" {
				system = append(system, m.Content)
				continue
			}
			m.Role = "system"
		case "assistant", "ai":
			m.Role = "assistant"
			if s.Role == "human" {
				m.Role = "ai"
			}
		default:
			m.Role = s.Role
		}
		out = append(out, m)
	}
	if system == nil {
		return out
	}
	// Bizora has no system role: instructions ride in the first human message.
	i := slices.IndexFunc(out, func(m Message) bool { return m.Role == s.Role })
	if i < 0 {
		return append(out, Message{Role: s.Role, Content: strings.Join(system, "\n\n")})
	}
	out[i].Content = strings.Join(append(system, out[i].Content), "\n\n")
	return out
}

// diff names what differs between two runs' settings, one line each: "ask mode
// fast → deep".
func (s Settings) diff(old Settings) (lines []string) {
	add := func(what, from, to string) {
		if from != to {
			lines = append(lines, fmt.Sprintf("%s %s → %s", what, cmp.Or(from, "none"), cmp.Or(to, "none")))
		}
	}
	add("model", old.Model, s.Model)
	add("role", old.Role, s.Role)
	add("ask mode", string(old.AskMode), string(s.AskMode))
	names := slices.AppendSeq(slices.Collect(maps.Keys(old.Params)), maps.Keys(s.Params))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		add("parameter "+name, oneForm(old.Params[name]), oneForm(s.Params[name]))
	}
	if old.Masked != "" && s.Masked != "" {
		add("masks of private text", old.Masked, s.Masked)
	} else {
		add("private text", cmp.Or(old.Masked, "sent"), cmp.Or(s.Masked, "sent"))
	}
	if old.Template != s.Template {
		lines = append(lines, "the template")
	}
	if escaped(old.Schema) != escaped(s.Schema) {
		lines = append(lines, "the schema")
	}
	return lines
}

// escaped writes a schema as the checkpoint keeps it. The order of its members
// stays: answers have it.
func escaped(schema json.RawMessage) string {
	b, err := json.Marshal(schema)
	if err != nil {
		return string(schema)
	}
	return string(b)
}

// oneForm writes a value in the one way in which it is compared.
func oneForm(value json.RawMessage) string {
	v, err := canonical(value)
	if err != nil {
		return string(value)
	}
	b, _ := json.Marshal(v) // it was JSON
	return string(b)
}

// Asked returns the texts of a request's messages: what was asked, and what was said
// before it. The schema that a message may tell is not among them.
func Asked(payload json.RawMessage) string { return strings.Join(asked(payload), "\n\n") }
