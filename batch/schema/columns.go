package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A column is a member of the answers, perhaps within others.
type column []string

// name returns the dotted name of the column: deduction.limit.
func (c column) name() string { return strings.Join(c, ".") }

// mostColumns is more than anybody reads, and few enough for every format.
const mostColumns = 1000

// columnsOf returns the columns of a schema, in its order of properties. An object
// within is not a column, but its members are.
func columnsOf(source json.RawMessage) (list []column, err error) {
	w := walker{root: source}
	if !w.walk(source, nil, nil) {
		return nil, errors.New("describes no object with properties, which would become columns")
	}
	if len(w.found) > mostColumns {
		return nil, fmt.Errorf("its properties would become %d columns; %d is the most", len(w.found), mostColumns)
	}
	seen := map[string]bool{}
	for _, c := range w.found {
		name := strings.ToLower(c.name())
		if seen[name] {
			return nil, fmt.Errorf("two of its properties would become the column %s", c.name())
		}
		seen[name] = true
	}
	return w.found, nil
}

type walker struct {
	root  json.RawMessage
	found []column
}

// walk finds the columns below a schema, and reports whether it is one of an
// object with properties. refs are the references that led there.
func (w *walker) walk(schema json.RawMessage, at column, refs []string) bool {
	schema, refs, ok := w.resolve(schema, refs)
	if !ok {
		return false
	}
	properties := members(get(schema, "properties"))
	for _, p := range properties {
		path := append(slices.Clone(at), p.name)
		if !w.walk(p.value, path, refs) {
			w.found = append(w.found, path)
		}
	}
	return len(properties) > 0
}

// resolve follows a schema to where it says what it is: over references within the
// file, and to the only alternative that is not null. ok is false where that leads
// back to itself.
func (w *walker) resolve(schema json.RawMessage, refs []string) (json.RawMessage, []string, bool) {
	for {
		var s struct {
			Ref   string            `json:"$ref"`
			AnyOf []json.RawMessage `json:"anyOf"`
			OneOf []json.RawMessage `json:"oneOf"`
			AllOf []json.RawMessage `json:"allOf"`
		}
		_ = json.Unmarshal(schema, &s) // true and false are schemas, too
		alternatives := slices.DeleteFunc(slices.Concat(s.AnyOf, s.OneOf), func(alternative json.RawMessage) bool {
			return string(get(alternative, "type")) == `"null"`
		})
		switch {
		case get(schema, "properties") != nil:
			return schema, refs, true
		case s.Ref != "" && slices.Contains(refs, s.Ref):
			return nil, nil, false
		case s.Ref != "":
			schema, refs = w.within(s.Ref), append(slices.Clone(refs), s.Ref)
		case len(alternatives) == 1:
			schema = alternatives[0]
		case len(alternatives) == 0 && len(s.AllOf) == 1:
			schema = s.AllOf[0]
		default:
			return schema, refs, true
		}
	}
}

// within returns the place in the file that a reference such as #/$defs/amount leads
// to.
func (w *walker) within(ref string) json.RawMessage {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil // to an $id: its members stay in one column
	}
	at := w.root
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer != "" {
			at = get(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	return at
}
