package batch

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A common holds what every request of a run has from its settings, unless a
// question sets it for itself: the members of the request by their names, and
// as "role" the role of its message.
type common map[string]json.RawMessage

func (s Settings) common() common {
	c := common{}
	if plain, _, err := s.Request(Question{}); err == nil { // else no question could be imported
		_ = json.Unmarshal(plain.Payload, &c) // it was encoded just now
	}
	delete(c, "messages")
	c["model"], c["role"] = nil, nil // no question sets them
	return c
}

// members reports of each member of a request whether it is common to the run,
// and not the question's own.
func (c common) members(payload json.RawMessage) map[string]bool {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(payload, &body) // the checkpoint's; what is no object has no members
	delete(body, "messages")
	isCommon := map[string]bool{}
	for name, value := range body {
		isCommon[name] = bytes.Equal(value, c[name]) // both are canonical
	}
	isCommon["model"], isCommon["role"] = true, true
	return isCommon
}

// refused returns the setting that e refuses: "model", "role" or the name of a
// parameter, which may be one that is missing, or that the client sets, such as stream.
// It is empty where e is about the question, what it sets for itself included, or does
// not say.
func (c common) refused(e *Error, payload json.RawMessage) string {
	switch status := e.status(); {
	case e.MaybeCharged, e.contentRefused(): // the settings were good enough to begin
		return ""
	case (status == 404 || status == 410) && e.aboutModel(), status == 403 && e.member() == "model":
		return "model"
	case status != 400 && status != 422:
		return ""
	}
	isCommon := c.members(payload)
	if e.Param != "" {
		for name, is := range isCommon {
			if oneSpelling(name) != oneSpelling(e.member()) {
				continue
			}
			if is {
				return name
			}
			return ""
		}
		if slices.Contains(questionMembers, e.member()) {
			return ""
		}
		return e.member()
	}
	if e.aboutLength() {
		return ""
	}
	names := slices.Sorted(maps.Keys(isCommon))
	if slices.ContainsFunc(names, func(name string) bool { return !isCommon[name] && e.mentions(name) }) {
		return ""
	}
	// Many a refusal of a parameter mentions the model as well.
	names = slices.DeleteFunc(names, func(name string) bool { return name == "model" || name == "role" })
	for _, name := range slices.Concat([]string{"role"}, names, []string{"model"}) {
		if e.mentions(name) {
			return name
		}
	}
	return ""
}

// questionMembers are what services call the member with the question.
var questionMembers = []string{"messages", "message", "content", "contents", "input", "inputs", "prompt", "query", "question", "text"}

// member returns the member of the request that Param is about, or is part of.
func (e *Error) member() string {
	path := strings.FieldsFunc(e.Param, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	switch {
	case len(path) == 0:
		return ""
	case path[0] == "messages" && slices.Contains(path, "role"):
		return "role"
	}
	return path[0]
}

// mentions reports whether the message has the name as a word of its own, in
// whatever spelling.
func (e *Error) mentions(name string) bool {
	words := strings.Split(oneSpelling(name), "_")
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(`(?i)\b` + strings.Join(words, `[_ -]?`) + `\b`).MatchString(e.Message)
}

var spelling = strings.NewReplacer("-", "_", " ", "_")
var humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// oneSpelling writes a name as ask_mode that is askMode or ask-mode elsewhere: a
// service may call a member otherwise than it is sent.
func oneSpelling(name string) string {
	return strings.ToLower(spelling.Replace(humps.ReplaceAllString(name, "${1}_${2}")))
}

var lengthWords = regexp.MustCompile(`(?i)context[_ ](length|window)|too long`)

// aboutLength reports whether the question is too long, for the model as it may say.
func (e *Error) aboutLength() bool { return lengthWords.MatchString(e.Type + " " + e.Message) }

// prove notes that a question was answered under its settings.
func (r *runner) prove(it *item) {
	if len(r.unproven) == 0 {
		return
	}
	isCommon := r.common.members(it.Payload)
	for name := range r.unproven {
		if is, sent := isCommon[name]; is || !sent {
			delete(r.unproven, name)
		}
	}
}
