package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bizbatch/batch"
)

// Data is an answer that fits.
type Data struct {
	// Object is the JSON object, as it stands in the answer, with citations as
	// [batch.Answer.Numbered] numbers them.
	Object json.RawMessage
	// Values are its members in the order of [Schema.Names]: a string, a
	// json.Number, a bool, or nil if the member is missing or null. A list of texts
	// and numbers is a string with a line for each. Any other list, and an object
	// without properties in the schema, is JSON in a string.
	Values []any
}

// Names returns the names of the columns, in the schema's order of properties;
// those of members within others are dotted.
func (s *Schema) Names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name()
	}
	return names
}

// Fit reads the object in an answer that fits the schema. The object may stand alone,
// in a code fence, or among prose. The error says why no object fits, or why it is
// not certain which one is the answer.
func (s *Schema) Fit(a *batch.Answer) (Data, error) {
	text, _, _ := a.Numbered()
	object, _, err := s.find(text)
	if err != nil {
		return Data{}, err
	}
	d := Data{Object: object, Values: make([]any, len(s.columns))}
	for i, c := range s.columns {
		value := object
		for _, name := range c {
			value = get(value, name)
		}
		d.Values[i] = valueOf(value)
	}
	return d, nil
}

// Why returns an error that says why an answer does not fit, or nil if it fits.
func (s *Schema) Why(a *batch.Answer) error {
	text, _, _ := a.Numbered()
	_, _, err := s.find(text)
	return err
}

// find finds the one object of a text that fits, and which of its objects that is.
func (s *Schema) find(text string) (found json.RawMessage, at int, err error) {
	objects, err := objectsIn(text)
	if err != nil {
		return nil, 0, err
	}
	var fits []json.RawMessage
	var longest json.RawMessage
	var why error
	for i, object := range objects {
		err := s.validate(object)
		switch {
		case err != nil && len(object) > len(longest):
			longest, why = object, err
		case err == nil && (len(fits) == 0 || !bytes.Equal(fits[0], object)):
			fits, at = append(fits, object), i
		}
	}
	switch len(fits) {
	case 0:
		return nil, 0, why
	case 1:
		return fits[0], at, nil
	}
	return nil, 0, fmt.Errorf("holds %d JSON objects that fit", len(fits))
}

func (s *Schema) validate(object json.RawMessage) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(object))
	if err != nil {
		return err
	}
	err = s.compiled.Validate(value)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return errors.New(causes(invalid))
	}
	return err
}

// beginning is where an object begins; a brace of prose is none.
var beginning = regexp.MustCompile(`\{\s*(\}|"(?:[^"\\]|\\.)*"\s*:)`)

// objectsIn returns the JSON objects that stand in a text, not those within
// others. One that is broken is an error: what stands in it is not the answer.
func objectsIn(text string) (list []json.RawMessage, err error) {
	for {
		at := beginning.FindStringIndex(text)
		if at == nil {
			break
		}
		text = text[at[0]:]
		var object json.RawMessage
		dec := json.NewDecoder(strings.NewReader(text))
		if err := dec.Decode(&object); errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("holds a JSON object that breaks off")
		} else if err != nil {
			return nil, fmt.Errorf("holds a JSON object that is broken: %w", err)
		}
		text = text[dec.InputOffset():]
		var compact bytes.Buffer
		_ = json.Compact(&compact, object) // it was decoded just now
		list = append(list, compact.Bytes())
	}
	if len(list) == 0 {
		return nil, errors.New("holds no JSON object")
	}
	return list, nil
}

// valueOf returns a member as it stands in a cell.
func valueOf(value json.RawMessage) any {
	if len(value) == 0 {
		return nil
	}
	switch value[0] {
	case 'n':
		return nil
	case 't', 'f':
		return value[0] == 't'
	case '"':
		var text string
		_ = json.Unmarshal(value, &text) // it was JSON
		return text
	case '[':
		return listOf(value)
	case '{':
		return string(value)
	}
	return json.Number(value)
}

// listOf returns a list with a line for each item, or in JSON where they are no
// texts and numbers.
func listOf(value json.RawMessage) string {
	var items []json.RawMessage
	_ = json.Unmarshal(value, &items) // it was JSON
	lines := make([]string, len(items))
	for i, item := range items {
		switch v := valueOf(item).(type) {
		case string:
			if item[0] != '"' {
				return string(value)
			}
			lines[i] = v
		case json.Number:
			lines[i] = string(v)
		default:
			return string(value)
		}
	}
	return strings.Join(lines, "\n")
}
