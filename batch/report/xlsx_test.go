package report_test

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// inCell is a string as a sheet holds it: NUL and bytes that are no text are
// replaced.
func inCell(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// inAnswer is a string as the cell of an answer holds it: without the marks of
// Markdown that a cell shows in another way.
func inAnswer(s string) string {
	shown, marked := map[string]string{"# heading": "heading", "# x": "x", "* * *": "• * *", "* x": "• x", "+ x": "• x", "- x": "• x"}[s]
	if marked {
		return shown
	}
	return inCell(s)
}

// nastyWorkbook writes every nasty string as a question and as its answer.
func nastyWorkbook(t testing.TB) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "nasty.xlsx")
	f := create(t, path, batch.Input{Format: batch.CSV, Columns: []string{"n", "question"}})
	for i, s := range nastyStrings {
		rec := batch.Record{ID: fmt.Sprint(i), Line: i + 2, Status: batch.Answered, Attempts: 1, Answer: &batch.Answer{Text: s, FinishReason: "stop"}}
		rec.Fields = fieldsOf(fmt.Sprint(i), strings.ToValidUTF8(s, "\ufffd")) // fields are JSON
		if err := f.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	return path
}

func fieldsOf(cells ...string) json.RawMessage {
	b, err := json.Marshal(cells)
	if err != nil {
		panic(err)
	}
	return b
}

// openpyxl runs a script of Python with Debian's openpyxl.
func openpyxl(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	return python(t, "openpyxl", script, args...)
}

func TestOpenpyxlReadsEveryCellAsItWas(t *testing.T) {
	if n := len(nastyStrings); n < 565 {
		t.Fatalf("%d nasty strings", n)
	}
	out := openpyxl(t, `
import json, openpyxl, sys
from openpyxl.utils.escape import unescape
ws = openpyxl.load_workbook(sys.argv[1])["Answers"]
rows = []
for row in ws.iter_rows():
    for c in row:
        text = c.data_type in "sn" and (c.value is None or isinstance(c.value, str))
        assert text or row[0].row > 1 and ws.cell(1, c.column).value in ("attempts", "seconds", "cost", "answered"), (c.coordinate, c.data_type)
    rows.append([unescape(c.value or "") for c in row[:3]])
json.dump(rows, sys.stdout)`, nastyWorkbook(t))
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(nastyStrings)+1 {
		t.Fatalf("%d rows, want %d", len(got), len(nastyStrings)+1)
	}
	for i, s := range nastyStrings {
		if diff := cmp.Diff([]string{fmt.Sprint(i), inCell(s), inAnswer(s)}, got[i+1]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", s, diff)
		}
	}
}

// officeRows are the rows of a sheet, counted from 1, as LibreOffice reads them.
func officeRows(t testing.TB, path string, sheet int) [][]string {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("needs LibreOffice")
	}
	folder := t.TempDir()
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(folder, "profile"), "--headless",
		"--convert-to", fmt.Sprintf("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,%d", sheet), "--outdir", folder, path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil || len(files) != 1 {
		t.Fatalf("LibreOffice wrote %v: %v", files, err)
	}
	r := csv.NewReader(strings.NewReader(read(t, files[0])))
	r.LazyQuotes, r.FieldsPerRecord = false, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestLibreOfficeReadsEveryCellAsItWas(t *testing.T) {
	rows := officeRows(t, nastyWorkbook(t), 1)
	if len(rows) != len(nastyStrings)+1 {
		t.Fatalf("%d rows, want %d", len(rows), len(nastyStrings)+1)
	}
	for i, s := range nastyStrings {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0xfdd0 && r <= 0xffff }) {
			continue // LibreOffice itself has no room for these
		}
		if rows[i+1][1] != inCell(s) || rows[i+1][2] != inAnswer(s) {
			t.Errorf("%q: got %q", s, rows[i+1][1:3])
		}
	}
}

func TestTheWorkbookOfEveryKindOfRow(t *testing.T) {
	inNewYork(t)
	path := filepath.Join(t.TempDir(), "a.xlsx")
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "status", ""}}, report.Options{History: history()}, csvRows...)
	out := openpyxl(t, `
import json, openpyxl, sys
wb = openpyxl.load_workbook(sys.argv[1])
a, s = wb["Answers"], wb["Sources"]
json.dump({
  "sheets": wb.sheetnames, "frozen": [a.freeze_panes, s.freeze_panes], "filter": [a.auto_filter.ref, s.auto_filter.ref],
  "header": [c.value for c in a[1]], "wrapped": a["E2"].alignment.wrap_text, "width": a.column_dimensions["E"].width,
  "cost": [[c.value, c.number_format] for c in a["O"][1:3]], "answered": [[str(c.value), c.is_date, c.number_format] for c in a["P"][1:3]],
  "numbers": [c.value for c in a["L"][1:3] + a["M"][1:3]], "comment": a["F2"].comment.text, "split": [a.sheet_view.pane.xSplit, a.sheet_view.pane.ySplit],
  "print": [a.page_setup.orientation, a.sheet_properties.pageSetUpPr.fitToPage, a.page_setup.fitToHeight, a.print_title_rows],
  "sources link": a["G2"].value + " " + a["G2"].hyperlink.location,
  "sources": [[c.value for c in row] for row in s.iter_rows(min_row=2)],
  "links": [c.hyperlink.target for row in s.iter_rows() for c in row if c.hyperlink],
  "run": [[c.value for c in row if c.value] for row in wb["Run"].iter_rows()],
}, sys.stdout)`, path)
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "workbook.json")
	indented, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(indented, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, golden), string(indented)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
	if left := folder(t, filepath.Dir(path)); len(left) != 1 {
		t.Errorf("beside the workbook there is more: %v", left)
	}
}

// sheetXML is a part of a workbook.
func sheetXML(t testing.TB, content, name string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	part, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(part)
}

func TestALongAnswerIsCutWhereExcelCountsAndSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		cut    bool
	}{
		"as long as a cell takes":           {strings.Repeat("x", 32_767), false},
		"one more":                          {strings.Repeat("x", 32_768), true},
		"short for bytes, in fewer units":   {strings.Repeat("税", 32_767), false},
		"short in characters, not in units": {strings.Repeat("\U0001F4B0", 16_384), true},
	} {
		t.Run(name, func(t *testing.T) {
			xml := sheetXML(t, written(t, "a.xlsx", oneColumn, asked("q", test.answer)), "xl/worksheets/sheet1.xml")
			_, cell, _ := strings.Cut(xml, `<c r="B2"`)
			_, cell, _ = strings.Cut(cell, `<t xml:space="preserve">`)
			cell, _, _ = strings.Cut(cell, `</t>`)
			if n := len(utf16.Encode([]rune(cell))); n > 32_767 {
				t.Errorf("the cell has %d units", n)
			}
			if strings.Contains(cell, "\ufffd") {
				t.Error("a character was cut in two")
			}
			if got := strings.Contains(cell, "… [cut here: Excel takes 32767 characters in a cell, this text has "); got != test.cut || !test.cut && cell != test.answer {
				t.Errorf("cut %v, want %v", got, test.cut)
			}
		})
	}
}

// Excel makes a formula of what begins with one of these signs as soon as the
// cell is edited, unless its format says that it is text (quotePrefix).
func TestWhatBeginsLikeAFormulaStaysTextWhenItIsEdited(t *testing.T) {
	rec := asked("", "=HYPERLINK(\"https://x.example\") ["+irc+"]")
	rec.ID, rec.Error, rec.Fields = "=id", "@SUM(A1)", fieldsOf("-1", "+1")
	rec.Answer.Sources = []batch.Source{{
		"node_id": quoted(irc), "title": quoted("=title"), "page_label": quoted("+2"), "tool": quoted("-3"), "url": quoted("@url"), "text": quoted("=1+1"),
	}}
	file := written(t, "a.xlsx", batch.Input{Format: batch.CSV, Columns: []string{"=A1", "question"}}, rec)
	var styles struct {
		Formats []struct {
			Quoted bool `xml:"quotePrefix,attr"`
		} `xml:"cellXfs>xf"`
	}
	parse(t, file, "xl/styles.xml", &styles)
	var got []string
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
		var sheet struct {
			Cells []struct {
				Format int    `xml:"s,attr"`
				Text   string `xml:"is>t"`
			} `xml:"sheetData>row>c"`
		}
		parse(t, file, name, &sheet)
		for _, c := range sheet.Cells {
			if styles.Formats[c.Format].Quoted {
				got = append(got, c.Text)
			}
		}
	}
	want := []string{
		"=A1", "-1", "+1", `=HYPERLINK("https://x.example") [1]`, "@SUM(A1)", // Answers
		"=id", "=title", "+2", "-3", "@url", "=1+1", // Sources
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what stays text (-want +got):\n%s", diff)
	}
}

// parse reads a part of a workbook.
func parse(t testing.TB, content, name string, into any) {
	t.Helper()
	if err := xml.Unmarshal([]byte(sheetXML(t, content, name)), into); err != nil {
		t.Fatal(err)
	}
}

func TestASheetHasNoMoreLinksThanExcelTakes(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes thousands of answers")
	}
	source := batch.Source{"node_id": json.RawMessage(`"` + irc + `"`), "url": json.RawMessage(`"https://x.example/` + strings.Repeat("a", 2_100) + `"`)}
	rec := asked("q", "["+irc+"]")
	rec.Answer.Sources = []batch.Source{source}
	file := written(t, "a.xlsx", oneColumn, rec)
	if strings.Contains(sheetXML(t, file, "xl/worksheets/sheet2.xml"), "<hyperlink ") {
		t.Error("an address that is too long is a link")
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	f := create(t, path, oneColumn)
	rec.Answer.Sources[0]["url"] = json.RawMessage(`"https://x.example/a b?c=<d>&e"`)
	for range 65_540 {
		if err := f.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	file = read(t, path)
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
		if n := strings.Count(sheetXML(t, file, name), "<hyperlink "); n != 65_530 {
			t.Errorf("%s has %d links", name, n)
		}
	}
	rels := sheetXML(t, file, "xl/worksheets/_rels/sheet2.xml.rels")
	if !strings.Contains(rels, `Target="https://x.example/a%20b?c=%3Cd%3E&amp;e"`) {
		t.Errorf("the address is %.300s", rels)
	}
}

// TestEveryPartIsXML reads each part of a workbook of nasty strings.
func TestEveryPartIsXML(t *testing.T) {
	content := read(t, nastyWorkbook(t))
	z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		d := xml.NewDecoder(strings.NewReader(sheetXML(t, content, f.Name)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
}
