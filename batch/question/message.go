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

// reserved are the request parameters that a row cannot set.
var reserved = []string{"messages", "model", "stream", "stream_options"}

// request finds a conversation and the request parameters: in the members
// messages and params, or in the body of an OpenAI Batch line.
func (o *object) request() (messages gjson.Result, params map[string]json.RawMessage, err error) {
	var found [3]gjson.Result
	for i, name := range [...]string{"messages", "params", "body"} {
		at, err := first(o.keys, name)
		if err != nil {
			return messages, nil, err
		}
		if at >= 0 {
			found[i] = o.values[at]
		}
	}
	messages, given, body := found[0], found[1], found[2]
	if given.Type != gjson.Null && !given.IsObject() {
		return messages, nil, &Error{Msg: `"params" is not an object`}
	}
	params = members(given)
	for _, name := range reserved {
		if _, ok := params[name]; ok {
			return messages, nil, &Error{Msg: fmt.Sprintf("%q cannot be set in params", name)}
		}
	}
	if body := members(body); messages.Type == gjson.Null && body["messages"] != nil {
		messages = gjson.ParseBytes(body["messages"])
		maps.Copy(body, params)
		for _, name := range reserved {
			delete(body, name)
		}
		params = body
	}
	return messages, params, nil
}

// members are an object's members as they are written; of nothing else.
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
		asked = asked || isUser(msg) && strings.TrimSpace(msg.Content) != ""
		q.Messages = append(q.Messages, msg)
	}
	if !asked {
		q.Messages, q.Skip = nil, noQuestion
		return nil
	}
	if last := q.Messages[len(q.Messages)-1]; !isUser(last) {
		return &Error{Msg: fmt.Sprintf("the last message is of the %s, not of the user", last.Role)}
	} else if strings.TrimSpace(last.Content) == "" {
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
		if kind := part.Get("type").String(); kind != "text" && kind != "input_text" {
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
