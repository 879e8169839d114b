package report_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

// unanswered are our members, but for id and line, of a row without an answer.
const unanswered = `"answer":null,"answer_as_sent":null,"citations":[],"status":"pending","error":null,"checks":null,"attempts":0,"seconds":null,` +
	`"request_id":null,"sources":[],"sources_kept":null,"suggestions":[],"summary":null,"steps":[],"usage":null,"model":null,"finish_reason":null,` +
	`"thread_id":null,"metadata":null,"other":[],"extra":{},"reasoning":null,"cost":0,"reused":null,"review":null,"started":null,"finished":null`

func TestLineBeginsWithTheInputAsItWas(t *testing.T) {
	csv := func(columns ...string) batch.Input { return batch.Input{Format: batch.CSV, Columns: columns} }
	jsonl := func(columns ...string) batch.Input { return batch.Input{Format: batch.JSONL, Columns: columns} }
	for name, test := range map[string]struct {
		in     batch.Input
		fields string
		want   string // up to our status
	}{
		"columns become members": {
			csv("question", "Client name"), `["q","n"]`,
			`{"question":"q","Client name":"n","id":"7","line":3,`},
		"a column without a name is called by its number": {
			csv("question", "", ""), `["q","x","y"]`,
			`{"question":"q","column_2":"x","column_3":"y","id":"7","line":3,`},
		"so is one with the name of an earlier one": {
			csv("notes", "notes", "Notes"), `["a","b","c"]`,
			`{"notes":"a","column_2":"b","Notes":"c","id":"7","line":3,`},
		"a number that is taken is avoided": {
			csv("", "column_1", "column_1_"), `["a","b","c"]`,
			`{"column_1__":"a","column_1":"b","column_1_":"c","id":"7","line":3,`},
		"an id that the input has is not repeated": {
			csv("ID", "question"), `["7","q"]`,
			`{"ID":"7","question":"q","line":3,`},
		"an id that the row lacks is given": {
			csv("ID", "question"), `["","q"]`,
			`{"ID":"","question":"q","bizbatch_id":"7","line":3,`},
		"numbers and escapes stay as written": {
			jsonl("n", "s"), `{"n":1.50E+02,"big":12345678901234567890,"s":"\u00a7\/ & <b>"}`,
			`{"n":1.50E+02,"big":12345678901234567890,"s":"\u00a7\/ & <b>","id":"7","line":3,`},
		"white space between members goes": {
			jsonl("a"), "{ \"a\" : [ 1,\n2 ] }",
			`{"a":[1,2],"id":"7","line":3,`},
		"an id that is a number counts as the id": {
			jsonl("id"), `{"id":7}`,
			`{"id":7,"line":3,`},
		"an object without members": {
			jsonl(), ` {} `,
			`{"id":"7","line":3,`},
		"no fields at all": {
			jsonl("question"), ``,
			`{"id":"7","line":3,`},
		"line separators that some readers break at are escaped": {
			jsonl("q"), "{\"q\":\"a\u2028b\u2029c\"}",
			`{"q":"a\u2028b\u2029c","id":"7","line":3,`},
	} {
		t.Run(name, func(t *testing.T) {
			rec := batch.Record{ID: "7", Line: 3, Status: batch.Pending, Fields: json.RawMessage(test.fields)}
			want := test.want + unanswered + "}\n"
			if diff := cmp.Diff(want, written(t, "answers.jsonl", test.in, rec)); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswerOfAnySpellingIsOneLine(t *testing.T) {
	for _, text := range append(nasty, "\x00", "a\u2028b", "<script>&amp;</script>") {
		line := written(t, "answers.jsonl", oneColumn, asked("q", text))
		if strings.Count(line, "\n") != 1 || strings.ContainsAny(line, "\r\u2028\u2029") {
			t.Errorf("%q is more than a line: %q", text, line)
		}
		var got struct{ Answer string }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if got.Answer != text {
			t.Errorf("answer %q, want %q", got.Answer, text)
		}
	}
	if line := written(t, "answers.jsonl", oneColumn, asked("q", "a<b>&c")); !strings.Contains(line, `"answer":"a<b>&c"`) {
		t.Errorf("escaped for HTML: %s", line)
	}
}

// FuzzFields writes a JSONL row of any content: a JSON object becomes a line
// that holds it, everything else is an error.
func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"question":"q","n":1e3,"a":[{}],"status":null}`))
	f.Add([]byte(`{"answer":1,"answer":2," Answer":"\u2028"} `))
	f.Add([]byte(`["question"]`))
	f.Add([]byte(`{"id":`))
	f.Fuzz(func(t *testing.T, fields []byte) {
		var members map[string]any
		err := json.Unmarshal(fields, &members)
		if err == nil && members == nil || len(fields) == 0 {
			t.Skip("null is no fields at all")
		}
		in := batch.Input{Format: batch.JSONL, Columns: slices.Sorted(maps.Keys(members))}
		rec := batch.Record{ID: "7", Status: batch.Pending, Fields: fields}
		for _, name := range []string{"answers.csv", "answers.jsonl"} {
			writing := create(t, filepath.Join(t.TempDir(), name), in).Write(rec)
			if (writing == nil) != (err == nil) {
				t.Fatalf("%s: %v, while encoding/json says %v", name, writing, err)
			}
		}
		if err != nil {
			return
		}
		line := written(t, "answers.jsonl", in, rec)
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil || strings.Count(line, "\n") != 1 {
			t.Fatalf("line %q: %v", line, err)
		}
		for name, want := range members {
			if diff := cmp.Diff(want, got[name]); diff != "" {
				t.Errorf("member %q (-want +got):\n%s", name, diff)
			}
		}
	})
}
