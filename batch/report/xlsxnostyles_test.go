package report_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch/report"
)

// Some programs write no formats at all. The workbook's own cells then look as they
// did, and ours have their formats.
func TestAWorkbookWithoutStylesComesBackToo(t *testing.T) {
	inNewYork(t)
	path, in, source, recs := clientBook(t)
	source.Path = withoutStyles(t, path)
	out := filepath.Join(t.TempDir(), "q.answers.xlsx")
	write(t, out, in, report.Options{Source: source}, recs...)
	f := opened(t, out)
	var got []string
	for _, cell := range []string{"A4", "D3", "E3", "E4", "O4"} {
		got = append(got, cellAt(t, f, source.Sheet, cell))
	}
	if diff := cmp.Diff([]string{"Q4", "Hours", "answer", "Yes [1]", "$0.24"}, got); diff != "" {
		t.Errorf("the cells (-want +got):\n%s", diff)
	}
	if style := describe(t, f, source.Sheet, "A4").Style; style.Alignment != nil || style.Font.Bold || len(style.Fill.Color) > 0 || len(style.Border) > 0 {
		t.Errorf("its own cell looks otherwise: %+v", style)
	}
	if style := describe(t, f, source.Sheet, "E4").Style; style.Alignment == nil || !style.Alignment.WrapText {
		t.Errorf("the answer is one long line: %+v", style)
	}
	after := parts(t, out)
	if types, rels := after["[Content_Types].xml"], after["xl/_rels/workbook.xml.rels"]; strings.Count(types, "styles+xml") != 1 || strings.Count(rels, "/styles\"") != 1 {
		t.Errorf("the styles are not named once:\n%s\n%s", types, rels)
	}
}

// withoutStyles returns a workbook without its styles.
func withoutStyles(t testing.TB, path string) string {
	return changedBook(t, path, func(name, content string) string {
		switch {
		case name == "[Content_Types].xml":
			content = regexp.MustCompile(`<Override [^>]*styles\+xml[^>]*>(</Override>)?`).ReplaceAllString(content, "")
		case name == "xl/_rels/workbook.xml.rels":
			content = regexp.MustCompile(`<Relationship [^>]*/styles"[^>]*>(</Relationship>)?`).ReplaceAllString(content, "")
		case name == "xl/styles.xml":
			content = ""
		case strings.HasPrefix(name, "xl/worksheets/"):
			content = regexp.MustCompile(`(<c [^>]*?) s="\d+"`).ReplaceAllString(content, "$1")
		}
		return content
	})
}
