package chat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// custom takes in a custom_data value. It is an object as a rule; a list of
// objects and an object written into a string have been met too. An object
// that is not understood to its last member is kept among the others.
func (c *collector) custom(v gjson.Result) {
	if v.Type == gjson.Null {
		return
	}
	c.added++
	switch {
	case v.IsArray():
		v.ForEach(func(_, item gjson.Result) bool {
			c.custom(item)
			return c.excess == nil
		})
	case v.Type == gjson.String && valid(v.Str):
		c.custom(gjson.Parse(c.hideKey(v.Str)))
	case !c.object(v):
		c.other(raw(v))
	}
}

func (c *collector) other(object json.RawMessage) {
	if c.room() {
		c.answer.Other = append(c.answer.Other, object)
	}
}

// object takes in a custom_data object and says whether nothing of it is lost.
func (c *collector) object(v gjson.Result) bool {
	a := &c.answer
	switch v.Get("type").String() {
	case "start":
		a.RequestID = v.Get("request_id").String()
		return only(v, "request_id")
	case "human_message": // role and content echo the question
		a.ThreadID = v.Get("thread_id").String()
		if id := v.Get("request_id").String(); id != "" {
			a.RequestID = id
		}
		return only(v, "role", "content", "thread_id", "request_id")
	case "step_message":
		if c.room() {
			a.Steps = append(a.Steps, raw(v))
		}
		return true
	case "source_message":
		return c.list(v.Get("content")) && only(v, "content")
	case "source_titles": // sources of which only the title is said
		return c.list(v.Get("source_titles")) && only(v, "source_titles")
	case "ai_metadata":
		if a.Metadata != nil {
			c.other(a.Metadata)
		}
		a.Metadata = without(v, "sources")
		return c.list(v.Get("sources")) || !given(v.Get("sources"))
	case "suggestions":
		return c.suggestions(v.Get("suggestions")) && only(v, "suggestions")
	case "enrichAnswerSources":
		summary := v.Get("enrichAnswerSources")
		if summary.Str != "" {
			a.Summary = summary.Str
		}
		return summary.Type == gjson.String && only(v, "enrichAnswerSources")
	}
	return false
}

func (c *collector) suggestions(list gjson.Result) (understood bool) {
	understood = list.IsArray()
	list.ForEach(func(_, item gjson.Result) bool {
		if item.Type != gjson.String {
			understood = false
		} else if c.room() {
			c.answer.Suggestions = append(c.answer.Suggestions, toUTF8(item.Str))
		}
		return c.excess == nil
	})
	return understood
}

// list takes in a list of sources and says whether it was one.
func (c *collector) list(sources gjson.Result) (understood bool) {
	understood = sources.IsArray()
	sources.ForEach(func(_, source gjson.Result) bool {
		if understood = understood && source.IsObject(); understood {
			c.source(source)
		}
		return c.excess == nil
	})
	return understood
}

// source adds a source, or what is said of it anew: what arrives later
// replaces what came before, unless it is empty. A source without a node id is
// the same only if every byte of it is.
func (c *collector) source(v gjson.Result) {
	id := v.Get("node_id").String()
	if id == "" {
		id = v.Raw
	}
	at, known := c.sources[id]
	if !known {
		if !c.room() {
			return
		}
		if c.sources == nil {
			c.sources = map[string]int{}
		}
		at = len(c.answer.Sources)
		c.sources[strings.Clone(id)] = at
		c.answer.Sources = append(c.answer.Sources, batch.Source{})
	}
	source := c.answer.Sources[at]
	v.ForEach(func(key, value gjson.Result) bool {
		name := toUTF8(key.Str)
		old, had := source[name]
		empty := value.Type == gjson.Null || value.Raw == `""`
		if !had {
			c.members++
		}
		if c.members > maxMembers {
			c.excess = tooLong(fmt.Sprintf("the answer's sources have more than %d members", maxMembers))
		} else if !had || !empty && string(old) != value.Raw {
			source[strings.Clone(name)] = raw(value)
		}
		return c.excess == nil
	})
}

// only says whether an object has no members but its type and these.
func only(v gjson.Result, names ...string) bool {
	rest := false
	v.ForEach(func(name, _ gjson.Result) bool {
		rest = name.Str != "type" && !slices.Contains(names, name.Str)
		return !rest
	})
	return !rest
}

// without returns an object as it was sent, but for one member.
func without(v gjson.Result, name string) json.RawMessage {
	object := []byte("{")
	v.ForEach(func(key, value gjson.Result) bool {
		if key.Str != name {
			if len(object) > 1 {
				object = append(object, ',')
			}
			object = append(object, toUTF8(key.Raw)...)
			object = append(object, ':')
			object = append(object, toUTF8(value.Raw)...)
		}
		return true
	})
	return append(object, '}')
}

// toUTF8 replaces what is not UTF-8, and would not survive being saved as JSON.
func toUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
