package schema

import (
	"encoding/json"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// What is checked of an answer in JSON are its sentences: the quotes of JSON are no
// quotations, and its citations stand where they stood.
func TestTheTextsOfAStructuredAnswerAreChecked(t *testing.T) {
	const one, two = "0b0ee09f-1c2f-5a6b-8c3d-1a2b3c4d5e6f", "1b0ee09f-1c2f-5a6b-8c3d-1a2b3c4d5e6f"
	source := func(id, text string) batch.Source {
		return batch.Source{"node_id": json.RawMessage(`"` + id + `"`), "text": json.RawMessage(`"` + text + `"`)}
	}
	s := parse(t, `{"properties":{"conclusion":{"type":"string"},"more":{"type":"array"}},"required":["conclusion"]}`)
	for _, c := range []struct{ what, text, want string }{
		{"all of it is there", `{"more":["The code says \"the aggregate cost\" [` + two + `]."],"conclusion":"It is limited to $1,160,000 [` + one + `]."}`, "ok"},
		{"a figure is not", `{"conclusion":"It is limited to $1,250,000 [` + one + `]."}`, "not in the excerpts: $1,250,000"},
		{"a quotation is not", `{"conclusion":"It is \"a limited amount of cost\" [` + one + `]."}`, `not in the excerpts: "a limited amount of cost"`},
		{"it does not fit", `It is limited to $1,160,000 [` + one + `].`, "does not fit the schema: holds no JSON object"},
	} {
		rec := batch.Record{Answer: &batch.Answer{Text: c.text, FinishReason: "stop", Sources: []batch.Source{
			source(one, "limited to $1,160,000 in all"), source(two, "of the aggregate cost of property"),
		}}}
		s.Note(&rec)
		if got := check.Record(rec).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
