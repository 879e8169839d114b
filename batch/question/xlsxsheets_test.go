package question

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// understood reads a file to its end and says what was understood of it.
func understood(t *testing.T, content string, opts Options) (Understood, error) {
	t.Helper()
	_, _, err := read(t, "q.xlsx", content, opts)
	if err != nil {
		return Understood{}, err
	}
	r, err := Open("q.xlsx", opts) // read left it there
	if err != nil {
		return Understood{}, err
	}
	defer r.Close()
	for range r.Questions() {
	}
	return r.Understood(), nil
}

// inBook changes the list of sheets of a workbook.
func inBook(t *testing.T, content, old, new string) string {
	t.Helper()
	return changed(t, content, "xl/workbook.xml", func(xml string) string {
		if !strings.Contains(xml, old) {
			t.Fatalf("no %s in %s", old, xml)
		}
		return strings.Replace(xml, old, new, 1)
	})
}

func TestTheSheetWithTheQuestionsIsRead(t *testing.T) {
	cover := [][]any{{"Tax questions 2025"}, {"Client: Acme"}}
	questions := [][]any{{"id", "question"}, {1, "What?"}}
	lists := [][]any{{"Text", "text"}, {"a", "b"}}
	hide := func(content string, sheet int) string {
		old := fmt.Sprintf(`name="Sheet%d"`, sheet)
		return inBook(t, content, old, old+` state="hidden"`)
	}
	isChart := func(content string) string {
		return changed(t, content, "xl/_rels/workbook.xml.rels", func(xml string) string {
			return strings.Replace(xml, `relationships/worksheet"`, `relationships/chartsheet"`, 1)
		})
	}
	for _, tt := range []struct {
		name, content, sheet string
		want                 Understood // of the sheets
		err, hint            string
	}{
		{"the first sheet, though another has questions too", workbook(t, questions, questions), "", Understood{Sheet: "Sheet1", Sheets: 2, OpensOn: "Sheet1"}, "", ""},
		{"the only one with a question column", workbook(t, cover, questions, cover), "", Understood{Sheet: "Sheet2", Sheets: 3, OpensOn: "Sheet1", PassedOver: []string{"Sheet1"}}, "", ""},
		{"after an empty one", workbook(t, [][]any{}, cover, questions), "", Understood{Sheet: "Sheet3", Sheets: 3, OpensOn: "Sheet1", PassedOver: []string{"Sheet1", "Sheet2"}}, "", ""},
		{"after a chart", isChart(workbook(t, questions, questions)), "", Understood{Sheet: "Sheet2", Sheets: 2, OpensOn: "Sheet1", PassedOver: []string{"Sheet1"}}, "", ""},
		{"a hidden one is not passed over", hide(workbook(t, questions, questions), 1), "", Understood{Sheet: "Sheet2", Sheets: 2, HiddenSheets: 1, OpensOn: "Sheet1"}, "", ""},
		{"a hidden one that is asked for", hide(workbook(t, cover, questions), 2), "sheet2", Understood{Sheet: "Sheet2", Sheets: 2, HiddenSheets: 1, OpensOn: "Sheet1"}, "", ""},
		{"the workbook opens on another", inBook(t, workbook(t, questions, questions), `<workbookView`, `<workbookView activeTab="1"`), "", Understood{Sheet: "Sheet1", Sheets: 2, OpensOn: "Sheet2"}, "", ""},
		{"several but the first", workbook(t, cover, questions, questions), "", Understood{}, `q.xlsx has no question column in its first sheet, "Sheet1", and more than one sheet that has one: Sheet2, Sheet3`, "--sheet"},
		{"none", workbook(t, [][]any{}, [][]any{{"a", "b"}}), "", Understood{}, `q.xlsx, sheet "Sheet2", row 1: no question column (found: a, b)`, "--question-column"},
		{"none but a hidden one", hide(workbook(t, [][]any{{"a", "b"}}, cover, questions), 3), "", Understood{}, `q.xlsx, sheet "Sheet1", row 1: no question column (found: a, b)`, `--no-header --question-column A; a hidden sheet has a question column: to ask what is there, add --sheet "Sheet3"`},
		{"an empty one and a hidden one", hide(workbook(t, [][]any{}, questions), 2), "", Understood{}, `q.xlsx, sheet "Sheet1", row 1: the file holds no questions`, `a hidden sheet has a question column`},
		{"the cover, which is asked for", workbook(t, cover, questions), "Sheet1", Understood{}, `q.xlsx, sheet "Sheet1", row 1: no question column`, ""},
		{"a chart, which is asked for", isChart(workbook(t, questions, questions)), "Sheet1", Understood{}, `q.xlsx has no cells in sheet "Sheet1"`, "--sheet"},
		{"all are hidden", hide(workbook(t, questions), 1), "", Understood{}, "q.xlsx has no sheet that is not hidden", "--sheet"},
		{"a damaged one is not passed over", changed(t, workbook(t, questions, questions), "xl/worksheets/sheet1.xml", func(string) string { return "<a><b></a>" }), "", Understood{}, "q.xlsx is a damaged Excel file: xl/worksheets/sheet1.xml", `add --sheet "Sheet2"; otherwise, open it in Excel`},
		{"a column with two of its name is not passed over", workbook(t, [][]any{{"question", "question"}}, questions), "", Understood{}, `q.xlsx, sheet "Sheet1", row 1: "question" is there twice`, `if the questions are in another sheet, add --sheet "Sheet2"; otherwise, rename one of the two`},
		{"nor if it comes last", workbook(t, cover, questions, lists), "", Understood{}, `q.xlsx, sheet "Sheet3", row 1: "text" is there twice`, `if the questions are in another sheet, add --sheet "Sheet2"`},
		{"nor if it comes between", workbook(t, cover, lists, questions, questions), "", Understood{}, `q.xlsx, sheet "Sheet2", row 1: "text" is there twice`, `if the questions are in another sheet, add --sheet "Sheet3" or --sheet "Sheet4"`},
		{"of two in doubt, the first is told", workbook(t, cover, lists, [][]any{{"question", "question"}}), "", Understood{}, `q.xlsx, sheet "Sheet2", row 1: "text" is there twice`, "rename one of the two"},
		{"but it is not looked at after the questions", workbook(t, questions, lists), "", Understood{Sheet: "Sheet1", Sheets: 2, OpensOn: "Sheet1"}, "", ""},
		{"nor is the sheet that is asked for in doubt", workbook(t, cover, lists, questions), "Sheet3", Understood{Sheet: "Sheet3", Sheets: 3, OpensOn: "Sheet1"}, "", ""},
		{"one whose header is in doubt is not passed over", workbook(t, [][]any{{"Key", "Type"}, {"a", "Text"}, {"b", "Date"}}, questions), "", Understood{}, `q.xlsx, sheet "Sheet1", row 2: this row names a column`, `if the questions are in another sheet, add --sheet "Sheet2"`},
		{"one that holds no questions yet is not passed over", workbook(t, questions[:1], questions), "", Understood{}, `q.xlsx, sheet "Sheet1", row 1: the file holds no questions`, `if the questions are in another sheet, add --sheet "Sheet2"`},
		{"nor one whose questions are empty", workbook(t, cover, [][]any{{"id", "question"}, {1}, {2}}, questions), "", Understood{}, `q.xlsx, sheet "Sheet2", row 1: the file holds no questions`, `add --sheet "Sheet3"`},
		{"but one with an error is read", workbook(t, [][]any{{"id", "question", "mode"}, {1, "What?", "deeper"}}, questions), "", Understood{}, `q.xlsx, sheet "Sheet1", row 2: unknown ask mode "deeper"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := understood(t, tt.content, Options{Sheet: tt.sheet})
			if tt.err != "" {
				checkError(t, err, tt.err, tt.hint)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tt.want.HeaderLine, tt.want.Question, tt.want.ID, tt.want.First = 1, "question", "id", "What?"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("understood (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowsThatAFilterHidesAreReadAndCounted(t *testing.T) {
	rows := `<row>` + `<c/>` + asked + `</row><row hidden="1"><c/>` + asked + `</row><row hidden="1"><c/></row><row hidden="true"><c/>` + asked + `</row>`
	content := sheetOf(t, rows)
	sheet := func(old, new string) string {
		return changed(t, content, "xl/worksheets/sheet1.xml", func(xml string) string { return strings.Replace(xml, old, new, 1) })
	}
	const filter = `<autoFilter ref="A1:B5"><filterColumn colId="0"><filters><filter val="a"/></filters></filterColumn></autoFilter>`
	table := changed(t, content, "xl/worksheets/_rels/sheet1.xml.rels", func(string) string {
		return `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>`
	})
	for _, tt := range []struct {
		name, content string
		want          int
	}{
		{"no filter", content, 0},
		{"a filter that hides nothing", sheet("</sheetData>", `</sheetData><autoFilter ref="A1:B5"/>`), 0},
		{"a filter", sheet("</sheetData>", "</sheetData>"+filter), 2},
		{"a filter that the sheet speaks of", sheet("<sheetData>", `<sheetPr filterMode="1"/><sheetData>`), 2},
		{"a filter of a table", changed(t, table, "xl/tables/table1.xml", func(string) string { return "<table>" + filter + "</table>" }), 2},
		{"a table that cannot be read", changed(t, table, "xl/tables/table1.xml", func(string) string { return "<table><" }), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := understood(t, tt.content, Options{})
			if err != nil || got.FilteredRows != tt.want {
				t.Errorf("%d rows are hidden by a filter, want %d: %v", got.FilteredRows, tt.want, err)
			}
		})
	}
}

// The totals of a table are no question, rows below them are.
func TestTheTotalsOfATableAreLeftOut(t *testing.T) {
	content := sheetOf(t, strings.Repeat("<row><c/>"+asked+"</row>", 3))
	content = changed(t, content, "xl/worksheets/_rels/sheet1.xml.rels", func(string) string {
		return `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>`
	})
	for attributes, want := range map[string][]int{
		`ref="A1:B3"`:                                        {2, 3, 4},
		`ref="A1:B3" totalsRowShown="1"`:                     {2, 3, 4}, // it had some
		`ref="A1:B3" totalsRowCount="0"`:                     {2, 3, 4},
		`ref="A1:B3" totalsRowCount="1"`:                     {2, 4},
		`ref="A1:AB3" headerRowCount="1" totalsRowCount="1"`: {2, 4},
		`ref="A1" totalsRowCount="1"`:                        {2, 3, 4},
		`totalsRowCount="1"`:                                 {2, 3, 4},
	} {
		got, _, err := read(t, "q.xlsx", changed(t, content, "xl/tables/table1.xml", func(string) string {
			return "<table " + attributes + `><autoFilter ref="A1:B2"/></table>`
		}), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var lines []int
		for _, q := range got {
			lines = append(lines, q.Line)
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s: rows %d are read, want %d", attributes, lines, want)
		}
	}
}

func TestUsesRow(t *testing.T) {
	for template, want := range map[string]bool{
		"": false, "{{.question}}.": false, "A . b $ {{.question}}": false, `{{index . "Client name"}}`: false, `{{ index $ "a" }}`: false,
		"{{.}}": true, "{{- . -}}": true, "{{range .}}x{{end}}": true, "{{range $k, $v := .}}{{$k}}{{end}}": true, "{{printf \"%v\" .}}": true,
		"{{with $}}{{.a}}{{end}}": true, `{{.question}} {{(len .)}}`: true,
	} {
		if got := usesRow(template); got != want {
			t.Errorf("%s uses the whole row: %t", template, got)
		}
	}
}
