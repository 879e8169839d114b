package question

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
)

func TestASheetIsReadLikeACSVFile(t *testing.T) {
	content := workbook(t, [][]any{
		{},
		{"ID", "Question", "ask_mode", "", "note"},
		{"T1", " Is it\ntaxable? ", "web", nil, "x"},
		{},
		{nil, "And that?"},
		{7, nil, nil, "empty"},
		{"", "  ", ""},
	})
	questions, in, err := read(t, "q.xlsx", content, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`3 T1 ["T1"," Is it\ntaxable? ","web","","x"]`,
		`5 2 ["","And that?","","",""]`,
		`6 7 ["7","","","empty",""]`,
	}
	if diff := cmp.Diff(want, rowsOf(questions)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if q := questions[0]; q.Text != "Is it\ntaxable?" || q.AskMode != "web" || questions[2].Skip == "" {
		t.Errorf("read %+v", questions)
	}
	if diff := cmp.Diff(batch.Input{Format: batch.XLSX, Columns: []string{"ID", "Question", "ask_mode", "", "note"}, Question: "Question"}, in); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

// TestCellsAreReadAsExcelShowsThem has a workbook that another program made.
func TestCellsAreReadAsExcelShowsThem(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	day := time.Date(2025, 4, 15, 13, 30, 0, 0, time.UTC)
	for i, cell := range []struct {
		value  any
		format string // of Excel; "14" is its short date
		want   string
	}{
		{1234.5, "", "1234.5"},
		{1234.5, "#,##0.00", "1,234.50"},
		{0.075, "0.0%", "7.5%"},
		{7, "00000", "00007"},
		{true, "", "TRUE"},
		{day, "14", "2025-04-15"},
		{day, "d mmm yyyy", "15 Apr 2025"},
		{day, "yyyy-mm-dd hh:mm", "2025-04-15 13:30"},
		{"_x0041_ 100% =1+1", "", "_x0041_ 100% =1+1"},
		{"a\u00a7 税 \U0001F4B0", "", "a\u00a7 税 \U0001F4B0"},
	} {
		style := excelize.Style{CustomNumFmt: &cell.format}
		switch cell.format {
		case "":
			style = excelize.Style{}
		case "14":
			style = excelize.Style{NumFmt: 14}
		}
		id, err := f.NewStyle(&style)
		name := fmt.Sprintf("A%d", i+2)
		if err == nil {
			err = f.SetCellValue("Sheet1", name, cell.value)
		}
		if err == nil {
			err = f.SetCellStyle("Sheet1", name, name, id)
		}
		if err == nil {
			err = f.SetCellValue("Sheet1", fmt.Sprintf("B%d", i+2), cell.want)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bold := []excelize.RichTextRun{{Text: "partly "}, {Text: "bold", Font: &excelize.Font{Bold: true}}}
	err := errors.Join(f.SetSheetRow("Sheet1", "A1", &[]any{"question", "want"}),
		f.SetCellRichText("Sheet1", "A12", bold), f.SetCellValue("Sheet1", "B12", "partly bold"))
	if err != nil {
		t.Fatal(err)
	}
	questions, _, err := read(t, "q.xlsx", saved(t, f), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		if want := fmt.Sprintf("[%q,%q]", q.Text, q.Text); string(q.Fields) != want {
			t.Errorf("row %d: shown and wanted are %s", q.Line, q.Fields)
		}
	}
	if len(questions) != 11 {
		t.Errorf("read %d rows", len(questions))
	}
}

func TestAWorkbookOfAnotherProgram(t *testing.T) {
	if err := exec.Command("/usr/bin/python3", "-c", "import openpyxl").Run(); err != nil {
		t.Skip("needs python3-openpyxl")
	}
	path := filepath.Join(t.TempDir(), "q.xlsx")
	out, err := exec.Command("/usr/bin/python3", "-c", `
import openpyxl, sys
wb = openpyxl.Workbook()
wb.active.title = "Notes"
wb.active.sheet_state = "hidden"
ws = wb.create_sheet("Tax questions")
ws.append(["id", "question", "sum"])
ws.append(["text", "Is it taxable?"])
ws.append(["formula", "What is it?", "=1+1"])
ws.merge_cells("A4:A5")
ws["A4"], ws["B4"], ws["B5"] = "merged", "First?", "Second?"
ws.row_dimensions[6].hidden = True
ws.append(["hidden", "Hidden?"])
wb.save(sys.argv[1])`, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	questions, _, err := read(t, "q.xlsx", string(content), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`2 text ["text","Is it taxable?",""]`,
		`3 formula ["formula","What is it?",""]`, // nothing ever computed it, and it is not sent
		`4 merged ["merged","First?",""]`,
		`5 4 ["","Second?",""]`,
		`6 hidden ["hidden","Hidden?",""]`,
	}
	if diff := cmp.Diff(want, rowsOf(questions)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestXLSXErrorsSayWhere(t *testing.T) {
	header := []any{"id", "question"}
	two := workbook(t, [][]any{header, {1, "One?"}}, [][]any{header, {2, "Two?"}})
	for _, tt := range []struct {
		name, content string
		opts          Options
		err, hint     string
	}{
		{"another ZIP file", zipOf(t, map[string]string{"a.txt": "hello"}), Options{}, "q.xlsx is not an Excel file", "save it"},
		{"no such sheet", two, Options{Sheet: "2025"}, `q.xlsx has no sheet "2025" (found: Sheet1, Sheet2)`, "--sheet"},
		{"an empty sheet", workbook(t, [][]any{}), Options{}, `q.xlsx, sheet "Sheet1", row 1: the file holds no questions`, ""},
		{"a header alone", workbook(t, [][]any{header}), Options{}, `q.xlsx, sheet "Sheet1", row 1: the file holds no questions`, ""},
		{"no question column", workbook(t, [][]any{{}, {"a", "b"}, {1, 2}}), Options{}, `q.xlsx, sheet "Sheet1", row 2: no question column (found: a, b)`, "--question-column"},
		{"a column without a name", workbook(t, [][]any{header, {1, "What?", nil, "x"}}), Options{}, `q.xlsx, sheet "Sheet1", row 2: there is something in column D`, "header"},
		{"a title that is the name of a column", workbook(t, [][]any{{"Text"}, {"Ref", "Question"}, {1, "What?"}}), Options{}, `q.xlsx, sheet "Sheet1", row 2: there is something in column B`, "--header-row 2"},
		{"an unknown ask mode", workbook(t, [][]any{{"question", "ask_mode"}, {}, {"What?", "slow"}}), Options{}, `q.xlsx, sheet "Sheet1", row 3: `, ""},
		{"an error of Excel", workbook(t, [][]any{header, {1, "#REF!"}}), Options{}, `q.xlsx, sheet "Sheet1", row 2: cell B2 holds the error #REF!`, "formula"},
		{"a template's unknown column", two, Options{Template: "{{.client}}"}, `q.xlsx, sheet "Sheet1", row 2: `, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "q.xlsx", tt.content, tt.opts)
			checkError(t, err, tt.err, tt.hint)
		})
	}
	t.Run("a sheet of a CSV file", func(t *testing.T) {
		_, _, err := read(t, "q.csv", "question\nWhat?\n", Options{Sheet: "2025"})
		checkError(t, err, "q.csv has no sheets", "--sheet")
	})
	t.Run("standard input", func(t *testing.T) {
		_, err := NewReader(strings.NewReader(two), "standard input", Options{Format: batch.XLSX})
		checkError(t, err, "standard input cannot be read as xlsx", "name of the file")
	})
	t.Run("another sheet, in any case", func(t *testing.T) {
		questions, _, err := read(t, "q.xlsx", two, Options{Sheet: " sheet2"})
		if err != nil || len(questions) != 1 || questions[0].Text != "Two?" {
			t.Errorf("read %v, %v", questions, err)
		}
	})
}

// TestABrokenSheetIsNoShortSheet has a sheet whose XML breaks off after its
// first question, in a ZIP file that is whole.
func TestABrokenSheetIsNoShortSheet(t *testing.T) {
	content := workbook(t, [][]any{{"question"}, {"One?"}, {"Two?"}})
	broken := changed(t, content, "xl/worksheets/sheet1.xml", func(xml string) string {
		return xml[:strings.Index(xml, `<row r="3"`)] + "<row"
	})
	_, _, err := read(t, "q.xlsx", broken, Options{})
	checkError(t, err, "q.xlsx is a damaged Excel file: xl/worksheets/sheet1.xml: XML syntax error", "save it again")
	for name, end := range map[string]string{"nothing": "", "the end of another element": "</c></row></sheetData></worksheet>"} {
		broken := changed(t, content, "xl/worksheets/sheet1.xml", func(xml string) string {
			return xml[:strings.Index(xml, `<row r="3"`)] + end
		})
		_, _, err := read(t, "q.xlsx", broken, Options{})
		if err == nil {
			t.Errorf("then comes %s: read without an error", name)
			continue
		}
		checkError(t, err, "q.xlsx is a damaged Excel file: xl/worksheets/sheet1.xml: XML syntax error", "save it again")
	}
}

// TestAPartOfAnExcelFileThatIsTooMuchIsRefused has files of some KB.
func TestAPartOfAnExcelFileThatIsTooMuchIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads millions of elements")
	}
	const sheet, styles, texts = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"
	for _, tt := range []struct{ name, part, before, more, err string }{
		{"a text", sheet, `<row r="3">`, strings.Repeat("x", xlsxRow+(8<<10)), "has more than 32 MB in a row"},
		{"a row of tiny cells", sheet, `<row r="3">`, strings.Repeat("<c/>", xlsxElements+1), "has more than 1048576 elements in a row"},
		{"elements in each other", sheet, `<row r="3">`, strings.Repeat("<a>", xlsxDepth) + strings.Repeat("</a>", xlsxDepth), "has more than 100 elements in each other"},
		{"styles", styles, `<cellXfs>`, strings.Repeat("<xf/>", xlsxElements+1), "has more than 1048576 elements in a row, a text or the styles"},
		{"relationships", "xl/_rels/workbook.xml.rels", "", strings.Repeat("<a/>", xlsxElements+1), "has more than 1048576 elements in a row, a text or the styles"},
		{"texts", texts, "", strings.Repeat("<si/>", xlsxTexts+1), "has more than 4194304 texts"},
		{"rows, each of which is small", sheet, "<sheetData>", strings.Repeat("<row><c/></row>", xlsxElements), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "q.xlsx", changed(t, workbook(t, [][]any{{"question"}}), tt.part, func(string) string {
				return "<a><sheetData>" + tt.before + tt.more
			}), Options{})
			want := "q.xlsx would unpack to more than can be right for questions: " + tt.part + " " + tt.err
			if tt.err == "" { // it has no end, but is not too much
				want = "q.xlsx is a damaged Excel file"
			}
			checkError(t, err, want, "")
		})
	}
}

func TestAnExcelFileThatUnpacksToTooMuchIsRefused(t *testing.T) {
	content := workbook(t, [][]any{{"question"}, {"What?"}})
	for _, tt := range []struct {
		name, part string
		size       uint64
		refused    bool
	}{
		{"a picture, which is not read", "xl/media/1.png", 1 << 40, false},
		{"a sheet", "xl/worksheets/sheet1.xml", xlsxUnpacked + 1, true},
		{"a size that overflows", "xl/worksheets/sheet1.xml", 1<<64 - 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			whole, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range whole.File {
				if f.Name != tt.part {
					err = errors.Join(err, z.Copy(f))
				}
			}
			_, e := z.CreateRaw(&zip.FileHeader{Name: tt.part, UncompressedSize64: tt.size}) // it holds nothing: it need not be unpacked to be refused
			if err := errors.Join(err, e, z.Close()); err != nil {
				t.Fatal(err)
			}
			questions, _, err := read(t, "q.xlsx", b.String(), Options{})
			if tt.refused {
				checkError(t, err, "q.xlsx would unpack to more than", "CSV")
			} else if err != nil || len(questions) != 1 {
				t.Errorf("read %d questions: %v", len(questions), err)
			}
		})
	}
}

// TestALargeSheetLeavesNoTemporaryFile reads one that does not fit in memory.
func TestALargeSheetLeavesNoTemporaryFile(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	rows := [][]any{{"question"}}
	long := strings.Repeat("Is it taxable? ", 2000)
	for i := range 800 {
		rows = append(rows, []any{fmt.Sprint(i, long)})
	}
	questions, _, err := read(t, "q.xlsx", workbook(t, rows), Options{})
	if err != nil || len(questions) != 800 {
		t.Fatalf("read %d questions: %v", len(questions), err)
	}
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	if err != nil || left != nil {
		t.Errorf("left behind: %v %v", left, err)
	}
}
