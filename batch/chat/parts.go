package chat

import (
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// delta handles what a chunk adds to the answer.
func (c *collector) delta(delta gjson.Result) {
	thought := "" // some services say it under two names
	delta.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "content":
			c.added++
			switch {
			case value.IsArray():
				value.ForEach(func(_, part gjson.Result) bool {
					c.part(part)
					return true
				})
			case value.Type == gjson.String:
				c.text.add(value)
				c.content = value
			default:
				c.part(value)
			}
		case "refusal":
			if value.Str != "" {
				c.text.add(value)
				c.added++
				c.refused = true
			}
		case "reasoning_content", "reasoning", "thinking":
			if value.Type != gjson.String {
				c.unknown("delta", name.Str, value)
			} else if value.Raw != thought {
				thought = value.Raw
				c.reasoning.add(value)
				c.added++
			}
		case "role":
		default:
			c.unknown("delta", name.Str, value)
		}
		return true
	})
}

// part handles a part of a text that is sent in parts: text, reasoning (for Mistral
// a list of texts), or something else.
func (c *collector) part(part gjson.Result) {
	if part.Type == gjson.String {
		c.text.add(part)
		return
	}
	if !part.IsObject() {
		c.unknown("delta", "content", part)
		return
	}
	part.ForEach(func(name, value gjson.Result) bool {
		switch {
		case name.Str == "type":
		case name.Str == "text" && value.Type == gjson.String:
			c.text.add(value)
		case name.Str == "thinking" && value.Type == gjson.String:
			c.reasoning.add(value)
		case name.Str == "thinking" && value.IsArray():
			value.ForEach(func(_, thought gjson.Result) bool {
				c.reasoning.add(thought.Get("text"))
				return true
			})
		default:
			c.unknown("part", name.Str, value)
		}
		return true
	})
}

// again handles a message after deltas. It repeats their texts, and is kept only if
// it differs.
func (c *collector) again(message gjson.Result) {
	message.ForEach(func(name, value gjson.Result) bool {
		so := map[string]*parts{"content": &c.text, "refusal": &c.text, "reasoning_content": &c.reasoning, "reasoning": &c.reasoning, "thinking": &c.reasoning}[name.Str]
		switch {
		case name.Str == "role":
		case so == nil, strings.TrimSpace(hideAll(c.secrets, so.String())) != strings.TrimSpace(value.Str):
			c.unknown("message", name.Str, value)
		}
		return true
	})
}

// Parts are strings of JSON that are joined to one text. A character beyond the
// basic plane is written as two escapes, and servers written in JavaScript may
// send its halves in two strings.
type parts struct {
	strings.Builder
	half string // the first half of a character, as an escape, with which the last string ended
}

func (p *parts) add(s gjson.Result) {
	if s.Type != gjson.String || s.Raw == `""` {
		return
	}
	raw := s.Raw
	if p.half != "" {
		raw = `"` + p.half + raw[1:]
		p.half = ""
	}
	if n := len(raw) - len(`\ud83d"`); n > 0 && highHalf.MatchString(raw[n:]) && (n-len(strings.TrimRight(raw[:n], `\`)))%2 == 0 {
		p.half, raw = raw[n:len(raw)-1], raw[:n]+`"`
	}
	if raw != s.Raw {
		s = gjson.Parse(raw)
	}
	p.WriteString(s.Str)
}

// end puts a sign where half a character is left whose other half never came.
func (p *parts) end() {
	if p.half != "" {
		p.WriteString("\uFFFD")
		p.half = ""
	}
}

var highHalf = regexp.MustCompile(`^\\u[dD][89abAB][0-9a-fA-F]{2}"$`)
