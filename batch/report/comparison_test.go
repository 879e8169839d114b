package report_test

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/batch/report"
)

// comparisons are those of pairs of texts: each with the one after it.
func comparisons(texts ...string) *report.Comparisons {
	all := &report.Comparisons{Name: "questions", Of: "by run 2 of 2 Sep 2026 02:00", Counts: map[diff.Class]int{}}
	night := time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)
	for i, text := range texts {
		c := report.Comparison{Was: diff.Answer{Text: text, Sources: []string{}}, Is: diff.Answer{Text: texts[(i+1)%len(texts)], Sources: []string{text}}}
		fields, _ := json.Marshal([]string{fmt.Sprint(i + 1), text})
		c.Record = batch.Record{ID: fmt.Sprint(i + 1), Line: i + 2, Question: text, Fields: fields}
		c.Old, c.New = batch.Version{Number: 1, Run: 1, Finished: night}, batch.Version{Number: 2, Run: 2, Finished: night.AddDate(0, 0, 1)}
		c.Difference = diff.Compare(c.Was, c.Is)
		all.Counts[c.Class]++
		all.List = append(all.List, c)
	}
	return all
}

func writtenComparisons(t *testing.T, all *report.Comparisons, name string, o report.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := report.CreateComparisons(path, batch.Input{Format: batch.CSV, Columns: []string{"id", "question"}}, all, o)
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	limitBefore = "**Limit.** The limit of § 179 is $1,160,000.\n\n- It does not apply to land.\n- Keep records."
	limitNow    = "**Limit.** The cap of § 179 is $1,250,000 (Rev. Proc. 2025-28).\n\n- It applies to land.\n- Keep records."
)

func TestComparisonsInMarkdown(t *testing.T) {
	all := comparisons(limitBefore, limitNow)
	all.List = all.List[:1]
	all.List[0].Record.Question = "What is the limit?"
	got := contentOf(t, writtenComparisons(t, all, "c.md", report.Options{}))
	got = regexp.MustCompile(`answered .*, and before that .*`).ReplaceAllString(got, "answered WHEN")
	want := `# Changed answers to questions

by run 2 of 2 Sep 2026 02:00: 2 questions answered anew: 2 changed, 0 reworded, 0 the same

## 1 · What is the limit?

changed · answered WHEN

- $1,160,000 → $1,250,000
- new authority: Rev. Proc. 2025-28
- no longer says "not"
- new source: \*\*Limit.\*\* The limit of § 179 is $1,160,000. - It does not apply to land. - Keep records.

Limit. The <del>limit</del><ins>cap</ins> of § 179 is <del>$1,160,000</del><ins>$1,250,000 (Rev. Proc. 2025-28)</ins>.  
  
• It <del>does not apply</del><ins>applies</ins> to land.  
• Keep records.
`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Nothing of an answer is run or loaded by whoever opens a file, and every format has
// it as it is.
func TestComparisonsOfWhatIsNasty(t *testing.T) {
	all := comparisons(nastyStrings...)
	var want [][2]string
	for _, c := range all.List {
		want = append(want, [2]string{plain(c.Was.Text), plain(c.Is.Text)})
	}
	t.Run("csv", func(t *testing.T) {
		rows, err := csv.NewReader(strings.NewReader(contentOf(t, writtenComparisons(t, all, "c.csv", report.Options{})))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var got [][2]string
		for _, row := range rows[1:] {
			got = append(got, [2]string{plain(row[4]), plain(row[6])})
		}
		header := []string{"id", "question", "difference", "what", "answer before", "answered before", "answer", "answered"}
		if d := cmp.Diff(header, rows[0]) + cmp.Diff(withoutReturns(want), got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
	t.Run("jsonl", func(t *testing.T) {
		var got [][2]string
		for line := range strings.Lines(contentOf(t, writtenComparisons(t, all, "c.jsonl", report.Options{}))) {
			var l struct{ Before, Now struct{ Answer string } }
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			got = append(got, [2]string{plain(l.Before.Answer), plain(l.Now.Answer)})
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
	t.Run("csv-safe", func(t *testing.T) {
		rows, err := csv.NewReader(strings.NewReader(contentOf(t, writtenComparisons(t, all, "c.csv", report.Options{CSVSafe: true})))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			for _, cell := range row {
				if regexp.MustCompile(`^[=@＝＠]`).MatchString(cell) {
					t.Errorf("a spreadsheet runs %q", cell)
				}
			}
		}
	})
	t.Run("xlsx", func(t *testing.T) {
		f, err := excelize.OpenFile(writtenComparisons(t, all, "c.xlsx", report.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows("Differences")
		if err != nil || len(rows) != len(want)+1 {
			t.Fatalf("%d rows, %v; want %d", len(rows), err, len(want)+1)
		}
		for i := range rows {
			for _, column := range []string{"B", "D", "E", "G"} {
				if formula, _ := f.GetCellFormula("Differences", fmt.Sprint(column, i+1)); formula != "" {
					t.Errorf("row %d has the formula %q", i+1, formula)
				}
			}
		}
	})
	for _, name := range []string{"c.html", "c.md"} {
		t.Run(name, func(t *testing.T) {
			text := contentOf(t, writtenComparisons(t, all, name, report.Options{}))
			if bad := regexp.MustCompile(`(?i)<(script|img|iframe|object|link)\b|(?:src|href)="?(?:https?|javascript):`).FindString(strings.ReplaceAll(text, `\<`, "")); bad != "" {
				t.Errorf("it has %s", bad)
			}
		})
	}
	t.Run("docx", func(t *testing.T) {
		trackedTexts(t, writtenComparisons(t, all, "c.docx", report.Options{})) // which is XML
	})
}

// With its changes rejected a Word document has the old answers, with them accepted the
// new ones.
func TestComparisonsInWordAreTracked(t *testing.T) {
	old, new := trackedTexts(t, writtenComparisons(t, comparisons(limitBefore, limitNow), "c.docx", report.Options{}))
	before, now := "Limit. The limit of § 179 is $1,160,000.\n• It does not apply to land.\n• Keep records.", "Limit. The cap of § 179 is $1,250,000 (Rev. Proc. 2025-28).\n• It applies to land.\n• Keep records."
	if d := cmp.Diff([]string{before, now}, old) + cmp.Diff([]string{now, before}, new); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// trackedTexts reads the answers of the sections of a Word document, as they are when
// all changes are rejected, and when all are accepted: what comes after the last item
// of what is different.
func trackedTexts(t *testing.T, path string) (old, new []string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(f)
	var texts [2]strings.Builder
	in := map[string]int{}
	styled, answer := false, false
	both := func(s string) {
		if in["del"] == 0 {
			texts[1].WriteString(s)
		}
		if in["ins"] == 0 {
			texts[0].WriteString(s)
		}
	}
	var marks [2]bool // the end of the paragraph is deleted, inserted
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return append(old, strings.Trim(texts[0].String(), "\n")), append(new, strings.Trim(texts[1].String(), "\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			in[token.Name.Local]++
			switch token.Name.Local {
			case "p":
				styled, marks = false, [2]bool{}
			case "pStyle":
				styled = true
			case "del", "ins":
				if in["pPr"] > 0 {
					marks[map[string]int{"del": 0, "ins": 1}[token.Name.Local]] = true
				}
			}
		case xml.EndElement:
			in[token.Name.Local]--
			if token.Name.Local != "p" {
				continue
			}
			if text := texts[0].String() + texts[1].String(); styled && answer && strings.TrimSpace(text) != "" { // the next section begins
				old, new = append(old, strings.Trim(texts[0].String(), "\n")), append(new, strings.Trim(texts[1].String(), "\n"))
				texts[0].Reset()
				texts[1].Reset()
			}
			answer = !styled
			if styled {
				continue
			}
			if !marks[0] {
				texts[1].WriteString("\n")
			}
			if !marks[1] {
				texts[0].WriteString("\n")
			}
		case xml.CharData:
			if !styled && (in["t"] > 0 || in["delText"] > 0) {
				both(string(token))
			}
		}
	}
}

// plain returns a text as tables have it.
func plain(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	return strings.TrimSpace(regexp.MustCompile("\ufffd+").ReplaceAllString(s, "\ufffd"))
}

// withoutReturns returns texts as encoding/csv reads them.
func withoutReturns(pairs [][2]string) (list [][2]string) {
	for _, p := range pairs {
		list = append(list, [2]string{strings.ReplaceAll(p[0], "\r\n", "\n"), strings.ReplaceAll(p[1], "\r\n", "\n")})
	}
	return list
}
