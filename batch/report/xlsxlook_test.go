package report_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// opened is a workbook as another program reads it.
func opened(t testing.TB, path string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// cellAt is the text of a cell.
func cellAt(t testing.TB, f *excelize.File, sheet, cell string) string {
	t.Helper()
	text, err := f.GetCellValue(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestMarkdownIsRichTextInACell(t *testing.T) {
	for markdown, want := range map[string][]string{
		"It **may** be deducted.":         {"It ", "*may", " be deducted."},
		"## Short answer\nYes.":           {"*Short answer\n", "Yes."},
		"- one\n  * **two**: x\n1. three": {"• one\n  • ", "*two", ": x\n1. three"},
		"2 ** 3 ** 4 and a*b*c":           {"2 ** 3 ** 4 and a*b*c"},
		"```\n- **x**\n```\n- y":          {"```\n- **x**\n```\n• y"},
		"**no\nend**":                     {"**no\nend**"},
	} {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		write(t, path, oneColumn, report.Options{}, asked("q", markdown))
		runs, err := opened(t, path).GetCellRichText("Answers", "B2")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range runs {
			text := r.Text
			if r.Font != nil && r.Font.Bold {
				text = "*" + text
			}
			got = append(got, text)
		}
		if got == nil { // it has one face
			got = []string{cellAt(t, opened(t, path), "Answers", "B2")}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", markdown, diff)
		}
	}
}

// A row is no higher than Excel takes, and says which of its cells go on.
func TestARowSaysWhichCellsGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	write(t, path, oneColumn, report.Options{}, asked("Short?", "Yes."), asked(strings.Repeat("Long? ", 500), strings.Repeat("word ", 1000)))
	f := opened(t, path)
	for row, want := range map[int]struct {
		height float64
		mark   string
	}{2: {15, ""}, 3: {405, "… question, answer go on in the cell"}} {
		height, err := f.GetRowHeight("Answers", row)
		if mark := cellAt(t, f, "Answers", fmt.Sprintf("E%d", row)); err != nil || height != want.height || mark != want.mark {
			t.Errorf("row %d is %v points high and says %q, want %v, %q: %v", row, height, mark, want.height, want.mark, err)
		}
	}
}

// With ten columns beside it, the question and its answer are in sight when the
// workbook opens, wherever they stand.
func TestTheQuestionAndItsAnswerAreInSight(t *testing.T) {
	const screen = 190 // characters of a column's width on a screen of 1440 pixels
	client := []string{"client", "entity", "year", "state", "partner", "office", "matter", "due", "hours", "notes"}
	for name, columns := range map[string][]string{
		"the question first": append([]string{"id", "question"}, client...),
		"the question last":  append(append([]string{"id"}, client...), "question"),
		"no id":              append(append([]string{}, client...), "question"),
	} {
		t.Run(name, func(t *testing.T) {
			fields := make([]string, len(columns))
			for i := range fields {
				fields[i] = strings.Repeat("a value of some length ", 2)
			}
			rec := asked("", "Yes.")
			rec.Fields = fieldsOf(fields...)
			path := filepath.Join(t.TempDir(), "a.xlsx")
			write(t, path, batch.Input{Format: batch.CSV, Columns: columns}, report.Options{}, rec)
			f := opened(t, path)
			panes, err := f.GetPanes("Answers")
			if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.XSplit == 0 {
				t.Fatalf("panes %+v, %v", panes, err)
			}
			first, _, err := excelize.CellNameToCoordinates(panes.TopLeftCell)
			if err != nil {
				t.Fatal(err)
			}
			var sight []string
			width := 0.0
			show := func(from, to int) {
				for column := from; column <= to; column++ {
					letter, _ := excelize.ColumnNumberToName(column)
					w, err := f.GetColWidth("Answers", letter)
					if width += w; err == nil && width <= screen {
						sight = append(sight, cellAt(t, f, "Answers", letter+"1"))
					}
				}
			}
			show(1, panes.XSplit)
			show(first, first)
			want := []string{"id", "question", "answer"}
			if columns[0] != "id" {
				want = want[1:]
			}
			if diff := cmp.Diff(want, sight); diff != "" {
				t.Errorf("in sight (-want +got):\n%s", diff)
			}
			names := map[string]string{}
			for _, name := range f.GetDefinedName() {
				if name.Scope == "Answers" {
					names[name.Name] = name.RefersTo
				}
			}
			area := strings.Split(strings.ReplaceAll(names["_xlnm.Print_Area"], "'Answers'!$", ""), "$")
			if area[0] != strings.TrimRight(panes.TopLeftCell, "0123456789") || !strings.Contains(names["_xlnm.Print_Titles"], "'Answers'!$A:$") {
				t.Errorf("it prints %v", names)
			}
		})
	}
}

// A comment has the excerpts as far as its box has room for them.
func TestACommentHasTheExcerpts(t *testing.T) {
	rec := asked("q", "["+irc+"]["+bill+"]")
	long := batch.Source{"node_id": quoted(irc), "title": quoted("26 U.S.C. § 280A"), "text": quoted(strings.Repeat("certain uses ", 1000))}
	rec.Answer.Sources = []batch.Source{long, {"node_id": quoted(bill), "title": quoted("H.R. 1"), "text": quoted("a bill")}}
	for range 6 {
		rec.Answer.Sources = append(rec.Answer.Sources, long)
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	write(t, path, oneColumn, report.Options{}, rec)
	notes, err := opened(t, path).GetComments("Answers")
	if err != nil || len(notes) != 1 {
		t.Fatalf("%v, %v", notes, err)
	}
	if text := notes[0].Text; notes[0].Cell != "C2" || !strings.HasPrefix(text, "[1] 26 U.S.C. § 280A\ncertain uses ") || !strings.Contains(text, "…\n\n[2] H.R. 1\na bill") || len(text) > 2_600 {
		t.Errorf("%s has the comment %q", notes[0].Cell, text)
	}
}

// Excel opens a file by the kind that its name says.
func TestAWorkbookIsOfTheKindThatItsNameSays(t *testing.T) {
	for name, want := range map[string]string{"a.xlsx": "spreadsheetml.sheet.main+xml", "a.xlsm": "ms-excel.sheet.macroEnabled.main+xml"} {
		if types := sheetXML(t, written(t, name, oneColumn, asked("q", "a")), "[Content_Types].xml"); !strings.Contains(types, want) {
			t.Errorf("%s is of another kind: %s", name, types)
		}
	}
}
