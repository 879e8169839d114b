package question

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

const testStyles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts><numFmt numFmtId="164" formatCode="&quot;Yes&quot;;&quot;Yes&quot;;&quot;No&quot;"/><numFmt numFmtId="165" formatCode="$#,##0.00"/>
<numFmt numFmtId="166" formatCode="[$-411]ggge"/><numFmt numFmtId="167" formatCode=";;;"/><numFmt numFmtId="168" formatCode="[h]:mm:ss"/></numFmts>
<cellStyleXfs><xf numFmtId="165"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="14"/><xf numFmtId="57"/></cellXfs>
<dxfs><dxf><numFmt numFmtId="165" formatCode="0"/></dxf></dxfs></styleSheet>`

// sheetOf is a workbook whose first sheet has these rows of XML below the
// header: id, question and note.
func sheetOf(t testing.TB, rows string) string {
	t.Helper()
	content := changed(t, workbook(t, [][]any{{"id", "question", "note"}}), "xl/worksheets/sheet1.xml", func(xml string) string {
		return strings.Replace(xml, "</sheetData>", rows+"</sheetData>", 1)
	})
	content = changed(t, content, "xl/workbook.xml", func(xml string) string {
		return strings.Replace(xml, "</sheets>", `</sheets><calcPr fullCalcOnLoad="1"/>`, 1)
	})
	return changed(t, content, "xl/styles.xml", func(string) string { return testStyles })
}

// cellsOf is a row with cells of this XML: a question and a note.
func cellsOf(question, note string) string { return "<row><c/>" + question + note + "</row>" }

const asked = `<c t="inlineStr"><is><t>What?</t></is></c>`

func TestEveryKindOfCellIsRead(t *testing.T) {
	for _, tt := range []struct{ name, cell, want string }{
		{"a text in the cell", `<c t="inlineStr"><is><t>a</t></is></c>`, "a"},
		{"a text in runs, with its pronunciation", `<c t="inlineStr"><is><r><t>東</t></r><r><t xml:space="preserve"> b</t></r><rPh sb="0" eb="1"><t>ヒガシ</t></rPh><phoneticPr/></is></c>`, "東 b"},
		{"a carriage return", `<c t="inlineStr"><is><t>a_x000D_b _x005F_x000D_ _x12_ _xD83D__xDCB0_ _x</t></is></c>`, "a\rb _x000D_ _x12_ \U0001F4B0 _x"},
		{"a text of a formula", `<c t="str"><f>A1</f><v>a</v></c>`, "a"},
		{"a number of a formula", `<c><f>A1</f><v>7</v></c>`, "7"},
		{"a zero", `<c><v>0</v></c>`, "0"},
		{"a formula that gives an empty text", `<c t="str"><f>A1</f><v></v></c>`, ""},
		{"a truth", `<c t="b"><v>1</v></c>`, "TRUE"},
		{"a truth in a word", `<c t="b"><v>true</v></c>`, "TRUE"},
		{"an untruth in a word", `<c t="b"><v>false</v></c>`, "FALSE"},
		{"a text that is none", `<c t="s"/>`, ""},
		{"a number", `<c><v>0.30000000000000004</v></c>`, "0.3"},
		{"a long number", `<c><v>12345678901234</v></c>`, "12345678901234"},
		{"a number with an empty style", `<c s=""><v>1.5</v></c>`, "1.5"},
		{"a text with an empty style", `<c t="inlineStr" s=""><is><t>a</t></is></c>`, "a"},
		{"a text with a style that is none", `<c t="inlineStr" s="x"><is><t>a</t></is></c>`, "a"},
		{"a zero in place of a word", `<c s="1"><v>0</v></c>`, "No"},
		{"half a cent", `<c s="2"><v>1.005</v></c>`, "$1.01"},
		{"hours", `<c s="5"><v>1.5</v></c>`, "36:00:00"},
		{"a short date", `<c s="6"><v>45762.9</v></c>`, "2025-04-15"},
		{"a date of another edition of Excel", `<c s="7"><v>45762</v></c>`, "2025-04-15"},
		{"a date that is written out", `<c t="d" s="6"><v>2025-04-15T00:00:00</v></c>`, "2025-04-15"},
		{"a date that is written out, without a format", `<c t="d"><v>2025-04-15T00:00:00</v></c>`, "2025-04-15"},
		{"a number that is not shown", `<c s="4"><v>5</v></c>`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			questions, _, err := read(t, "q.xlsx", sheetOf(t, cellsOf(asked, tt.cell)), Options{Template: "{{.note}}!"})
			if err != nil || questions[0].Text != tt.want+"!" {
				t.Errorf("read %+v, %v", questions, err)
			}
		})
	}
}

// TestWhatCannotBeReadMattersWhereItIsSent has cells that are refused where they
// are used, and kept elsewhere.
func TestWhatCannotBeReadMattersWhereItIsSent(t *testing.T) {
	for _, tt := range []struct{ name, cell, kept, err, hint string }{
		{"an error", `<c t="e"><v>#N/A</v></c>`, "#N/A", "holds the error #N/A", "mend the formula"},
		{"an error as a text", `<c t="inlineStr"><is><t>#VALUE!</t></is></c>`, "#VALUE!", "holds the error #VALUE!", "clear the cell"},
		{"a picture", `<c t="e" vm="1"><v>#VALUE!</v></c>`, "#VALUE!", "holds a picture", "clear the cell"},
		{"a formula without its result", `<c><f>A1&amp;"?"</f><v></v></c>`, "", "holds a formula whose result is not in the file", "open the file in Excel and save it"},
		{"the same without a value", `<c><f>A1</f></c>`, "", "holds a formula whose result is not in the file", "open the file in Excel"},
		{"a text of a formula without its result", `<c t="str"><f>A1</f></c>`, "", "holds a formula whose result is not in the file", "open the file in Excel"},
		{"a formula that is to be worked out", `<c><f>A1</f><v>0</v></c>`, "", "holds a formula whose result is not in the file", "open the file in Excel"},
		{"a format that is not known", `<c s="3"><v>45762</v></c>`, "45762", "holds a number that cannot be shown as Excel does", "number format"},
		{"a text that is not shown", `<c t="inlineStr" s="4"><is><t>hidden</t></is></c>`, "hidden", "holds a text that its number format does not show", "General"},
		{"a style that is not there", `<c s="99"><v>5</v></c>`, "5", "has a number format that is not in the file", "save it again"},
		{"a style that is no number", `<c s="x"><v>5</v></c>`, "5", "has a number format that is not in the file", "save it again"},
		{"a text that is not there", `<c t="s"><v>99</v></c>`, "", "holds a text that is not in the file (99)", "save it again"},
		{"a number that is none", `<c><v>five</v></c>`, "five", `holds a number that is none: "five"`, "save it again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const where = `q.xlsx, sheet "Sheet1", row 2: cell `
			_, _, err := read(t, "q.xlsx", sheetOf(t, cellsOf(tt.cell, asked)), Options{})
			checkError(t, err, where+"B2 "+tt.err, tt.hint)
			other := sheetOf(t, cellsOf(asked, tt.cell))
			_, _, err = read(t, "q.xlsx", other, Options{Template: "{{.question}} {{.note}}"})
			checkError(t, err, where+"C2 "+tt.err, tt.hint)
			_, _, err = read(t, "q.xlsx", other, Options{IDColumn: "note"})
			checkError(t, err, where+"C2 "+tt.err, tt.hint)
			questions, _, err := read(t, "q.xlsx", other, Options{Template: "{{.question}} {{.id}}"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{`2 1 ["","What?","` + tt.kept + `"]`}, rowsOf(questions)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("in the first row, which is no header", func(t *testing.T) {
		_, _, err := read(t, "q.xlsx", workbook(t, [][]any{{"#N/A"}, {"What?"}}), Options{NoHeader: true})
		checkError(t, err, `q.xlsx, sheet "Sheet1", row 1: cell A1 holds the error #N/A`, "")
	})
	t.Run("in a template that has the whole row", func(t *testing.T) {
		_, _, err := read(t, "q.xlsx", sheetOf(t, cellsOf(asked, `<c t="e"><v>#N/A</v></c>`)), Options{Template: "{{range .}}{{.}}{{end}} {{.question}}"})
		checkError(t, err, `q.xlsx, sheet "Sheet1", row 2: cell C2 holds the error #N/A`, "")
	})
}

func TestRowsAndCellsAreWhereTheySayTheyAre(t *testing.T) {
	for _, tt := range []struct {
		name, rows string
		want       []string
		err        string
	}{
		{"none says where it is", cellsOf(asked, ""), []string{`2 1 ["","What?",""]`}, ""},
		{"rows and cells left out", `<row r="7"><c r="B7" t="inlineStr"><is><t>What?</t></is></c></row>`, []string{`7 1 ["","What?",""]`}, ""},
		{"cells in another order", `<row r="2"><c r="B2" t="inlineStr"><is><t>What?</t></is></c><c r="A2"><v>5</v></c></row>`, []string{`2 5 ["5","What?",""]`}, ""},
		{"a row that comes twice", `<row r="2"/><row r="2"/>`, nil, `q.xlsx is a damaged Excel file: xl/worksheets/sheet1.xml: row "2" comes after row 2`},
		{"a cell with a name that is none", `<row r="2"><c r="2B"><v>1</v></c></row>`, nil, `q.xlsx, sheet "Sheet1", row 2: there is a cell with the name "2B"`},
		{"a column that Excel does not have", `<row r="2"><c r="XFE2"><v>1</v></c></row>`, nil, `q.xlsx, sheet "Sheet1", row 2: there is a cell with the name "XFE2"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			questions, _, err := read(t, "q.xlsx", sheetOf(t, tt.rows), Options{})
			if tt.err != "" {
				checkError(t, err, tt.err, "")
				return
			}
			if diff := cmp.Diff(tt.want, rowsOf(questions)); err != nil || diff != "" {
				t.Errorf("%v, rows (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestPartsAreReadInTheirEncoding has parts as document managers write them.
func TestPartsAreReadInTheirEncoding(t *testing.T) {
	const sheet = "xl/worksheets/sheet1.xml"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16"?><a>é</a>`)
	if err != nil {
		t.Fatal(err)
	}
	content := workbook(t, [][]any{{"question"}, {"What?"}})
	for name, other := range map[string]string{
		"UTF-16":       utf16,
		"windows-1252": "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\xe9</a>",
		"XML 1.1":      `<?xml version="1.1"?><a/>`,
		"a DTD":        `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
		"no XML":       "\x00\x01<a",
	} {
		for _, part := range []string{"customXml/item1.xml", "docProps/custom.xml", "xl/worksheets/sheet9.xml"} {
			questions, _, err := read(t, "q.xlsx", changed(t, content, part, func(string) string { return other }), Options{})
			if err != nil || len(questions) != 1 {
				t.Errorf("%s in %s: read %d questions: %v", name, part, len(questions), err)
			}
		}
	}
	plain := `<worksheet><sheetData><row><c t="inlineStr"><is><t>question</t></is></c></row><row><c t="inlineStr"><is><t>Müller?</t></is></c></row></sheetData></worksheet>`
	little := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()
	for name, xml := range map[string]string{
		"UTF-8 with a mark":     "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>" + plain,
		"windows-1252":          "<?xml version='1.0' encoding='windows-1252' standalone='yes'?>" + strings.ReplaceAll(plain, "ü", "\xfc"),
		"XML 1.1":               "<?xml version=\"1.1\"?>\r\n" + plain,
		"UTF-16":                "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + plain,
		"UTF-16 without a mark": "<?xml version=\"1.0\"?>" + plain,
	} {
		if strings.HasPrefix(name, "UTF-16") {
			if xml, err = little.String(xml); err != nil {
				t.Fatal(err)
			}
			if name == "UTF-16" {
				xml = "\xFF\xFE" + xml
			}
		}
		questions, _, err := read(t, "q.xlsx", changed(t, content, sheet, func(string) string { return xml }), Options{})
		if err != nil || len(questions) != 1 || questions[0].Text != "Müller?" {
			t.Errorf("%s: read %v: %v", name, questions, err)
		}
	}
	_, _, err = read(t, "q.xlsx", changed(t, content, sheet, func(string) string { return `<?xml version="1.0" encoding="klingon"?>` + plain }), Options{})
	checkError(t, err, `q.xlsx is a damaged Excel file: xl/worksheets/sheet1.xml: cannot be read: "klingon"`, "")
}

func TestDatesThatBeginIn1904(t *testing.T) {
	content := changed(t, sheetOf(t, cellsOf(`<c s="5"><v>1.5</v></c>`, `<c s="6"><v>44300</v></c>`)), "xl/workbook.xml", func(xml string) string {
		return strings.Replace(xml, "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
	})
	questions, _, err := read(t, "q.xlsx", content, Options{})
	if diff := cmp.Diff([]string{`2 1 ["","36:00:00","2025-04-15"]`}, rowsOf(questions)); err != nil || diff != "" {
		t.Errorf("%v, rows (-want +got):\n%s", err, diff)
	}
}
