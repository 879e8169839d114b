package report_test

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/chat"
	"bizbatch/batch/report"
	"bizbatch/internal/sandbox"
)

var big = flag.Bool("big", false, "TestInChromium: measure the search of 10,000 answers too")

// largestPage is how large a page of 10,000 answers may be, in bytes.
const largestPage = 25_000_000

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
	clients := batch.Input{Format: batch.CSV, Columns: []string{"Client", "question"}}
	rows := answeredRows(t)
	page("clients.html", clients, clientRows(rows[:60])...)
	page("big.html", clients, repeated(rows, 10_000)...)
	if info, err := os.Stat(filepath.Join(folder, "big.html")); err != nil || info.Size() > largestPage {
		t.Errorf("10,000 answers: %v, a page of %d bytes", err, info.Size())
	}
	b, err := json.Marshal(want)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "nasty.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, filepath.Join(driver, "page.mjs"), chromium, folder)
	if *big {
		cmd.Env = append(cmd.Environ(), "BIG=1")
	}
	out, err := cmd.CombinedOutput()
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

// answeredRows are the sandbox's answers to the sample questions, and to variants
// of them: 90 rows.
func answeredRows(t *testing.T) (rows []batch.Record) {
	t.Helper()
	server, err := sandbox.Start("", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	asker, err := chat.New(chat.Config{Provider: bizora.Provider, BaseURL: server.URL, Key: "any"})
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(read(t, "../../samples/tax_questions.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 90 {
		question := table[1+i%45][2]
		if i >= 45 {
			question += " Answer for 2024."
		}
		request, _, err := batch.Settings{}.Request(batch.Question{Text: question})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := asker.Ask(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		finished := time.Date(2026, 9, 1, 9, 0, i, 0, time.UTC)
		rows = append(rows, batch.Record{
			ID: fmt.Sprintf("TQ-%03d", i+1), Line: i + 2, Fields: fieldsOf(fmt.Sprintf("Client %d", i%10), question), Status: batch.Answered,
			Answer: &answer, Attempts: 1, Seconds: 31, Cost: 24 * batch.Cent, Finished: finished, Payload: request.Payload,
		})
	}
	return rows
}

// clientRows are 60 rows of ten clients, of which 5 failed, 2 are truncated, 1 is
// refused, and 4 cite a source that did not come.
func clientRows(rows []batch.Record) []batch.Record {
	rows = slices.Clone(rows)
	for i := range rows {
		r := &rows[i]
		answer := *r.Answer
		r.Answer = &answer
		switch {
		case i%12 == 2:
			r.Status, r.Answer, r.Error = batch.Failed, nil, "400 invalid_request_error: the question is too vague"
		case i%30 == 9:
			r.Status, answer.FinishReason = batch.Truncated, "length"
		case i == 44:
			r.Status, answer.FinishReason = batch.Refused, "content_filter"
		case i%15 == 7:
			answer.Text += " [" + lost + "]"
		}
	}
	return rows
}

// repeated are n rows with these answers.
func repeated(rows []batch.Record, n int) []batch.Record {
	list := make([]batch.Record, n)
	for i := range list {
		list[i] = rows[i%len(rows)]
		list[i].ID, list[i].Line = fmt.Sprintf("Q%d", i+1), i+2
	}
	return list
}
