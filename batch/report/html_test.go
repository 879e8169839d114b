package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/report"
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

// answering is an answer that cites a source with this excerpt, in a row.
func answering(client, question, excerpt string) batch.Record {
	rec := asked("", "It depends ["+irc+"].")
	rec.Fields = fieldsOf(client, question)
	rec.Answer.Sources = []batch.Source{{"node_id": quoted(irc), "title": quoted("26 U.S.C. § 280A"), "text": quoted(excerpt)}}
	return rec
}

var clientsAndQuestions = batch.Input{Format: batch.CSV, Columns: []string{"Client_Name", "question"}}

func TestAnExcerptStandsOnceOnAPage(t *testing.T) {
	page := written(t, "a.html", clientsAndQuestions, answering("A", "q1", "an excerpt"), answering("B", "q2", "an excerpt"), answering("B", "q3", "another"))
	for excerpt, want := range map[string]int{"<blockquote>an excerpt</blockquote>": 1, "<blockquote>another</blockquote>": 1, `<a href="#s1">[1]</a>`: 2, `<a href="#s2">[1]</a>`: 1} {
		if n := strings.Count(page, excerpt); n != want {
			t.Errorf("%s stands there %d times, want %d", excerpt, n, want)
		}
	}
}

// The index is grouped by a column whose values come twice or more on average,
// and so are the answers; a column that does not group is one of the index.
func TestTheIndexIsGroupedByClients(t *testing.T) {
	order := regexp.MustCompile(`(?m)^<summary>.*</summary>$|^<details open><summary>.*|<li><a href="#q\d+"|<article id="q\d+"`)
	page := written(t, "a.html", clientsAndQuestions, answering("A & B", "q1", ""), answering("C", "q2", ""), answering("A & B", "q3", ""), answering("", "q4", ""))
	want := []string{
		"<details open><summary>A &amp; B <b>2</b></summary>", `<li><a href="#q1"`, `<li><a href="#q3"`,
		"<details open><summary>C <b>1</b></summary>", `<li><a href="#q2"`, "<details open><summary>Others <b>1</b></summary>", `<li><a href="#q4"`,
		`<article id="q1"`, `<article id="q3"`, `<article id="q2"`, `<article id="q4"`,
	}
	_, index, _ := strings.Cut(page, `<nav class="index"`)
	if diff := cmp.Diff(want, order.FindAllString(index, -1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	page = written(t, "a.html", clientsAndQuestions, answering("A", "q1", ""), answering("B", "q2", ""), answering("", "q3", ""))
	for _, part := range []string{`<nav class="index cells"`, `</a> <b>A</b> q1 <i>It depends.</i>`, `</a> <b>–</b> q3 <i>`} {
		if !strings.Contains(page, part) {
			t.Errorf("nowhere is %s", part)
		}
	}
}

func TestThePageShowsTheSummaryThatWasPaidFor(t *testing.T) {
	page := written(t, "a.html", oneColumn, csvOnly(homeOffice))
	if !strings.Contains(page, `<p class="summary">The answer rests on § 280A.`) || !strings.Contains(page, "The answer rests on § 280A.</i>") {
		t.Error("it is not with the answer, or not in the index")
	}
}

// csvOnly is an answer in a row of oneColumn.
func csvOnly(a *batch.Answer) batch.Record {
	rec := asked("q", "")
	rec.Answer = a
	return rec
}

// Of services that number their sources, the numbers in the text lead to them.
func TestCitationsByNumberLeadToTheirSources(t *testing.T) {
	page := written(t, "a.html", oneColumn, csvOnly(&batch.Answer{
		Text:    "Yes [1][2]. See [2](https://x.example) and `[1]`, [3] or [0].",
		Sources: []batch.Source{{"number": []byte("1"), "title": quoted("one")}, {"number": []byte("2"), "title": quoted("two")}},
	}))
	want := `<p>Yes <a href="#s1">[1]</a><a href="#s2">[2]</a>. See <a href="https://x.example" rel="noreferrer noopener">2</a> and <code>[1]</code>, [3] or [0].</p>`
	if got := between(t, page, "<div class=\"answer\">\n", "\n</div>"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTimesOnAPageNameTheirZone(t *testing.T) {
	inNewYork(t)
	path := filepath.Join(t.TempDir(), "a.html")
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "Notes", ""}}, report.Options{History: history(), Since: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}, csvRows...)
	page := read(t, path)
	for _, part := range []string{"1 September 2026 to 2 September 2026, EST", "since 2026-08-31 19:00:00 EST", "answered 2026-09-01 23:31:39 EST"} {
		if !strings.Contains(page, part) {
			t.Errorf("nowhere is %s", part)
		}
	}
}
