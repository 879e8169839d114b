package schema

import (
	"encoding/json"
	"strings"

	"bizbatch/batch"
)

// Note says of a record's answer why it does not fit, or has its texts as plain
// text: what is checked of an answer are its sentences, and not the quotes and names
// of JSON.
func (s *Schema) Note(rec *batch.Record) {
	if rec.Answer == nil {
		return
	}
	text, _, _ := rec.Answer.Numbered()
	_, at, err := s.find(text)
	if err != nil {
		rec.Unfit = err.Error()
		return
	}
	objects, err := objectsIn(rec.Answer.Text) // the same, with citations as they were sent
	if err != nil || at >= len(objects) {
		return
	}
	plain := *rec.Answer
	plain.Text = strings.Join(textsIn(objects[at]), "\n\n")
	rec.Plain = &plain
}

// textsIn are the texts in a value, in order.
func textsIn(value json.RawMessage) (list []string) {
	switch value[0] {
	case '"':
		return []string{valueOf(value).(string)}
	case '{':
		for _, m := range members(value) {
			list = append(list, textsIn(m.value)...)
		}
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(value, &items) // it was JSON
		for _, item := range items {
			list = append(list, textsIn(item)...)
		}
	}
	return list
}
