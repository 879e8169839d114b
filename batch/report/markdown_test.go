package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"

	"bizbatch/batch"
)

// TestAnAnswerStaysInItsSection shows what of an answer's Markdown is changed,
// so that it cannot change the sections around it.
func TestAnAnswerStaysInItsSection(t *testing.T) {
	for answer, want := range map[string]string{
		"plain *text*":                     "plain *text*",
		"# One\n\n###### Six\n#no":         "### One\n\n###### Six\n#no",
		"Title\n=====\ntext":               "### Title\ntext",
		"Sub\n---":                         "#### Sub",
		"a <b>c</b> <!-- d":                `a \<b>c\</b> <!-- d`,
		"<!-- never closed\n\ntext":        "\\<!-- never closed\n\ntext",
		"<div>\n# not a heading\n</div>":   "\\<div>\n# not a heading\n\\</div>",
		"```\n# code <b>\n":                "```\n# code <b>\n```",
		"~~~~\n```\n":                      "~~~~\n```\n~~~~",
		"[1]: https://x.example\n\n[1]":    "\\[1]: https://x.example\n\n[1]",
		"`<b>` and `# x`":                  "`<b>` and `# x`",
		"![a](https://x.example/a.png)":    `\![a](https://x.example/a.png)`,
		"![](data:image/png;base64,AA)":    `\!\[](data:image/png;base64,AA)`,
		"`![a](b)` [c](https://x.example)": "`![a](b)` [c](https://x.example)",
		"[a](javascript:alert(1))":         `\[a](javascript:alert(1))`,
		"[a](&#106;avascript:x)":           `\[a](&#106;avascript:x)`,
		"[a [b](javascript:x) c](d)":       `\[a \[b](javascript:x) c](d)`,
		"<vbscript:x>":                     `\<vbscript:x>`,
		"<https://x.example>":              "<https://x.example>",
		"`a\r\r<b>` c":                     "`a\n\n\\<b>` c",
		"a\r# b\r\nc\r":                    "a\n### b\r\nc",
		"a\x1b[2J\x00\u009b\x7fb\tc":       "a\ufffd[2J\ufffd\ufffd\ufffdb\tc",
	} {
		t.Run(answer, func(t *testing.T) {
			file := written(t, "a.md", oneColumn, asked("q", answer))
			_, got, _ := strings.Cut(file, "> q\n\nChecks: ")
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
		{"from Go, without a file", "Is gold taxed?", batch.Input{}, "", ": "},
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
		_, got, _ := strings.Cut(b.String(), "<blockquote>\n<p>")
		got, _, _ = strings.Cut(got, "</p>\n</blockquote>")
		got = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(got)
		if got != s {
			t.Errorf("%q reads as %q", s, got)
		}
	}
}
