package bizora

import (
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"

	"bizbatch/batch/chat"
	"bizbatch/internal/prose"
)

// customData handles a custom_data object and reports whether it kept everything in
// it.
func customData(a chat.Draft, v gjson.Result) bool {
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
		if title := v.Get("title").String(); v.Get("status").Str != "completed" {
			a.Step(title)
		}
		if a.Room() {
			a.Steps = append(a.Steps, chat.Raw(v))
		}
		return true
	case "source_message":
		return list(a, v.Get("content")) && only(v, "content")
	case "source_titles": // sources of which only the title is said
		return list(a, v.Get("source_titles")) && only(v, "source_titles")
	case "ai_metadata":
		if a.Metadata != nil {
			a.Keep(a.Metadata)
		}
		a.Metadata = without(v, "sources")
		sources := v.Get("sources")
		return list(a, sources) || sources.Type == gjson.Null
	case "suggestions":
		return suggestions(a, v.Get("suggestions")) && only(v, "suggestions")
	case "enrichAnswerSources":
		summary := v.Get("enrichAnswerSources")
		if summary.Str != "" {
			a.Summary = summary.Str
		}
		return summary.Type == gjson.String && only(v, "enrichAnswerSources")
	}
	return false
}

func suggestions(a chat.Draft, list gjson.Result) (understood bool) {
	understood = list.IsArray()
	list.ForEach(func(_, item gjson.Result) bool {
		if item.Type != gjson.String {
			understood = false
		} else if a.Room() {
			a.Suggestions = append(a.Suggestions, prose.UTF8(item.Str))
		}
		return !a.Full()
	})
	return understood
}

// list handles a list of sources and reports whether v is one.
func list(a chat.Draft, sources gjson.Result) (understood bool) {
	understood = sources.IsArray()
	sources.ForEach(func(_, source gjson.Result) bool {
		if understood = understood && source.IsObject(); understood {
			a.AddSource(source.Get("node_id").String(), source)
		}
		return !a.Full()
	})
	return understood
}

// only reports whether an object has no members except its type and the given ones.
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
			object = append(object, prose.UTF8(key.Raw)...)
			object = append(object, ':')
			object = append(object, prose.UTF8(value.Raw)...)
		}
		return true
	})
	return append(object, '}')
}
