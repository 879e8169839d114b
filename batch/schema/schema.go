// Package schema reads the JSON Schema that answers are asked to fit, and reads
// answers by it.
//
// The normal case is [Parse] on a file's content, [Schema.Source] for the request
// ([batch.Settings]), and [Schema.Fit] for an answer: its members by columns, or
// why it does not fit. Nothing is loaded from anywhere: a reference leads to a
// place in the same schema.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"bizbatch/batch"
)

// A Schema is a JSON Schema of an object: draft 2020-12, unless its $schema names
// another. Formats such as date are checked. It can be used from many goroutines.
type Schema struct {
	source   json.RawMessage
	compiled *jsonschema.Schema
	columns  []column
}

// location is the address of a schema that has no $id. It leads nowhere.
const location = "schema:///"

// Parse reads a schema. Its error says at which line, or in which member.
func Parse(content []byte) (*Schema, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	var source json.RawMessage
	if err := json.Unmarshal(content, &source); err != nil {
		return nil, place(content, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, source); err != nil {
		return nil, err
	}
	s := &Schema{source: compact.Bytes()}
	var err error
	if s.compiled, err = compile(s.source); err != nil {
		return nil, err
	}
	s.columns, err = columnsOf(s.source)
	return s, err
}

// Read returns the schema that the answers in a checkpoint were asked to fit; nil:
// there is none.
func Read(store batch.Checkpoint) (*Schema, error) {
	settings, err := batch.ReadSettings(store)
	if err != nil || len(settings.Schema) == 0 {
		return nil, err
	}
	s, err := Parse(settings.Schema)
	if err != nil {
		return nil, fmt.Errorf("read the schema of the answers in %s: %w", store.Path(), err)
	}
	return s, nil
}

// Source returns the schema without white space, its members in the order in which
// they were: a model answers in that order.
func (s *Schema) Source() json.RawMessage { return s.source }

// place adds the line and the column to an error of syntax.
func place(content []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := content[:max(0, min(int(syntax.Offset)-1, len(content)))]
	if len(bytes.TrimSpace(content)) == 0 {
		return errors.New("is empty")
	}
	return fmt.Errorf("line %d, column %d: %w", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'), err)
}

func compile(source []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(nowhere{})
	if err := c.AddResource(location, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(location)
	if err != nil {
		return nil, compileError(err)
	}
	return compiled, nil
}

// nowhere loads nothing.
type nowhere struct{}

var errElsewhere = errors.New("lies outside of the file, and nothing is fetched: copy it to $defs")

func (nowhere) Load(string) (any, error) { return nil, errElsewhere }

// compileError says what is wrong with a schema, and in which member.
func compileError(err error) error {
	if load, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return fmt.Errorf("the reference to %s %w", load.URL, load.Err)
	}
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return errors.New(causes(invalid))
	}
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if v, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			return errors.New(causes(v))
		}
	}
	return errors.New(strings.ReplaceAll(err.Error(), location, ""))
}

var english = message.NewPrinter(language.English)

// mostCauses is how many of them are told.
const mostCauses = 3

// causes says what does not fit, and in which member: "limit: got string, want
// number".
func causes(e *jsonschema.ValidationError) string {
	var list []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		text := e.ErrorKind.LocalizedString(english)
		if at := strings.Join(e.InstanceLocation, "."); at != "" {
			text = at + ": " + text
		}
		list = append(list, short(text))
	}
	walk(e)
	text := strings.Join(list[:min(len(list), mostCauses)], "; ")
	if more := len(list) - mostCauses; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// short returns a text on one line, and not too long: parts of an answer may be in
// it.
func short(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// A member is one of an object's, as it stands there.
type member struct {
	name  string
	value json.RawMessage
}

// members returns the members of an object, in order, or nil for anything else.
func members(object json.RawMessage) (list []member) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		var value json.RawMessage
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil
		}
		list = append(list, member{name.(string), value})
	}
	return list
}

// get returns the value of a member, the last of that name; nil: there is none.
func get(object json.RawMessage, name string) (value json.RawMessage) {
	for _, m := range members(object) {
		if m.name == name {
			value = m.value
		}
	}
	return value
}
