package batch

import (
	"encoding/json"
	"strings"
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
	quoted := originals{}
	for placeholder, original := range o {
		b, _ := json.Marshal(original) // a string: cannot fail
		quoted[placeholder] = string(b[1 : len(b)-1])
	}
	return []byte(quoted.restore(string(value)))
}
