package batch

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Originals are what the placeholders of a question stand for, by placeholder.
type originals map[string]string

// json returns the originals as the checkpoint keeps them, or nil if there are none.
func (o originals) json() []byte {
	if len(o) == 0 {
		return nil
	}
	b, _ := json.Marshal(o) // strings: cannot fail
	return b
}

func originalsIn(kept []byte) (o originals, err error) {
	if kept == nil {
		return nil, nil
	}
	return o, json.Unmarshal(kept, &o)
}

// restore puts the originals back into a text that speaks of the placeholders.
func (o originals) restore(text string) string {
	for placeholder, original := range o {
		text = strings.ReplaceAll(text, placeholder, original)
	}
	return text
}

// restoreJSON does the same in the strings of a JSON value.
func (o originals) restoreJSON(value []byte) []byte {
	if len(o) == 0 {
		return value
	}
	return []byte(o.quoted().restore(string(value)))
}

// restoreAnswer does the same in an answer as the checkpoint keeps it. The text of
// one that was asked for by a schema is JSON within that, and stays so.
func (o originals) restoreAnswer(answer, payload []byte) []byte {
	text := gjson.GetBytes(answer, "text")
	if len(o) == 0 || !hasSchema(payload) || !strings.Contains(text.Str, "{") || text.Index == 0 {
		return o.restoreJSON(answer)
	}
	end := text.Index + len(text.Raw)
	return slices.Concat(o.restoreJSON(answer[:text.Index]), o.quoted().restoreJSON([]byte(text.Raw)), o.restoreJSON(answer[end:]))
}

// quoted are the originals as they stand in strings of JSON.
func (o originals) quoted() originals {
	quoted := originals{}
	for placeholder, original := range o {
		b, _ := json.Marshal(original) // a string: cannot fail
		quoted[placeholder] = string(b[1 : len(b)-1])
	}
	return quoted
}
