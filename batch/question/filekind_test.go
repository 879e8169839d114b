package question

import (
	"testing"

	"golang.org/x/text/encoding/unicode"

	"bizbatch/batch"
)

func TestFilesThatAreNotWhatTheirNameSays(t *testing.T) {
	const text, older = "id,question\r\n1,Is it?\r\n", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\x00\x00"
	utf16 := func(endian unicode.Endianness, text string) string {
		encoded, err := unicode.UTF16(endian, unicode.IgnoreBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	book := workbook(t, [][]any{{"id", "question"}, {1, "Is it?"}})
	word := zipOf(t, map[string]string{
		"_rels/.rels":       `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml": `<document><body/></document>`,
	})
	for _, tt := range []struct{ name, file, content, err, hint string }{
		{"UTF-16", "q.csv", utf16(unicode.LittleEndian, text), "q.csv is text in UTF-16 without a byte order mark", "--encoding utf-16le"},
		{"UTF-16, big end first", "q.csv", utf16(unicode.BigEndian, text), "q.csv is text in UTF-16 without a byte order mark", "--encoding utf-16be"},
		{"UTF-16 as JSON lines", "q.jsonl", utf16(unicode.LittleEndian, `{"question":"Is it?"}`), "q.jsonl is text in UTF-16", "--encoding utf-16le"},
		{"UTF-16, compressed", "q.csv.gz", gzipped(t, utf16(unicode.LittleEndian, text)), "q.csv.gz is text in UTF-16", "--encoding utf-16le"},
		{"an .xls file as CSV", "q.csv", older, "q.csv is an .xls file, or an Excel file with a password", "as .xlsx, without a password"},
		{"an .xls file as .xlsx", "q.xlsx", older, "q.xlsx is an .xls file, or an Excel file with a password", "as .xlsx, without a password"},
		{"an .xlsx file as CSV", "q.csv", book, "q.csv is a ZIP or Excel file, not text", "--format xlsx"},
		{"CSV as .xlsx", "q.xlsx", text, "q.xlsx is text, not an Excel file", "--format csv"},
		{"CSV in an older encoding as .xlsx", "q.xlsx", "id;Gr\xF6\xDFe\r\n", "q.xlsx is text, not an Excel file", "--format csv"},
		{"CSV with a byte order mark as .xlsx", "q.xlsx", "\xFF\xFEi\x00", "q.xlsx is text, not an Excel file", "--format csv"},
		{"CSV in UTF-16 as .xlsx", "q.xlsx", utf16(unicode.BigEndian, text), "q.xlsx is text, not an Excel file", "--format csv"},
		{"an .xlsx file in gzip", "q.xlsx.gz", gzipped(t, book), "q.xlsx.gz is compressed with gzip", "unpack it first"},
		{"an .xlsx file that is cut short", "q.xlsx", book[:len(book)/2], "q.xlsx is an Excel file that is cut short or damaged", "copy or download it again"},
		{"a Word document as .xlsx", "q.xlsx", word, "q.xlsx is a Word document, not an Excel file", "into a workbook"},
		{"nothing as .xlsx", "q.xlsx", "", "q.xlsx:1: the file is empty", ""},
		{"anything else as .xlsx", "q.xlsx", "\x89PNG\r\n\x1A\n\x00", "q.xlsx is not an Excel file that can be read (it is no ZIP file)", "save it as .xlsx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, tt.file, tt.content, Options{})
			checkError(t, err, tt.err, tt.hint)
		})
	}
	for format, content := range map[string]string{"csv": text, "jsonl": `{"id":1,"question":"Is it?"}`} {
		got, _, err := read(t, "q.xlsx", content, Options{Format: batch.Format(format)})
		if err != nil || len(got) != 1 || got[0].Text != "Is it?" {
			t.Errorf("--format %s: read %v, %v", format, got, err)
		}
	}
}
