package chat

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// unknown handles a member of a chunk, a choice or a delta that not every service
// sends. Unknown members are kept under their place and name. Equal consecutive
// values are kept once, except in a delta, where an equal value can be new (the
// arguments of a tool call arrive in pieces). Citations are kept until the end, and
// become sources.
func (c *collector) unknown(place, name string, value gjson.Result) {
	if take := c.provided[name]; take != nil {
		c.special(take, value)
		return
	}
	if value.Type == gjson.Null || value.Raw == `""` {
		return
	}
	c.added++
	if slices.Contains(citations, name) && value.IsArray() {
		c.cite(name, value)
		return
	}
	key := prose.UTF8(place + "." + name)
	values, raw := c.answer.Extra[key], Raw(value)
	if n := len(values); place != "delta" && n > 0 && bytes.Equal(values[n-1], raw) || c.extra == maxMembers {
		return
	}
	if c.answer.Extra == nil {
		c.answer.Extra = map[string][]json.RawMessage{}
	}
	c.extra++
	c.answer.Extra[key] = append(values, raw)
}

// citations are the names under which services send the sources of numbered
// citations: Perplexity's (search_results has titles for the same addresses),
// OpenAI's, and others.
var citations = []string{"citations", "search_results", "references", "annotations"}

// cite handles a list of citations. Some services send the whole list in each chunk,
// others only new citations.
func (c *collector) cite(name string, list gjson.Result) {
	var items []string
	list.ForEach(func(_, item gjson.Result) bool {
		items = append(items, item.Raw)
		return true
	})
	known := c.lists[name]
	if len(items) >= len(known) && slices.Equal(items[:len(known)], known) {
		items = items[len(known):]
	} else {
		items = slices.DeleteFunc(items, func(item string) bool { return slices.Contains(known, item) })
	}
	for _, item := range items {
		if c.extra == maxMembers {
			break
		}
		c.extra++
		known = append(known, prose.UTF8(strings.Clone(item)))
	}
	if c.lists == nil {
		c.lists = map[string][]string{}
	}
	c.lists[name] = known
}

// takeLists makes sources of citations, unless the answer has sources of its own.
func (c *collector) takeLists() {
	a := &c.answer
	if len(a.Sources) == 0 {
		a.Sources = c.numberedSources()
		return
	}
	for name, items := range c.lists {
		if a.Extra == nil {
			a.Extra = map[string][]json.RawMessage{}
		}
		for _, item := range items {
			a.Extra[name] = append(a.Extra[name], json.RawMessage(item))
		}
	}
}

// numberedSources converts citations to sources. [n] in the text refers to the nth
// citation of the first list. The other lists add to these sources; their further
// entries have no number. Annotations mark places in the text, and several may have
// the same source.
func (c *collector) numberedSources() (sources []batch.Source) {
	at := map[string]int{} // by address
	for _, name := range citations {
		first := len(sources) == 0
		for _, item := range c.lists[name] {
			source := citedSource(gjson.Parse(item))
			url := source.URL()
			i, known := at[url]
			if known && url != "" && (!first || name == "annotations") {
				for member, value := range source {
					if sources[i][member] == nil {
						sources[i][member] = value
					}
				}
				continue
			}
			if first {
				source["number"] = strconv.AppendInt(nil, int64(len(sources)+1), 10)
			}
			if !known {
				at[url] = len(sources)
			}
			sources = append(sources, source)
		}
	}
	return sources
}

// citedSource returns an item of a list of citations: an address, an object, or
// OpenAI's url_citation within one.
func citedSource(item gjson.Result) batch.Source {
	source := batch.Source{}
	switch {
	case item.Type == gjson.String:
		source["url"] = Raw(item)
		return source
	case !item.IsObject():
		source["reference"] = Raw(item)
		return source
	}
	if inner := item.Get("url_citation"); inner.IsObject() {
		item = inner
	}
	item.ForEach(func(name, value gjson.Result) bool {
		source[prose.UTF8(name.Str)] = Raw(value)
		return true
	})
	for _, name := range []string{"uri", "link", "href"} {
		if source["url"] == nil && source[name] != nil {
			source["url"] = source[name]
		}
	}
	return source
}
