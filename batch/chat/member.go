package chat

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A Member handles an object that only one service sends, and reports whether it has
// kept everything in it. If not, the object is kept in [batch.Answer].Other as it
// was sent. A Member is called for each object in a list, and for an object that is
// encoded in a string.
type Member func(d Draft, object gjson.Result) bool

// A Draft is the part of an answer that has arrived.
type Draft struct {
	*batch.Answer
	c *collector
}

// Room reports whether the answer has room for another object.
func (d Draft) Room() bool { return d.c.room() }

// Full reports that the answer has too many parts and that reading stops.
func (d Draft) Full() bool { return d.c.excess != nil }

// Keep keeps an object as it was sent, in [batch.Answer].Other.
func (d Draft) Keep(object json.RawMessage) { d.c.other(object) }

// AddSource adds a source. If a source with the same ID exists, its fields are
// replaced by those of the new one that are not empty. Sources without an ID are
// equal only if all bytes are.
func (d Draft) AddSource(id string, source gjson.Result) { d.c.source(id, source) }

// Step tells the run what the service is doing.
func (d Draft) Step(title string) {
	if d.c.step != nil {
		d.c.step(title)
	}
}

// Raw copies a value as it was sent, so that the line it stood in can go.
func Raw(v gjson.Result) json.RawMessage { return json.RawMessage(prose.UTF8(v.Raw)) }

// special handles a member that only this service sends.
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
