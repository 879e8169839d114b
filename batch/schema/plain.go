package schema

import (
	"encoding/json"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// Note says of a record's answer why it does not fit, or has its texts as plain
// text: what is checked of an answer are its sentences, and not the quotes and names
// of JSON. Without a schema it does nothing.
func (s *Schema) Note(rec *batch.Record) {
	if s == nil || rec.Answer == nil {
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

// Check returns the kinds of what there is to look at in an answer, for
// [batch.Options].
func (s *Schema) Check(a *batch.Answer, payload []byte) []string {
	rec := batch.Record{Answer: a, Payload: payload}
	s.Note(&rec)
	return check.Record(rec).Kinds()
}

// textsIn returns the texts in a value, in order.
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
