package question

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// A request is what an object says of the request to send.
type request struct {
	messages gjson.Result // a conversation; null: there is none
	member   string       // where it stands
	model    string       // that an OpenAI Batch line names
	params   map[string]json.RawMessage
}

// isBatchLine reports whether the object is a line for OpenAI's Batch API.
func (r request) isBatchLine() bool { return strings.HasPrefix(r.member, "body.") }

// request finds a conversation and the request parameters: in the members
// messages and params, or in the body of an OpenAI Batch line.
func (o *object) request() (r request, err error) {
	var found [3]gjson.Result
	for i, name := range [...]string{"messages", "params", "body"} {
		at, err := first(o.keys, name)
		if err != nil {
			return r, err
		}
		if at >= 0 {
			found[i] = o.values[at]
		}
	}
	given, body := found[1], members(found[2])
	r.messages, r.member = found[0], "messages"
	if given.Type != gjson.Null && !given.IsObject() {
		return r, &Error{Msg: `"params" is not an object`}
	}
	r.params = members(given)
	for _, name := range slices.Sorted(maps.Keys(r.params)) {
		if batch.CheckParam(name) != nil {
			return r, &Error{Msg: fmt.Sprintf("%q cannot be set in params", name)}
		}
	}
	if r.messages.Type != gjson.Null {
		return r, nil
	}
	switch {
	case body["messages"] != nil:
		r.messages, r.member = gjson.ParseBytes(body["messages"]), "body.messages"
	case body["input"] != nil: // a line for /v1/responses
		r.member = "body.input"
		if r.messages, err = input(body); err != nil {
			return r, err
		}
	default:
		return r, nil
	}
	if err := o.checkURL(); err != nil {
		return r, err
	}
	if model := gjson.ParseBytes(body["model"]); model.Type == gjson.String {
		r.model = model.Str
	} else if model.Type != gjson.Null {
		return r, &Error{Msg: `"body.model" is not a string`}
	}
	maps.Copy(body, r.params)
	maps.DeleteFunc(body, func(name string, _ json.RawMessage) bool { return batch.CheckParam(name) != nil })
	r.params = body
	return r, nil
}

// checkURL refuses an OpenAI Batch line that is for something else than a
// question, such as /v1/embeddings, whose body has an input too.
func (o *object) checkURL() error {
	at, err := first(o.keys, "url")
	if err != nil || at < 0 {
		return err
	}
	url := strings.TrimRight(o.values[at].String(), "/")
	if url == "" || strings.HasSuffix(url, "/chat/completions") || strings.HasSuffix(url, "/responses") {
		return nil
	}
	return &Error{Msg: fmt.Sprintf("a line for %q is no question", url), Hint: "only lines for /v1/chat/completions and /v1/responses are"}
}

// elsewhere are members of a line for /v1/responses that stand for messages
// which are not in the file.
var elsewhere = []string{"previous_response_id", "conversation", "prompt"}

// input takes the conversation out of the body of a line for OpenAI's
// /v1/responses: its instructions, and its input as a text or as messages.
func input(body map[string]json.RawMessage) (messages gjson.Result, err error) {
	for _, name := range elsewhere {
		if gjson.ParseBytes(body[name]).Type != gjson.Null {
			return messages, &Error{Msg: fmt.Sprintf("%q stands for messages that are not in the file", name), Hint: "put them into body.input"}
		}
		delete(body, name)
	}
	type message struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	}
	var list []any
	switch instructions := gjson.ParseBytes(body["instructions"]); instructions.Type {
	case gjson.Null:
	case gjson.String:
		if !blank(instructions.Str) {
			list = append(list, message{"system", body["instructions"]})
		}
	default:
		return messages, &Error{Msg: `"body.instructions" is not a string`}
	}
	switch in := gjson.ParseBytes(body["input"]); {
	case in.Type == gjson.String:
		list = append(list, message{"user", body["input"]})
	case in.IsArray():
		for _, item := range in.Array() {
			list = append(list, json.RawMessage(item.Raw))
		}
	default:
		return messages, &Error{Msg: `"body.input" is neither a string nor a list`}
	}
	delete(body, "input")
	delete(body, "instructions")
	raw, err := json.Marshal(list)
	return gjson.ParseBytes(raw), err
}

// twice returns a member that an object has twice, in itself or in what it contains: programs
// read the first, or the last.
func twice(v gjson.Result) (name string) {
	object := v.IsObject()
	if !object && !v.IsArray() {
		return ""
	}
	seen := map[string]bool{}
	v.ForEach(func(key, value gjson.Result) bool {
		if object && seen[key.Str] {
			name = key.Str
		} else {
			name = twice(value)
		}
		seen[key.Str] = true
		return name == ""
	})
	return name
}

// members returns the members of an object as they are written, and nil for
// anything else.
func members(object gjson.Result) map[string]json.RawMessage {
	if !object.IsObject() {
		return nil
	}
	m := map[string]json.RawMessage{}
	object.ForEach(func(name, value gjson.Result) bool {
		m[name.Str] = json.RawMessage(value.Raw)
		return true
	})
	return m
}

// fillMessages makes a conversation the question.
func fillMessages(q *batch.Question, list gjson.Result) error {
	if !list.IsArray() {
		return &Error{Msg: `"messages" is not a list`}
	}
	asked := false // some message of the user says something
	for i, m := range list.Array() {
		msg, err := parseMessage(m)
		if err != nil {
			return &Error{Msg: fmt.Sprintf("message %d: %v", i+1, err)}
		}
		asked = asked || isUser(msg) && !blank(msg.Content)
		q.Messages = append(q.Messages, msg)
	}
	if !asked {
		q.Messages, q.Skip = nil, noQuestion
		return nil
	}
	if last := q.Messages[len(q.Messages)-1]; !isUser(last) {
		return &Error{Msg: fmt.Sprintf("the last message is of the %s, not of the user", last.Role)}
	} else if blank(last.Content) {
		return &Error{Msg: "the last message is empty"}
	}
	subject, err := json.Marshal(q.Messages)
	q.Subject = string(subject)
	return err
}

func isUser(m batch.Message) bool { return m.Role == "user" || m.Role == "human" }

func parseMessage(m gjson.Result) (msg batch.Message, err error) {
	if !m.IsObject() {
		return msg, fmt.Errorf("not an object")
	}
	if kind := m.Get("type").String(); kind != "" && kind != "message" {
		return msg, fmt.Errorf("is of type %q: only messages can be sent", kind)
	}
	msg.Role = strings.ToLower(m.Get("role").String())
	if msg.Role == "developer" { // OpenAI's newer name
		msg.Role = "system"
	}
	if !slices.Contains([]string{"system", "user", "assistant", "human", "ai"}, msg.Role) {
		return msg, fmt.Errorf("unknown role %q", msg.Role)
	}
	msg.Content, err = parseContent(m.Get("content"))
	return msg, err
}

// parseContent reads a message's content: a string, or a list of text parts.
func parseContent(content gjson.Result) (string, error) {
	if content.Type == gjson.String {
		return content.Str, nil
	}
	if !content.IsArray() {
		return "", fmt.Errorf("content is neither a string nor a list of parts")
	}
	var texts []string
	for _, part := range content.Array() {
		if !part.IsObject() {
			return "", fmt.Errorf("content part that is not an object")
		}
		if kind := part.Get("type").String(); kind != "text" && kind != "input_text" && kind != "output_text" {
			return "", fmt.Errorf("content part of type %q: only text can be sent", kind)
		}
		text := part.Get("text")
		if text.Type != gjson.String {
			return "", fmt.Errorf("content part without text")
		}
		texts = append(texts, text.Str)
	}
	return strings.Join(texts, "\n"), nil
}
