package report_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"

	"bizbatch/batch"
)

// TestAnAnswerStaysInItsSection shows what an answer's Markdown is written as, so
// that it cannot change the sections around it.
func TestAnAnswerStaysInItsSection(t *testing.T) {
	for answer, want := range map[string]string{
		"plain *text*":                                       "plain *text*",
		"_a_ __b__ *c _d_ e* ~~f~~":                          "_a_ __b__ *c _d_ e* ~~f~~",
		"# One\n\n###### Six\n#no":                           "### One\n\n###### Six\n\n\\#no",
		"# One \\#":                                          "### One \\#",
		"Title\n=====\ntext":                                 "### Title\n\ntext",
		"Sub\n---":                                           "#### Sub",
		"a <b>c</b> <!-- d":                                  `a \<b\>c\</b\> \<!-- d`,
		"<!-- never closed\n\ntext":                          "\\<!-- never closed\n\ntext",
		"<div>\n# not a heading\n</div>":                     "\\<div\\>\n\\# not a heading\n\\</div\\>",
		"<div>\n```\n</div>":                                 "\\<div\\>\n\\`\\`\\`\n\\</div\\>",
		"```\n# code <b>\n":                                  "```\n# code <b>\n```",
		"```IRC 61```":                                       "`IRC 61`",
		"```IRC 61``` says\n\n~~~ a~b":                       "`IRC 61` says\n\n```a\n\n```",
		"~~~~\n```\n":                                        "````\n```\n````",
		"- ```\n  a":                                         "- ```\n  a\n  ```",
		"`` a`b ``":                                          "``a`b``",
		"[1]: https://x.example\n\n[1]":                      "[1](<https://x.example>)",
		"[x][1](a)\n\n[1]: y":                                "x(a)",
		"`<b>` and `# x`":                                    "`<b>` and `# x`",
		"![a](https://x.example/a.png)":                      "[a](<https://x.example/a.png>)",
		"![](data:image/png;base64,AA)":                      "",
		"`![a](b)` [c](https://x.example)":                   "`![a](b)` [c](<https://x.example>)",
		"\\![c](https://x.example)":                          `\![c](<https://x.example>)`,
		"[a](https://x.example/?a> ![b](c":                   `\[a\]([https://x.example/?a\>](<https://x.example/?a%3E>) !\[b\](c`,
		"[a](<https://x.example?b ![c]>)":                    "[a](<https://x.example?b%20![c]>)",
		"<a title=\"![b](https://x.example/b.png)\">":        `\<a title="!\[b\](https://x.example/b.png)"\>`,
		"[a](javascript:alert(1))":                           "a",
		"[a](&#106;avascript:x)":                             "a",
		"[a [b](javascript:x) c](d)":                         `\[a b c\](d)`,
		"[![a](https://x.example/a.png)](https://b.example)": "[a](<https://b.example>)",
		"<vbscript:x>":                                       `vbscript:x`,
		"<https://x.example>":                                "<https://x.example>",
		"see www.x.example, a@b.c":                           "see [www.x.example](<http://www.x.example>), [a@b.c](<mailto:a@b.c>)",
		"`a\r\r<b>` c":                                       "\\`a\n\n\\<b\\>\\` c",
		"a\r# b\r\nc\r":                                      "a\n\n### b\n\nc",
		"a\x1b[2J\x00\u009b\x7fb\tc":                         "a\ufffd\\[2J\ufffd\ufffd\ufffdb\tc",
		"&lt;b&gt; &amp;lt; &#10;&#35; a\\":                  `\<b\> \&lt;  # a\\`,
		"2. a\n3. b\n\n   c\n* d\n\n> e\nf":                  "2. a\n\n3. b\n\n   c\n\n* d\n\n> e\n> f",
		"- a\n  - b\n- ---\n+ c":                             "- a\n  - b\n\n___\n\n+ c",
		"| a | b |\n|:--|--:|\n| 1 | `x\\|y` \\| |":          "| a | b |\n| :-- | --: |\n| 1 | `x\\|y` \\| |",
		"a  \nb\\\nc\n1986\\. d":                             "a\\\nb\\\nc\n1986\\. d",
		strings.Repeat(">", 1000) + "\na":                    "    " + strings.Repeat(">", 1000) + "\n    a",
	} {
		t.Run(answer, func(t *testing.T) {
			file := written(t, "a.md", oneColumn, asked("q", answer))
			_, got, _ := strings.Cut(file, "## q\n\nrow: 1\n\nChecks: ")
			_, got, _ = strings.Cut(got, "\n\n")
			if diff := cmp.Diff(want, strings.TrimSuffix(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheQuestionIsTheOneThatWasAsked has files whose question column is named, or
// whose questions a template makes.
func TestTheQuestionIsTheOneThatWasAsked(t *testing.T) {
	named := batch.Input{Format: batch.CSV, Columns: []string{"question", "Frage"}, Question: "Frage"}
	fields := json.RawMessage(`["an old one"," Is gold taxed? "]`)
	for _, test := range []struct {
		name, asked string
		in          batch.Input
		rest, none  string // the other columns, and one that is not among them
	}{
		{"by a named column", "Is gold taxed?", named, "question: an old one", "Frage: "},
		{"by a template", "For Pine: Is gold taxed?", named, "question: an old one · Frage: Is gold taxed?", "none"},
		{"in an older checkpoint, which names no column", "an old one", batch.Input{Format: batch.CSV, Columns: named.Columns}, "Frage: Is gold taxed?", "question: "},
		{"from Go, without a file", "Is gold taxed?", batch.Input{}, "row: Q1", "Frage"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec := batch.Record{ID: "Q1", Question: test.asked, Status: batch.Pending}
			if test.in.Columns != nil {
				rec.Fields = fields
			}
			memo, page := written(t, "a.md", test.in, rec), written(t, "a.html", test.in, rec)
			if !strings.Contains(memo, " "+test.asked+"\n") || !strings.Contains(memo, test.rest) || strings.Contains(memo, test.none) {
				t.Errorf("there is no question %q with %q and without %q in\n%s", test.asked, test.rest, test.none, memo)
			}
			if !strings.Contains(page, test.asked) {
				t.Errorf("the page has no question %q", test.asked)
			}
		})
	}
}

// Nothing in an answer, and nothing beside one, changes what stands around it,
// where a program lets HTML through.
func FuzzMemo(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for i := 0; i < len(nastyStrings); i += 7 { // some of each kind
		f.Add(nastyStrings[i])
	}
	for _, s := range []string{"```IRC 61```", "<div>\n```\n</div>", "- > ```\n", "[a](<b> ![c](d)", "![a][b]\n\n[b]: https://c.example", "a\n    b\n\n\n\tc", "1) a\n   2. b", "![1](https://x.example)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rec := asked("first", s)
		rec.Answer.Summary, rec.Answer.Suggestions = s, []string{s}
		rec.Answer.Sources = []batch.Source{{"node_id": quoted(irc), "number": quoted("1"), "title": quoted(s), "url": quoted("https://x.example/?" + s)}}
		page := shown(t, written(t, "a.md", oneColumn, rec, asked("last", "the end")))
		if n := strings.Count(page, "<h2>"); n != 2 || strings.Count(page, "<h1>") != 1 || !strings.HasSuffix(page, "<h2>last</h2>\n<p>row: 1</p>\n<p>Checks: cites nothing</p>\n<p>the end</p>\n") {
			t.Errorf("%q: %d sections, or not these:\n%s", s, n, page)
		}
		for _, e := range element.FindAllString(page, -1) {
			if !harmlessElement.MatchString(e) {
				t.Errorf("%q: the element %s in\n%s", s, e, page)
			}
		}
	})
}

var harmlessElement = regexp.MustCompile(`^</?(h[1-6]|p|ul|ol( start="\d+")?|li|strong|em|del|code( class="language-[^"<>]*")?|pre|blockquote|hr|br|a|a href="(https?:|mailto:)[^"<>]*")>$`)

// TestTextReadsAsItWas has a reader of Markdown show each nasty question.
func TestTextReadsAsItWas(t *testing.T) {
	for _, s := range nastyStrings {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\ufffd' }) || strings.TrimSpace(s) != s || s == "" {
			continue // lines and space are Markdown's own
		}
		file := written(t, "a.md", oneColumn, func() batch.Record { r := row(s); r.ID = "X"; return r }())
		var b strings.Builder
		if err := goldmark.Convert([]byte(file), &b); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(b.String(), "<h2>")
		got, after, _ := strings.Cut(got, "</h2>")
		if _, quoted, ok := strings.Cut(after, "<blockquote>\n<p>"); ok { // the title is not all of it
			got, _, _ = strings.Cut(quoted, "</p>\n</blockquote>")
		}
		got = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(got)
		if got != s {
			t.Errorf("%q reads as %q", s, got)
		}
	}
}
