package bizora

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
)

// unknown keeps a member of a chunk, a choice or a delta of which nothing else is
// known: under its place and name, each value once in a row. What services call
// citations is kept until the end, for it becomes sources.
func (c *collector) unknown(place, name string, value gjson.Result) {
	if value.Type == gjson.Null || value.Raw == `""` {
		return
	}
	c.added++
	if isCitations[name] && value.IsArray() {
		if c.lists == nil {
			c.lists = map[string]string{}
		}
		if c.lists[name] != value.Raw { // each chunk may bring all of it
			c.lists[name] = strings.Clone(value.Raw)
		}
		return
	}
	key := toUTF8(place + "." + name)
	values := c.answer.Extra[key]
	if n := len(values); n > 0 && string(values[n-1]) == value.Raw || !c.room() {
		return
	}
	if c.answer.Extra == nil {
		c.answer.Extra = map[string][]json.RawMessage{}
	}
	c.extra++
	c.answer.Extra[key] = append(values, raw(value))
}

// isCitations are the names under which services send what the numbers in a text
// stand for: Perplexity's (search_results has titles to the same addresses),
// OpenAI's, and those of others.
var isCitations = map[string]bool{"citations": true, "search_results": true, "annotations": true, "references": true}

// numberedSources makes sources of citations: the nth is what [n] in the text
// stands for. Of several lists the first counts, and the others only add to it.
func (c *collector) numberedSources() (sources []batch.Source) {
	at := map[string]int{} // by address
	for _, name := range []string{"citations", "search_results", "annotations", "references"} {
		first := len(sources) == 0
		gjson.Parse(c.lists[name]).ForEach(func(_, item gjson.Result) bool {
			source := citedSource(item)
			url := source.URL()
			if i, known := at[url]; known && url != "" {
				for member, value := range source {
					if sources[i][member] == nil {
						sources[i][member] = value
					}
				}
			} else if first && len(sources) < maxKept {
				at[url] = len(sources)
				source["number"] = strconv.AppendInt(nil, int64(len(sources)+1), 10)
				sources = append(sources, source)
			}
			return true
		})
	}
	return sources
}

// citedSource is an item of a list of citations: an address, an object, or
// OpenAI's url_citation within one.
func citedSource(item gjson.Result) batch.Source {
	source := batch.Source{}
	if item.Type == gjson.String {
		source["url"] = raw(item)
		return source
	}
	if inner := item.Get("url_citation"); inner.IsObject() {
		item = inner
	}
	item.ForEach(func(name, value gjson.Result) bool {
		source[toUTF8(name.Str)] = raw(value)
		return true
	})
	for _, name := range []string{"uri", "link", "href"} {
		if source["url"] == nil && source[name] != nil {
			source["url"] = source[name]
		}
	}
	return source
}
