package question

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
)

// readAll reads what can be read before the first error.
func readAll(content, name string, opts Options) (questions []batch.Question, in batch.Input, err error) {
	opts.AskModes = bizora.AskModes
	r, err := NewReader(strings.NewReader(content), name, opts)
	if err != nil {
		return nil, in, err
	}
	for q, err := range r.Questions() {
		if err != nil {
			return questions, r.Input(), err
		}
		questions = append(questions, q)
	}
	return questions, r.Input(), nil
}

// Whatever encoding/csv writes comes back field for field.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "width")
		cell := rapid.OneOf(
			rapid.StringOfN(rapid.RuneFrom([]rune("ab \"',;|\t\r\n\uFEFF\uFFFDé\x00")), 0, 8, -1),
			rapid.String(),
		)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 5).Draw(t, "rows")
		comma := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "delimiter")
		crlf := rapid.Bool().Draw(t, "crlf")
		header := slices.Repeat([]string{"note"}, width)
		header[width-1] = "question"

		var file strings.Builder
		w := csv.NewWriter(&file)
		w.Comma = comma
		if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
			t.Fatal(err)
		}
		content := file.String()
		if crlf && !strings.ContainsAny(strings.Join(slices.Concat(rows...), ""), "\r\n") {
			content = strings.ReplaceAll(content, "\n", "\r\n")
		}

		questions, _, err := readAll(content, "q.csv", Options{Quote: "csv"})
		if err != nil && !strings.Contains(err.Error(), "the file holds no questions") {
			t.Fatal(err)
		}
		var got [][]string
		for _, q := range questions {
			var fields []string
			if err := json.Unmarshal(q.Fields, &fields); err != nil {
				t.Fatal(err)
			}
			got = append(got, fields)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Errorf("-written +read:\n%s", diff)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add("id,question\n1,\"a\r\nb\"\n")
	f.Add("question;ask_mode\r\na;web\r\n")
	f.Add("\uFEFFquestion\n\"a\"\"\r\"")
	f.Add("\xFF\xFEq\x00\n\x00a\x00")
	f.Add("Questions\n\nid\tquestion\n1\t\"a\n2\tb\"\n")
	f.Add("sep=|\nid|question\n1|6\" pipe| \n2\n \n\x1a")
	f.Fuzz(func(t *testing.T, content string) {
		for _, name := range []string{"q.csv", "q.tsv"} {
			for _, opts := range []Options{{}, {Template: "{{.}}"}, {NoHeader: true}, {HeaderRow: 2, Quote: "none"}, {QuestionColumn: "a", Delimiter: "|"}} {
				questions, in, err := readAll(content, name, opts)
				checkQuestions(t, questions, err)
				for _, q := range questions {
					var fields []string
					if err := json.Unmarshal(q.Fields, &fields); err != nil || len(fields) != len(in.Columns) {
						t.Errorf("%s, %+v: line %d: fields %s (%v), columns %q", name, opts, q.Line, q.Fields, err, in.Columns)
					}
				}
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add(`{"id":1,"question":"a","params":{"x":1.0}}`)
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}`)
	f.Add(`{"custom_id":"c","body":{"model":"m","messages":[{"role":"user","content":"u"}]}}`)
	f.Add(`{"custom_id":"c","body":{"instructions":"i","input":[{"type":"message","role":"user","content":"u"}]}}`)
	f.Fuzz(func(t *testing.T, content string) {
		questions, in, err := readAll(content, "q.jsonl", Options{})
		checkQuestions(t, questions, err)
		for _, q := range questions {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(q.Fields, &members); err != nil {
				t.Errorf("line %d: fields %s: %v", q.Line, q.Fields, err)
			}
			for name := range members {
				if !slices.Contains(in.Columns, name) {
					t.Errorf("line %d: no column %q in %q", q.Line, name, in.Columns)
				}
			}
		}
		questions, _, err = readAll(content, "q.jsonl", Options{Template: "{{.}}"})
		checkQuestions(t, questions, err)
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>question</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>What?</t></is></c></row></sheetData>`)
	f.Add(`<sheetData><row r="1048576"><c r="XFD1"><v>1</v></c></row></sheetData>`)
	f.Add(`<sheetData><row><c t="s"><v>-1</v></c></row></sheetData>`)
	f.Add(`<sheetData><row><c t="s"><v>0</v></c></row><row hidden="1"><c t="e" vm="1" s=""><f>A1</f><v>#N/A</v></c><c t="b"><v>1</v></c></row></sheetData><autoFilter><filterColumn/></autoFilter>`)
	whole := workbook(f, [][]any{{"question"}, {"What?"}})
	f.Fuzz(func(t *testing.T, data string) {
		readFuzzed(t, changed(t, whole, "xl/worksheets/sheet1.xml", func(string) string {
			return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + data + `</worksheet>`
		}))
	})
}

// FuzzWorkbook has workbooks with a part that is not their own.
func FuzzWorkbook(f *testing.F) {
	parts := []string{"_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"}
	whole := workbook(f, [][]any{{"id", "question"}, {1.5, "What?"}}, [][]any{{"question"}})
	for i, name := range parts {
		changed(f, whole, name, func(xml string) string {
			f.Add(uint8(i), xml)
			return xml
		})
	}
	f.Add(uint8(4), "\xFF\xFE<\x00a\x00/\x00>\x00")
	f.Add(uint8(4), `<?xml version="1.1" encoding="utf-7"?><sst><si><t>_x000D_</t><rPh><t/></rPh></si></sst>`)
	f.Fuzz(func(t *testing.T, part uint8, data string) {
		readFuzzed(t, changed(t, whole, parts[int(part)%len(parts)], func(string) string { return data }))
	})
}

// readFuzzed reads a workbook that may be anything.
func readFuzzed(t *testing.T, content string) {
	path := filepath.Join(t.TempDir(), "q.xlsx")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{AskModes: bizora.AskModes})
	if err != nil {
		if _, ok := err.(*Error); !ok {
			t.Errorf("error is a %T: %v", err, err)
		}
		return
	}
	defer r.Close()
	for q, err := range r.Questions() {
		if err == nil && q.Skip == "" && q.Text == "" {
			t.Errorf("a question without text: %+v", q)
		}
	}
}

// checkQuestions checks what holds for every row, and that an error is an
// *Error.
func checkQuestions(t *testing.T, questions []batch.Question, err error) {
	t.Helper()
	if err != nil {
		if _, ok := err.(*Error); !ok {
			t.Errorf("error is a %T: %v", err, err)
		}
	}
	line := 0
	for _, q := range questions {
		if q.ID == "" || q.Line <= line {
			t.Errorf("id %q in line %d after line %d", q.ID, q.Line, line)
		}
		line = q.Line
		if asks := q.Text != "" || len(q.Messages) > 0; asks == (q.Skip != "") {
			t.Errorf("line %d asks %q, %v, and is skipped for %q", q.Line, q.Text, q.Messages, q.Skip)
		}
		if q.Skip == "" && q.Subject == "" {
			t.Errorf("line %d has no subject", q.Line)
		}
		if !json.Valid(q.Fields) {
			t.Errorf("line %d: fields are not JSON: %q", q.Line, q.Fields)
		}
	}
}
