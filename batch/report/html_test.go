package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// between is what stands in a text between two marks.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, text, ok1 := strings.Cut(text, before)
	text, _, ok2 := strings.Cut(text, after)
	if !ok1 || !ok2 {
		t.Fatalf("nothing stands between %q and %q", before, after)
	}
	return text
}

// The page lets no script run but its own, and loads nothing from anywhere,
// whatever is in it.
func TestAPageRunsItsOwnScriptAndLoadsNothing(t *testing.T) {
	page := written(t, "a.html", oneColumn, asked("q", strings.Join(hostile, "\n\n")))
	script := sha256.Sum256([]byte(between(t, page, "<script>", "</script>")))
	want := []string{
		"default-src 'none'", "style-src 'unsafe-inline'", "script-src 'sha256-" + base64.StdEncoding.EncodeToString(script[:]) + "'",
		"base-uri 'none'", "form-action 'none'",
	}
	before, _, _ := strings.Cut(page, "<style>") // it is for what comes after it
	policy := html.UnescapeString(between(t, before, `<meta http-equiv="Content-Security-Policy" content="`, `">`))
	if diff := cmp.Diff(want, strings.Split(policy, "; ")); diff != "" {
		t.Errorf("the policy (-want +got):\n%s", diff)
	}
	if !strings.Contains(page, `<meta name="referrer" content="no-referrer">`) {
		t.Error("the pages that it links to are told where a reader came from")
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts, want one", n)
	}
}

// TestAnAnswerIsHarmlessInAPage shows what an answer's Markdown becomes.
func TestAnAnswerIsHarmlessInAPage(t *testing.T) {
	const private = ` rel="noreferrer noopener">`
	for answer, want := range map[string]string{
		"# One *more* & more":               "<h3>One <em>more</em> &amp; more</h3>",
		"###### Six":                        "<h6>Six</h6>",
		"a <b>c</b> <!-- d":                 "<p>a &lt;b&gt;c&lt;/b&gt; &lt;!-- d</p>",
		"<script>x</script>\n\ntext":        "<p class=\"raw\">&lt;script&gt;x&lt;/script&gt;\n</p>\n<p>text</p>",
		"<!-- a\nb --> <b>\n\nc":            "<p class=\"raw\">&lt;!-- a\nb --&gt; &lt;b&gt;\n</p>\n<p>c</p>",
		"<!-- never closed\n\ntext":         "<p class=\"raw\">&lt;!-- never closed\n\ntext</p>",
		"```html\n<script>\n```":            "<pre><code class=\"language-html\">&lt;script&gt;\n</code></pre>",
		"```\" onclick=\"x\na\n```":         "<pre><code class=\"language-&quot;\">a\n</code></pre>",
		"`<b>`":                             "<p><code>&lt;b&gt;</code></p>",
		"a\xff":                             "<p>a\ufffd</p>",
		"[a](https://x.example)":            `<p><a href="https://x.example"` + private + `a</a></p>`,
		"[a](https://x.example 't')":        `<p><a href="https://x.example"` + private + `a</a></p>`,
		`[a](https://x.example?"onclick=x)`: `<p><a href="https://x.example?&#34;onclick=x"` + private + `a</a></p>`,
		"![a](https://x.example/a.png)":     `<p><a href="https://x.example/a.png"` + private + `a</a></p>`,
		"![a](data:image/png;base64,AA)":    "<p>a</p>",
		"[a](javascript:x)":                 "<p>a</p>",
		"[a](&#106;avascript:x)":            "<p>a</p>",
		"[a](//x.example)":                  "<p>a</p>",
		"<javascript:x>":                    "<p>javascript:x</p>",
		"<a@x.example>":                     `<p><a href="mailto:a@x.example"` + private + `a@x.example</a></p>`,
		`<https://x.example/?a&b">`:         `<p><a href="https://x.example/?a&amp;b&#34;"` + private + `https://x.example/?a&amp;b&#34;</a></p>`,
		"see https://x.example/?a&b <b>":    `<p>see <a href="https://x.example/?a&amp;b"` + private + `https://x.example/?a&amp;b</a> &lt;b&gt;</p>`,
	} {
		t.Run(answer, func(t *testing.T) {
			got := between(t, written(t, "a.html", oneColumn, asked("q", answer)), "<div class=\"answer\">\n", "</div>")
			if diff := cmp.Diff(want, strings.TrimSuffix(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An answer of more than a megabyte is not read as Markdown: it is shown as it
// is, and nothing in it becomes markup.
func TestAnAnswerThatIsTooLongForMarkdownIsText(t *testing.T) {
	rec := asked("q", strings.Join(hostile, "\n\n")+"\r<script>window.pwned=1</script>\n\n"+strings.Repeat("x", 1<<20))
	answer, _, _ := rec.Answer.Numbered()
	t.Run("HTML", func(t *testing.T) {
		got := between(t, written(t, "a.html", oneColumn, rec), "<div class=\"answer\">\n<pre>", "</pre></div>")
		if strings.Contains(got, "<") {
			t.Error("there is markup in it")
		}
		if diff := cmp.Diff(rec.Answer.Text, html.UnescapeString(got)); diff != "" {
			t.Errorf("it reads as something else (-want +got):\n%s", diff)
		}
	})
	t.Run("Markdown", func(t *testing.T) {
		got := between(t, shown(t, written(t, "a.md", oneColumn, rec)), "</p>\n<pre><code>", "\n</code></pre>\n")
		want := strings.NewReplacer("\x01", "\ufffd", "\r", "\n").Replace(answer)
		if diff := cmp.Diff(want, html.UnescapeString(got)); strings.Contains(got, "<") || diff != "" {
			t.Errorf("it reads as something else (-want +got):\n%s", diff)
		}
	})
}
