package report_test

import (
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// clientBook makes a workbook as people have it: a cover, a title above the
// header, a table with a filter, formats, a formula, a comment, a list to choose
// from, a chart, a hidden row, and a sheet that has the name of one of ours.
func clientBook(t testing.TB) (path string, in batch.Input, source report.Source, recs []batch.Record) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	sheet := "Open items"
	header, err1 := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"7030A0"}}})
	body, err2 := f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: "Georgia", Size: 10}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2F2F2"}}})
	_, err3 := f.NewSheet(sheet)
	_, err4 := f.NewSheet("sources")
	validation := excelize.NewDataValidation(true)
	validation.SetSqref("B4:B7")
	errs := []error{
		err1, err2, err3, err4, validation.SetDropList([]string{"Harbor", "Pine"}),
		f.SetCellValue("Sheet1", "A1", "Harbor & Pine LLC"), f.SetCellValue("sources", "A1", "our own"),
		f.SetCellValue(sheet, "A1", "Tax questions"), f.MergeCell(sheet, "A1", "H1"),
		f.SetSheetRow(sheet, "A3", &[]any{"Ref", "Client", "Question", "Hours"}), f.SetCellStyle(sheet, "A3", "D3", header),
		f.SetColWidth(sheet, "C", "C", 44), f.SetColVisible(sheet, "F:XFD", false), f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 3, TopLeftCell: "A4", ActivePane: "bottomLeft"}),
		f.AddDataValidation(sheet, validation), f.AutoFilter(sheet, "A3:D8", nil),
		f.AddComment(sheet, excelize.Comment{Cell: "C4", Author: "Ana", Text: "ask the client"}),
		f.SetRowVisible(sheet, 6, false), f.SetRowHeight(sheet, 5, 60),
		f.AddChart("Sheet1", "A3", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "'Open items'!$D$3", Values: "'Open items'!$D$4:$D$8"}}}),
	}
	in = batch.Input{Format: batch.XLSX, Columns: []string{"Ref", "Client", "Question", "Hours"}}
	questions := map[int]string{4: "May a home office be deducted?", 6: "Is a gift taxed?", 8: "May a home office be deducted?"}
	for row := 4; row <= 8; row++ {
		if row == 7 {
			continue // which is blank
		}
		values := []any{fmt.Sprintf("Q%d", row), "Pine", questions[row]}
		errs = append(errs, f.SetSheetRow(sheet, fmt.Sprintf("A%d", row), &values), f.SetCellFormula(sheet, fmt.Sprintf("D%d", row), "ROW()*1.5"),
			f.SetCellStyle(sheet, fmt.Sprintf("A%d", row), fmt.Sprintf("D%d", row), body))
		rec := asked("", "**Yes** ["+irc+"]")
		rec.ID, rec.Line, rec.Fields = values[0].(string), row, fieldsOf(values[0].(string), "Pine", questions[row], "")
		rec.Attempts, rec.Seconds, rec.Cost, rec.Finished = 1, 12.34, 24*batch.Cent, outcomes()[0].Finished
		if questions[row] == "" {
			rec = batch.Record{ID: rec.ID, Line: row, Fields: rec.Fields, Status: batch.Skipped, Error: "no question"}
		} else {
			rec.Answer.Sources = homeOffice.Sources
		}
		recs = append(recs, rec)
	}
	path = filepath.Join(t.TempDir(), "q.xlsx")
	if err := errors.Join(append(errs, f.SaveAs(path))...); err != nil {
		t.Fatal(err)
	}
	return path, in, report.Source{Path: path, Sheet: sheet, HeaderRow: 3, Question: "Question", ID: "Ref"}, recs
}

// parts are the parts of a file, by name.
func parts(t testing.TB, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	content := map[string]string{}
	for _, f := range z.File {
		if _, twice := content[f.Name]; twice {
			t.Errorf("there are two parts %s", f.Name)
		}
		content[f.Name] = sheetXML(t, read(t, path), f.Name)
	}
	return content
}

func TestAWorkbookComesBackWithTheAnswersInIt(t *testing.T) {
	inNewYork(t)
	path, in, source, recs := clientBook(t)
	out := filepath.Join(t.TempDir(), "q.answers.xlsx")
	write(t, out, in, report.Options{Source: source, History: history()}, recs...)
	was, is := opened(t, path), opened(t, out)
	for _, sheet := range was.GetSheetList() {
		old, err := was.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range old {
			for c := range max(len(row), 4) {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				before, after := describe(t, was, sheet, cell), describe(t, is, sheet, cell)
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("%s!%s (-was +is):\n%s", sheet, cell, diff)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"Sheet1", "Open items", "sources", "Sources 2", "Run"}, is.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	var rows [][]string
	for row := 3; row <= 8; row++ {
		var cells []string
		for _, column := range []string{"A", "E", "F", "G", "I", "L", "O"} {
			cells = append(cells, cellAt(t, is, "Open items", column+fmt.Sprint(row)))
		}
		rows = append(rows, cells)
	}
	citations := "[1] 26 U.S.C. § 280A"
	yes := func(id string) []string {
		return []string{id, "Yes [1]", citations, "1 source", "answered", "1", "$0.24"}
	}
	want := [][]string{
		{"Ref", "answer", "citations", "sources", "status", "attempts", "cost"},
		yes("Q4"), {"Q5", "", "", "", "skipped", "", ""}, yes("Q6"), {"", "", "", "", "", "", ""}, yes("Q8"),
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("the answers (-want +got):\n%s", diff)
	}
	if a, b := describe(t, is, "Open items", "D3").Style, describe(t, is, "Open items", "E3").Style; cmp.Diff(a, b) != "" {
		t.Errorf("our header looks otherwise: %s", cmp.Diff(a, b))
	}
	if font := describe(t, is, "Open items", "E4").Style.Font; font == nil || font.Family != "Georgia" {
		t.Errorf("an answer has the font %+v", font)
	}
	if visible, err := is.GetColVisible("Open items", "F"); err != nil || !visible {
		t.Errorf("our columns are hidden: %v", err)
	}
	if visible, err := is.GetColVisible("Open items", "Z"); err != nil || visible {
		t.Errorf("other columns are not hidden any more: %v", err)
	}
	if height, _ := is.GetRowHeight("Open items", 5); height != 60 {
		t.Errorf("row 5 is %v points high", height)
	}
	if visible, err := is.GetRowVisible("Open items", 6); err != nil || visible {
		t.Errorf("the hidden row is hidden no more: %v", err)
	}
	notes, err := is.GetComments("Open items")
	if err != nil || len(notes) != 4 || notes[0].Text != "ask the client" || !strings.Contains(notes[1].Text, "<certain> uses") {
		t.Errorf("comments %+v, %v", notes, err)
	}
	before, after := parts(t, path), parts(t, out)
	for name, content := range before {
		changed := map[string]bool{
			"[Content_Types].xml": true, "xl/workbook.xml": true, "xl/_rels/workbook.xml.rels": true, "xl/styles.xml": true,
			"xl/worksheets/sheet2.xml": true, "xl/comments1.xml": true, "xl/drawings/vmlDrawing1.vml": true,
		}[name]
		if !changed && after[name] != content && !strings.HasSuffix(name, "sheet2.xml.rels") {
			t.Errorf("%s was changed", name)
		}
	}
	if sheet := after["xl/worksheets/sheet2.xml"]; !strings.Contains(sheet, `<autoFilter ref="A3:P8"`) || !strings.Contains(after["xl/workbook.xml"], "!$A$3:$P$8<") {
		t.Error("who sorts by the filter takes the questions from their answers")
	}
	if left := folder(t, filepath.Dir(out)); len(left) != 1 {
		t.Errorf("beside the workbook there is more: %v", left)
	}
}

// A described cell is all that people see of it.
type described struct {
	Value, Formula string
	Style          *excelize.Style
	Width          float64
}

func describe(t testing.TB, f *excelize.File, sheet, cell string) (d described) {
	t.Helper()
	var errs [4]error
	var id int
	d.Value, errs[0] = f.GetCellValue(sheet, cell)
	d.Formula, errs[1] = f.GetCellFormula(sheet, cell)
	if id, errs[2] = f.GetCellStyle(sheet, cell); errs[2] == nil {
		d.Style, errs[2] = f.GetStyle(id)
	}
	d.Width, errs[3] = f.GetColWidth(sheet, strings.TrimRight(cell, "0123456789"))
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return d
}

// Other programs read what came back as they read what was sent.
func TestOtherProgramsReadAReturnedWorkbook(t *testing.T) {
	inNewYork(t)
	path, in, source, recs := clientBook(t)
	out := filepath.Join(t.TempDir(), "q.answers.xlsx")
	write(t, out, in, report.Options{Source: source}, recs...)
	got := openpyxl(t, `
import json, openpyxl, sys
was, now = [openpyxl.load_workbook(p) for p in sys.argv[1:]]
a, b = was["Open items"], now["Open items"]
for row in a.iter_rows(max_col=4):
    for c in row:
        d = b[c.coordinate]
        for part in "value", "font", "fill", "border", "alignment", "number_format", "hyperlink":
            assert repr(getattr(c, part)) == repr(getattr(d, part)), (c.coordinate, part)
assert [str(v.sqref) for v in b.data_validations.dataValidation] == ["B4:B7"]
assert b.freeze_panes == "A4" and str(b.merged_cells) == "A1:H1" and len(now["Sheet1"]._charts) == 1
json.dump({"sheets": now.sheetnames, "E4": b["E4"].value, "link": b["G4"].hyperlink.location, "cost": b["O4"].value, "answered": [str(b["P4"].value), b["P4"].number_format], "comment": b["C4"].comment.text}, sys.stdout)`, path, out)
	var values map[string]any
	if err := json.Unmarshal(got, &values); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"sheets": []any{"Sheet1", "Open items", "sources", "Sources 2", "Run"}, "E4": "Yes [1]", "link": "'Sources 2'!A2", "cost": 0.24, "answered": []any{"2026-09-01 23:31:39", `yyyy\-mm\-dd hh:mm:ss "-05:00"`}, "comment": "ask the client"}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("openpyxl reads (-want +got):\n%s", diff)
	}
	rows := officeRows(t, out, 2)
	if len(rows) < 8 || rows[3][0] != "Q4" || rows[3][3] != "6" || rows[3][4] != "Yes [1]" || rows[7][4] != "Yes [1]" {
		t.Errorf("LibreOffice reads %q", rows)
	}
}

// A table goes over our columns too: a table that is sorted takes only its own
// columns along.
func TestATableTakesTheAnswersAlong(t *testing.T) {
	for name, totals := range map[string]string{"a plain table": "", "a table with a row of totals": ` totalsRowCount="1"`} {
		t.Run(name, func(t *testing.T) {
			path, in, source, recs := clientBook(t)
			path = changedBook(t, path, func(name, content string) string {
				return regexp.MustCompile(`<(autoFilter|definedName) .*?</(autoFilter|definedName)>`).ReplaceAllString(content, "")
			})
			f := opened(t, path)
			if err := errors.Join(f.AddTable(source.Sheet, &excelize.Table{Range: "A3:D8", Name: "items"}), f.Save()); err != nil {
				t.Fatal(err)
			}
			source.Path = changedBook(t, path, func(name, content string) string {
				if name == "xl/tables/table1.xml" {
					content = strings.Replace(content, "<table ", "<table"+totals+" ", 1)
				}
				return content
			})
			out := filepath.Join(t.TempDir(), "q.answers.xlsx")
			write(t, out, in, report.Options{Source: source}, recs...)
			want := "A3:D8 [Ref Client Question Hours]"
			if totals == "" {
				want = "A3:P8 [Ref Client Question Hours answer citations sources continues status error checks attempts seconds request_id cost answered]"
			}
			got := openpyxl(t, `
import openpyxl, sys
table = openpyxl.load_workbook(sys.argv[1])["Open items"].tables["items"]
print(table.ref, "[" + " ".join(c.name for c in table.tableColumns) + "]")
assert table.autoFilter is None or table.autoFilter.ref == table.ref or table.totalsRowCount`, out)
			if diff := cmp.Diff(want, strings.TrimSpace(string(got))); diff != "" {
				t.Errorf("the table (-want +got):\n%s", diff)
			}
		})
	}
}

// A workbook with macros keeps them under a name that may have them.
func TestMacrosStayWhereTheNameAllowsThem(t *testing.T) {
	path, in, source, recs := clientBook(t)
	source.Path = changedBook(t, path, func(name, content string) string {
		switch name {
		case "[Content_Types].xml":
			content = strings.Replace(content, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", "vnd.ms-excel.sheet.macroEnabled.main", 1)
			content = strings.Replace(content, "</Types>", `<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`, 1)
		case "xl/_rels/workbook.xml.rels":
			content = strings.Replace(content, "</Relationships>", `<Relationship Id="rId77" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>`, 1)
		}
		return content
	}, "xl/vbaProject.bin")
	for name, macros := range map[string]bool{"a.xlsm": true, "a.xlsx": false} {
		out := filepath.Join(t.TempDir(), name)
		write(t, out, in, report.Options{Source: source}, recs...)
		after := parts(t, out)
		if _, there := after["xl/vbaProject.bin"]; there != macros || strings.Contains(after["[Content_Types].xml"], "macroEnabled") != macros ||
			strings.Contains(after["xl/_rels/workbook.xml.rels"], "vbaProject") != macros {
			t.Errorf("%s has macros: %v", name, there)
		}
		if got := cellAt(t, opened(t, out), "Open items", "E4"); got != "Yes [1]" {
			t.Errorf("%s has the answer %q", name, got)
		}
	}
}

// Some programs write every element with a prefix, rows without their numbers,
// and count days from 1904.
func TestAWorkbookInOtherWordsComesBackToo(t *testing.T) {
	inNewYork(t)
	path, in, source, recs := clientBook(t)
	source.Path = changedBook(t, path, func(name, content string) string {
		content = strings.Replace(content, "<workbookPr ", `<workbookPr date1904="1" `, 1)
		if name == "xl/worksheets/sheet2.xml" || name == "xl/styles.xml" {
			content = regexp.MustCompile(`<(/?)([a-zA-Z])`).ReplaceAllString(content, "<${1}ss:${2}")
			content = strings.Replace(content, ` xmlns="http`, ` xmlns:ss="http`, 1)
		}
		return content
	})
	out := filepath.Join(t.TempDir(), "q.answers.xlsx")
	write(t, out, in, report.Options{Source: source}, recs...)
	for name, content := range parts(t, out) {
		d := xml.NewDecoder(strings.NewReader(content))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Space == "" && name == "xl/worksheets/sheet2.xml" {
				t.Fatalf("%s has the element %s without its prefix", name, start.Name.Local)
			}
		}
	}
	rows := officeRows(t, out, 2)
	if len(rows) < 8 || rows[3][4] != "Yes [1]" || !strings.HasPrefix(rows[3][15], "2026-09-01 23:31:39") {
		t.Errorf("LibreOffice reads %q", rows)
	}
}
