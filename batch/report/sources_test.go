package report_test

import (
	"regexp"
	"strings"
	"testing"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// readers are the files that people read, and programs that know nothing of
// the service.
var readers = []string{"a.csv", "a.tsv", "a.xlsx", "a.md", "a.html", "openai.jsonl"}

// trimmed is homeOffice as a source mode keeps it, in a row.
func trimmed(mode batch.SourceMode, kept ...batch.Source) batch.Record {
	answer := *homeOffice
	answer.Sources, answer.Kept = kept, mode
	rec := csvRows[0]
	rec.Answer = &answer
	return rec
}

// content is what a file of the records shows: of a workbook, its sheets.
func content(t *testing.T, name string, recs ...batch.Record) string {
	t.Helper()
	path := t.TempDir() + "/" + name
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "Notes", ""}},
		report.Options{OpenAIBatch: name == "openai.jsonl"}, recs...)
	file := read(t, path)
	if name != "a.xlsx" {
		return file
	}
	return sheetXML(t, file, "xl/worksheets/sheet1.xml") + sheetXML(t, file, "xl/worksheets/sheet2.xml")
}

// What nobody reads anyway is all that goes with the sources that are not cited.
func TestOnlyCitedSourcesReadAsAll(t *testing.T) {
	for _, name := range readers {
		want, got := content(t, name, csvRows[0]), content(t, name, trimmed(batch.CitedSources, homeOffice.Sources[:2]...))
		if got != want {
			t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
		}
	}
}

var anyNodeID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}`)

func TestNoReaderSeesTheIDsOfSourcesThatWereNotKept(t *testing.T) {
	for _, name := range readers {
		file := content(t, name, trimmed(batch.NoSources))
		if id := anyNodeID.FindString(file); id != "" {
			t.Errorf("%s shows the id %s:\n%s", name, id, file)
		}
		if n := strings.Count(file, "sources not kept"); !strings.Contains(file, "[1][2]") || n != 1 && name != "openai.jsonl" {
			t.Errorf("%s has not the numbers, or says %d times that the sources were not kept:\n%s", name, n, file)
		}
	}
	if file := content(t, "a.html", trimmed(batch.NoSources)); strings.Contains(file, `<a href="#s`) {
		t.Errorf("links to sources that are not there:\n%s", file)
	}
	if file := content(t, "openai.jsonl", trimmed(batch.NoSources)); !strings.Contains(file, `"annotations":[]`) {
		t.Errorf("annotations of sources that nobody can find:\n%s", file)
	}
	for _, part := range []string{`"answer_as_sent":"**Yes**, if used \"regularly\" & exclusively [` + irc + `]`, `"sources":[],"sources_kept":"none"`, `{"number":2,"node_id":"` + bill + `"}`} {
		if file := content(t, "a.jsonl", trimmed(batch.NoSources)); !strings.Contains(file, part) {
			t.Errorf("JSON lines without %s:\n%s", part, file)
		}
	}
}

func TestAnAnswerThatCitesNothingMissesNoSources(t *testing.T) {
	for _, name := range append(readers, "a.jsonl") {
		rec := trimmed(batch.NoSources)
		rec.Answer.Text = "Yes."
		if file := content(t, name, rec); strings.Contains(file, "not kept") {
			t.Errorf("%s:\n%s", name, file)
		}
	}
}
