package chat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A Member takes in an object that only one service sends, and reports whether
// nothing of it is lost; else the object is kept among [batch.Answer.Other] as it
// was sent. A list of objects and an object written into a string are taken apart
// before.
type Member func(d Draft, object gjson.Result) bool

// A Draft is an answer as far as it has arrived.
type Draft struct {
	*batch.Answer
	c *collector
}

// Room reports whether the answer can take in one more object.
func (d Draft) Room() bool { return d.c.room() }

// Full reports that the answer has too many parts, and is not read on.
func (d Draft) Full() bool { return d.c.excess != nil }

// Keep keeps an object as it was sent.
func (d Draft) Keep(object json.RawMessage) { d.c.other(object) }

// AddSource adds a source, or what is said of it anew: what arrives later
// replaces what came before, unless it is empty. The same id is the same source;
// one without an id is the same only if every byte of it is.
func (d Draft) AddSource(id string, source gjson.Result) { d.c.source(id, source) }

// Raw copies a value as it was sent, so that the line it stood in can go.
func Raw(v gjson.Result) json.RawMessage { return json.RawMessage(prose.UTF8(v.Raw)) }

// special takes in a member that only this service sends.
func (c *collector) special(take Member, v gjson.Result) {
	if v.Type == gjson.Null {
		return
	}
	c.added++
	switch {
	case v.IsArray():
		v.ForEach(func(_, item gjson.Result) bool {
			c.special(take, item)
			return c.excess == nil
		})
	case v.Type == gjson.String && valid(v.Str):
		c.special(take, gjson.Parse(c.hideKey(v.Str)))
	case !take(Draft{&c.answer, c}, v):
		c.other(Raw(v))
	}
}

func (c *collector) other(object json.RawMessage) {
	if c.room() {
		c.answer.Other = append(c.answer.Other, object)
	}
}

func (c *collector) source(id string, v gjson.Result) {
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
		name := prose.UTF8(key.Str)
		old, had := source[name]
		empty := value.Type == gjson.Null || value.Raw == `""`
		if !had {
			c.members++
		}
		if c.members > maxMembers {
			c.excess = tooLong(fmt.Sprintf("the answer's sources have more than %d members", maxMembers))
		} else if !had || !empty && string(old) != value.Raw {
			source[strings.Clone(name)] = Raw(value)
		}
		return c.excess == nil
	})
}
