package schema

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

func TestColumnsAreInTheOrderOfTheSchema(t *testing.T) {
	for _, c := range []struct{ what, schema, want string }{
		{"as they stand, not by name", `{"type":"object","properties":{"z":{},"a":{"type":"number"}}}`, "z a"},
		{"nested ones are dotted", `{"properties":{"b":{"properties":{"y":{},"x":{}}},"a":true}}`, "b.y b.x a"},
		{"a reference within the file", `{"$ref":"#/$defs/top","$defs":{"top":{"properties":{"a":{"$ref":"#/$defs/b~1c"}}},"b/c":{"properties":{"d":{}}}}}`, "a.d"},
		{"what may be null besides", `{"properties":{"a":{"anyOf":[{"properties":{"b":{}}},{"type":"null"}]}}}`, "a.b"},
		{"several alternatives are one column", `{"properties":{"a":{"oneOf":[{"properties":{"b":{}}},{"properties":{"c":{}}}]}}}`, "a"},
		{"what leads back to itself is one column", `{"$ref":"#/$defs/n","$defs":{"n":{"properties":{"name":{},"next":{"$ref":"#/$defs/n"}}}}}`, "name next"},
		{"a list is one column", `{"properties":{"a":{"type":"array","items":{"properties":{"b":{}}}}}}`, "a"},
		{"a byte order mark", "\ufeff" + `{"properties":{"a":{}}}`, "a"},
	} {
		s, err := Parse([]byte(c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := strings.Join(s.Names(), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestABadSchemaSaysWhere(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{"", "is empty"},
		{"{\n  \"properties\": {\"a\" {}}}", "line 2, column 22: invalid character '{' after object key"},
		{`{} {}`, "line 1, column 4: invalid character '{' after top-level value"},
		{`{"properties":{"a":{"type":"strin"}}}`, "properties.a.type: "},
		{`{"properties":{"a":{"pattern":"("}}}`, "properties.a.pattern: "},
		{`{"properties":{"a":{"$ref":"https://example.com/a.json"}}}`, "the reference to https://example.com/a.json lies outside of the file"},
		{`{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, "the reference to file:///etc/passwd lies outside of the file"},
		{`{"properties":{"a":{"$ref":"other.json"}}}`, "lies outside of the file"},
		{`{"$schema":"https://example.com/mine","properties":{"a":{}}}`, "lies outside of the file"},
		{`{"properties":{"a":{"$ref":"#/$defs/none"}}}`, "#/$defs/none"},
		{`{"type":"array","items":{}}`, "describes no object with properties"},
		{`true`, "describes no object with properties"},
		{`[1]`, "got array, want boolean or object"},
		{`{"properties":{"a.b":{},"a":{"properties":{"B":{}}}}}`, "two of its properties would become the column a.B"},
	} {
		_, err := Parse([]byte(c.schema))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.schema, err, c.want)
		}
	}
}

const deduction = `{"type":"object","required":["allowed","limit"],"additionalProperties":false,"properties":{
	"allowed":{"type":"boolean"},"limit":{"type":["number","null"]},"why":{"type":"string"},
	"by":{"type":"string","format":"date"},"forms":{"type":"array"},"more":{"type":"object","properties":{"x":{}}}}}`

func TestAnswersThatFit(t *testing.T) {
	const object = `{"allowed":true,"limit":1.50e6,"why":"a \"b\"","forms":["4562","1040"]}`
	for _, text := range []string{
		object,
		"\n " + object + "\n",
		"```json\n" + object + "\n```",
		"Here is the answer {as asked}, with {\"quotes\"}:\n\n" + object + "\n\nAnything else?",
		object + "\nOnce more: " + strings.ReplaceAll(object, ",", " ,\n "),
		"An amount: {\"limit\": 3}. And the answer: " + object,
	} {
		s := parse(t, deduction)
		d, err := s.Fit(&batch.Answer{Text: text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if string(d.Object) != object {
			t.Errorf("%s: %s, want %s", text, d.Object, object)
		}
	}
}

func TestAnswersThatDoNotFitSayWhy(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "holds no JSON object"},
		{"The limit {§ 179} is [1] high.", "holds no JSON object"},
		{`[1, 2]`, "holds no JSON object"},
		{`{"allowed":true,"limit":"1"}`, "limit: got string, want null or number"},
		{`{"allowed":true}`, "missing property 'limit'"},
		{`{"allowed":true,"limit":1,"by":"soon"}`, "by: 'soon' is not valid date"},
		{`{"allowed":true,"limit":1,"extra":1}`, "additional properties 'extra' not allowed"},
		{`{"allowed":true,"limit":1} or {"allowed":true,"limit":2}`, "holds 2 JSON objects that fit"},
		{`{"more":{"allowed":true,"limit":1},"why":"cu`, "holds a JSON object that breaks off"},
		{`{"more":{"allowed":true,"limit":1},}`, "holds a JSON object that is broken: invalid character '}'"},
		{`{"allowed":1,"limit":[],"why":1,"forms":1}`, "; and 1 more"},
	} {
		_, err := parse(t, deduction).Fit(&batch.Answer{Text: c.text})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestMembersBecomeValues(t *testing.T) {
	s := parse(t, `{"properties":{"text":{},"number":{},"large":{},"yes":{},"nothing":{},"missing":{},"list":{},"mixed":{},"empty":{},"any":{},"in":{"properties":{"side":{},"not":{}}},"none":{"anyOf":[{"type":"null"},{"properties":{"x":{}}}]}}}`)
	d, err := s.Fit(&batch.Answer{Text: `{"text":"§ 1\u00a0\n[1]","number":-0.50,"large":12345678901234567890,"yes":false,"nothing":null,
		"list":["a",1],"mixed":[{"b":1,"a":2},null],"empty":[],"any":{"z":1,"a":[]},"in":{"side":"x"},"none":null}`})
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"§ 1\u00a0\n[1]", json.Number("-0.50"), json.Number("12345678901234567890"), false, nil, nil,
		"a\n1", `[{"b":1,"a":2},null]`, "", `{"z":1,"a":[]}`, "x", nil, nil}
	if diff := cmp.Diff(want, d.Values); diff != "" {
		t.Error(diff)
	}
}

func TestCitationsAreNumbered(t *testing.T) {
	const id = "0b0ee09f-1c2f-5a6b-8c3d-1a2b3c4d5e6f"
	s := parse(t, `{"properties":{"why":{"type":"string","maxLength":20}}}`)
	d, err := s.Fit(&batch.Answer{Text: `{"why":"By § 179 [` + id + `]."}`})
	if err != nil || d.Values[0] != "By § 179 [1]." {
		t.Errorf("%v, %v", d.Values, err)
	}
}

func TestTheSampleIsASchema(t *testing.T) {
	content, err := os.ReadFile("../../samples/answer.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	parse(t, string(content))
}

// FuzzFit looks for a text that crashes, or an object that is not in the text.
func FuzzFit(f *testing.F) {
	for _, text := range []string{`{"allowed":true,"limit":1}`, "```{\"limit\":[1]}```", `{"a":{"b":`, `{{"x":1}}`} {
		f.Add(text)
	}
	s, err := Parse([]byte(deduction))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := s.Fit(&batch.Answer{Text: text})
		if err != nil {
			return
		}
		if _, err := s.Fit(&batch.Answer{Text: string(d.Object)}); err != nil || len(d.Values) != len(s.Names()) {
			t.Errorf("%q: %s: %v", text, d.Object, err)
		}
	})
}

func parse(t *testing.T, schema string) *Schema {
	t.Helper()
	s, err := Parse([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
