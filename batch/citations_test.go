package batch_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

const (
	firstNode  = "0b3c8f1e-5a3d-4c59-9d7e-2f6a1b7c8d90"
	secondNode = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
	absentNode = "ffffffff-0000-4000-8000-0123456789ab"
)

func namedSource(nodeID, title string) batch.Source {
	return batch.Source{
		"node_id": json.RawMessage(fmt.Sprintf("%q", nodeID)),
		"title":   json.RawMessage(fmt.Sprintf("%q", title)),
	}
}

func TestNumbered(t *testing.T) {
	one, two := namedSource(firstNode, "one"), namedSource(strings.ToUpper(secondNode), "two")
	lost := batch.Source{"node_id": json.RawMessage(`"` + absentNode + `"`)}
	for name, test := range map[string]struct {
		text, want string
		cited      []batch.Source
	}{
		"no text at all":                           {"", "", nil},
		"a text without citations stays":           {"See [1] and § 280A.", "See [1] and § 280A.", nil},
		"numbers follow the order of first use":    {"a [" + secondNode + "] b [" + firstNode + "].", "a [1] b [2].", []batch.Source{two, one}},
		"a source cited again keeps its number":    {"[" + firstNode + "][" + secondNode + "][" + firstNode + "]", "[1][2][1]", []batch.Source{one, two}},
		"upper and lower case are the same source": {"[" + firstNode + "] [" + strings.ToUpper(firstNode) + "]", "[1] [1]", []batch.Source{one}},
		"a source that never arrived has a number": {"[" + absentNode + "] [" + firstNode + "]", "[1] [2]", []batch.Source{lost, one}},
		"it is named in lower case":                {"[" + strings.ToUpper(absentNode) + "]", "[1]", []batch.Source{lost}},
		"a citation in brackets of its own":        {"[[" + firstNode + "]]", "[[1]]", []batch.Source{one}},
		"an id without brackets is no citation":    {firstNode, firstNode, nil},
		"an id cut short is no citation":           {"[" + firstNode[1:] + "]", "[" + firstNode[1:] + "]", nil},
		"a bracket that never closes":              {"[" + firstNode, "[" + firstNode, nil},
		"36 other characters are no citation":      {"[" + strings.Repeat("-", 36) + "]", "[" + strings.Repeat("-", 36) + "]", nil},
		"an id with a letter that is not hex":      {"[g" + firstNode[1:] + "]", "[g" + firstNode[1:] + "]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			answer := batch.Answer{Text: test.text, Sources: []batch.Source{
				{"title": json.RawMessage(`"no id"`)}, one, two, namedSource(firstNode, "one again"),
			}}
			text, cited, _ := answer.Numbered()
			if text != test.want {
				t.Errorf("text %q, want %q", text, test.want)
			}
			if diff := cmp.Diff(test.cited, cited); diff != "" {
				t.Errorf("cited (-want +got):\n%s", diff)
			}
		})
	}
}

var citationPattern = regexp.MustCompile(`(?i)\[[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\]`)

// FuzzNumbered compares with what a regular expression finds.
func FuzzNumbered(f *testing.F) {
	f.Add("a [" + firstNode + "] [[" + strings.ToUpper(firstNode) + "]] [" + absentNode + "] [" + secondNode)
	f.Add("[" + firstNode + "[" + secondNode + "]\xff\x00]")
	f.Fuzz(func(t *testing.T, text string) {
		var want []string
		numbered := citationPattern.ReplaceAllStringFunc(text, func(c string) string {
			id := strings.ToLower(c[1:37])
			if !slices.Contains(want, id) {
				want = append(want, id)
			}
			return fmt.Sprintf("[%d]", slices.Index(want, id)+1)
		})
		answer := batch.Answer{Text: text, Sources: []batch.Source{namedSource(firstNode, "one")}}
		got, cited, _ := answer.Numbered()
		if got != numbered {
			t.Errorf("text %q, want %q", got, numbered)
		}
		var ids []string
		for _, s := range cited {
			ids = append(ids, s.NodeID())
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("cited (-want +got):\n%s", diff)
		}
	})
}

func BenchmarkNumbered(b *testing.B) {
	for name, text := range map[string]string{
		"prose":      strings.Repeat("A home office can be deducted if it is used regularly ["+firstNode+"] and exclusively. ", 32<<20/116),
		"brackets":   strings.Repeat("[", 32<<20),
		"near-miss":  strings.Repeat("[zzzzzzz]-", 32<<20/10),
		"no bracket": strings.Repeat("A", 32<<20),
	} {
		answer := batch.Answer{Text: text}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				answer.Numbered()
			}
		})
	}
}

// A link leads to the authority itself where its address is known, and only to an
// address.
func TestWhereASourceCanBeRead(t *testing.T) {
	for name, test := range map[string]struct{ source, url, title string }{
		"the authority first":        {`{"url":"https://b.example","s3_file_path":"https://c.example","sourceOrigin":"https://a.example","title":"T","citation_label":"IRC § 1(h)(11)"}`, "https://a.example", "T"},
		"in its metadata":            {`{"s3_file_path":"https://c.example","metadata":{"sourceOrigin":"https://a.example","file_name":"f.pdf"}}`, "https://a.example", "f.pdf"},
		"an origin that is no link":  {`{"sourceOrigin":"IRS","s3_file_path":"https://c.example","citation_label":"IRC § 1(h)(11)"}`, "https://c.example", "IRC § 1(h)(11)"},
		"no address at all":          {`{"s3_file_path":"s3://bucket/f.pdf"}`, "s3://bucket/f.pdf", ""},
		"a place in an index":        {`{"metadata":{"file_path":"irc/f.pdf"}}`, "", ""},
		"a file path that is a link": {`{"metadata":{"file_path":"https://a.example/f.pdf"}}`, "https://a.example/f.pdf", ""},
	} {
		var s batch.Source
		if err := json.Unmarshal([]byte(test.source), &s); err != nil {
			t.Fatal(err)
		}
		if s.URL() != test.url || s.Title() != test.title {
			t.Errorf("%s: %q at %q, want %q at %q", name, s.Title(), s.URL(), test.title, test.url)
		}
	}
}
