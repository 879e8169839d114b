package report_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bizbatch/batch/report"
)

// A merged area shows only its first cell, so an answer in any other would be
// lost. The filter goes over the answers all the same.
func TestAnswersComeBesideMergedCells(t *testing.T) {
	for name, test := range map[string]struct {
		merged []string // areas, besides the title's
		first  string   // our first column
		filter string
	}{
		"none":                               {nil, "E", "A3:P8"},
		"among the columns":                  {[]string{"A4:B4", "D5:D6"}, "E", "A3:P8"},
		"above the header":                   {[]string{"C2:J2"}, "E", "A3:P8"},
		"the header":                         {[]string{"D3:F3"}, "G", "A3:R8"},
		"the header and rows above it":       {[]string{"G2:H3"}, "I", "A3:T8"},
		"questions":                          {[]string{"D3:G3", "D4:G4", "D6:G6"}, "H", "A3:S8"},
		"blank cells beside the questions":   {[]string{"E4:E6"}, "F", "A3:Q8"},
		"a footnote":                         {[]string{"A9:H9"}, "I", "A3:T8"},
		"two footnotes, the wider one first": {[]string{"A9:AB9", "A10:H10"}, "AC", "A3:AN8"},
	} {
		t.Run(name, func(t *testing.T) {
			path, in, source, recs := clientBook(t)
			f := opened(t, path)
			var errs []error
			for _, area := range test.merged {
				begin, end, _ := strings.Cut(area, ":")
				errs = append(errs, f.MergeCell(source.Sheet, begin, end))
			}
			if err := errors.Join(append(errs, f.Save())...); err != nil {
				t.Fatal(err)
			}
			was, err := f.GetMergeCells(source.Sheet)
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "q.answers.xlsx")
			write(t, out, in, report.Options{Source: source}, recs...)
			f = opened(t, out)
			got := []string{cellAt(t, f, source.Sheet, test.first+"3"), cellAt(t, f, source.Sheet, test.first+"4")}
			if diff := cmp.Diff([]string{"answer", "Yes [1]"}, got); diff != "" {
				t.Errorf("column %s (-want +got):\n%s", test.first, diff)
			}
			if is, err := f.GetMergeCells(source.Sheet); err != nil || !cmp.Equal(was, is) {
				t.Errorf("merged cells (-was +is), %v:\n%s", err, cmp.Diff(was, is))
			}
			if sheet := parts(t, out)["xl/worksheets/sheet2.xml"]; !strings.Contains(sheet, `<autoFilter ref="`+test.filter+`"`) {
				t.Errorf("the filter does not go over %s", test.filter)
			}
		})
	}
}

// A table needs a name for each of its columns, and none is above the blank cells
// between it and our columns.
func TestATableApartFromTheAnswersIsNotChanged(t *testing.T) {
	path, in, source, recs := clientBook(t)
	f := opened(t, path)
	if err := errors.Join(f.AddTable(source.Sheet, &excelize.Table{Range: "A3:D8", Name: "items"}),
		f.MergeCell(source.Sheet, "A9", "H9"), f.Save()); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "q.answers.xlsx")
	write(t, out, in, report.Options{Source: source}, recs...)
	const table = "xl/tables/table1.xml"
	if was, is := parts(t, path)[table], parts(t, out)[table]; was == "" || was != is {
		t.Errorf("the table was\n%s\nand is\n%s", was, is)
	}
}
