package report_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

var big = flag.Bool("big", false, "TestInChromium: measure a page of 10,000 answers too")

// TestInChromium has .ci/browser/page.mjs look at pages as people do. It needs
// Chromium, Node and npm ci in that folder; .ci/run installs them.
func TestInChromium(t *testing.T) {
	driver, err := filepath.Abs("../../.ci/browser")
	if err != nil {
		t.Fatal(err)
	}
	chromium, err1 := exec.LookPath("chromium")
	node, err2 := exec.LookPath("node")
	if _, err := os.Stat(filepath.Join(driver, "node_modules")); err != nil || err1 != nil || err2 != nil {
		t.Skip("needs chromium, node and npm ci in .ci/browser")
	}
	folder := t.TempDir()
	page := func(name string, in batch.Input, recs ...batch.Record) {
		write(t, filepath.Join(folder, name), in, report.Options{History: history()}, recs...)
	}
	page("kinds.html", batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "Notes", ""}}, csvRows...)

	var nasties, hostiles []batch.Record
	var want []string
	for _, s := range nastyStrings {
		s = strings.ToValidUTF8(s, "\ufffd")
		want = append(want, s)
		nasties = append(nasties, asked(s, s))
	}
	page("nasty.html", oneColumn, nasties...)
	for _, s := range hostile {
		rec := asked("hostile", s+" ["+irc+"]")
		rec.Answer.Sources = []batch.Source{{
			"node_id": quoted(irc), "title": quoted(s), "text": quoted(s), "url": quoted("javascript:window.pwned=1"), "tool": quoted(s), "page_label": quoted(s),
		}}
		rec.Answer.Suggestions, rec.Answer.RequestID, rec.ID, rec.Error = []string{s}, s, s, s
		hostiles = append(hostiles, rec)
	}
	page("hostile.html", batch.Input{Format: batch.CSV, Columns: []string{`</option><script>window.pwned=1</script>`}}, hostiles...)
	if *big {
		page("big.html", batch.Input{Format: batch.CSV, Columns: []string{"client", "question"}}, bigRows(10_000)...)
	}
	b, err := json.Marshal(want)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "nasty.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(node, filepath.Join(driver, "page.mjs"), chromium, folder).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

func quoted(s string) json.RawMessage {
	b, _ := json.Marshal(s) // every string can be written
	return b
}

// hostile are answers that would run or load something.
var hostile = []string{
	"<script>window.pwned=1</script>", "a <script>window.pwned=1</script> b", "<img src=https://x.example/a.png onerror=window.pwned=1>",
	"![a](https://x.example/a.png)", "![a](data:image/svg+xml;base64,PHN2Zz4=)", "[a](javascript:window.pwned=1)", "[a](JaVaScRiPt:window.pwned=1)",
	"[a](\u0001javascript:window.pwned=1)", "[a](java\tscript:window.pwned=1)", "[a](&#106;avascript:window.pwned=1)", "<javascript:window.pwned=1>",
	"[a](data:text/html,<script>window.pwned=1</script>)", "[a](vbscript:x)", "[a](file:///etc/passwd)", "[a](//x.example)", "[a][b]\n\n[b]: javascript:window.pwned=1",
	`[a](https://x.example "onmouseover=window.pwned=1 [` + irc + `]")`, `[a](https://x.example/"onmouseover="window.pwned=1)`, "[see [" + irc + "]](https://x.example)",
	"</div></article></main><script>window.pwned=1</script>", "<iframe src=https://x.example></iframe>", "<svg onload=window.pwned=1>", "<!--", "-->", "<![CDATA[<script>window.pwned=1</script>",
	"<style>*{display:none}</style>", `<meta http-equiv=refresh content="0;url=https://x.example">`, "<base href=https://x.example>", "<form action=https://x.example><input></form>",
	"```html\n<script>window.pwned=1</script>\n", "| <script>window.pwned=1</script> |\n|---|\n| [a](javascript:x) |", "https://x.example/\"><script>window.pwned=1</script>",
}

// bigRows are rows as long as real ones.
func bigRows(n int) []batch.Record {
	paragraph := strings.Repeat("An expense is deductible in the year in which it is paid or incurred, if it is ordinary and necessary. ", 4)
	rows := make([]batch.Record, n)
	for i := range rows {
		text := fmt.Sprintf("Answer to question %d.\n\n## Rule\n\n", i)
		rec := asked("", "")
		for k := range 6 {
			id := fmt.Sprintf("00000000-0000-4000-8000-%012d", k)
			text += fmt.Sprintf("**Point %d.** %s [%s]\n\n- first\n- second\n\n", k, paragraph, id)
			rec.Answer.Sources = append(rec.Answer.Sources, batch.Source{
				"node_id": quoted(id), "title": quoted(fmt.Sprintf("Treas. Reg. § 1.%d", k)), "text": quoted(strings.Repeat(paragraph, 3)), "url": quoted("https://sources.example/a.pdf"),
			})
		}
		rec.ID, rec.Line, rec.Answer.Text = fmt.Sprintf("Q%d", i), i+2, text
		rec.Fields = fieldsOf(fmt.Sprintf("client %d", i%50), fmt.Sprintf("This is question %d: how is it taxed?", i))
		rows[i] = rec
	}
	return rows
}
