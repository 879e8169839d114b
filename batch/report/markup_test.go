package report_test

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	goldhtml "github.com/yuin/goldmark/renderer/html"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// A text has no markup of its own wherever it stands beside the answers: a page
// or memo has the same elements whatever it says, and an address that is not
// that of a page is no link.
func TestWhatIsToldBesideAnswersIsText(t *testing.T) {
	for _, name := range []string{"a.html", "a.md"} {
		harmless := elements(t, toldEverywhere(t, name, "text"))
		for _, e := range harmless {
			if strings.HasPrefix(e, "<a href=") && e != `<a href="#q1">` && e != `<a href="#s1">` {
				t.Errorf("%s: %s is a link, although it leads to no page", name, e)
			}
		}
		for _, s := range hostile {
			t.Run(name+": "+s, func(t *testing.T) {
				if diff := cmp.Diff(harmless, elements(t, toldEverywhere(t, name, s))); diff != "" {
					t.Errorf("elements (-of a plain text +of this one):\n%s", diff)
				}
			})
		}
	}
}

// toldEverywhere is a report with a text in all places that come from a file or
// the network, beside question and answer.
func toldEverywhere(t *testing.T, name, s string) string {
	t.Helper()
	rec := asked("", "["+irc+"]")
	rec.ID, rec.Status, rec.Error, rec.Fields = "id "+s, batch.Truncated, s, fieldsOf("q", s)
	rec.Answer.RequestID, rec.Answer.Suggestions = s, []string{s}
	rec.Answer.Sources = []batch.Source{{
		"node_id": quoted(irc), "title": quoted(s), "text": quoted(s), "url": quoted("javascript:" + s), "tool": quoted(s), "page_label": quoted(s),
	}}
	h := history()
	h.Name, h.Settings.Model, h.Reasons = s, s, map[string]int{s: 1}
	path := filepath.Join(t.TempDir(), name)
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"question", s}}, report.Options{History: h}, rec)
	return read(t, path)
}

var element = regexp.MustCompile(`<[^>]*>`)

// elements are those of a page, or of a memo as it is shown.
func elements(t *testing.T, file string) []string {
	t.Helper()
	if !strings.HasPrefix(file, "<!DOCTYPE") {
		file = shown(t, file)
	}
	return element.FindAllString(file, -1)
}

// shown is a memo as a program shows it that lets HTML through.
func shown(t *testing.T, memo string) string {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithRendererOptions(goldhtml.WithUnsafe())).Convert([]byte(memo), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
