package question

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"bizbatch/batch"
)

func TestEncodings(t *testing.T) {
	encode := func(enc encoding.Encoding, s string) string {
		out, err := enc.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const text = "Ist die Gebühr „abziehbar“?"
	const asCSV, asJSONL = "question\r\n\"" + text + "\"\r\n", `{"question":"` + text + `"}`
	for _, tt := range []struct {
		name    string
		content string
		format  batch.Format
		asked   string
		bom     bool
		from    string // the encoding, as the input remembers it
	}{
		{"UTF-8", asCSV, batch.CSV, "", false, ""},
		{"UTF-8 with a byte order mark", "\uFEFF" + asCSV, batch.CSV, "", true, ""},
		{"UTF-8 by its name", asCSV, batch.CSV, "UTF-8", false, ""},
		{"UTF-8 with a byte order mark, whatever was asked", "\uFEFF" + asCSV, batch.CSV, "windows-1252", true, ""},
		{"UTF-16, little end first", encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), asCSV), batch.CSV, "", false, "UTF-16"},
		{"UTF-16, big end first", encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), asCSV), batch.CSV, "", false, "UTF-16"},
		{"UTF-16 without a byte order mark", encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), asCSV), batch.CSV, "utf-16le", false, "utf-16le"},
		{"Windows", encode(charmap.Windows1252, asCSV), batch.CSV, "windows-1252", false, "windows-1252"},
		{"Windows by an older name", encode(charmap.Windows1252, asCSV), batch.CSV, "latin1", false, "latin1"},
		{"an old Mac", encode(charmap.Macintosh, asCSV), batch.CSV, "macintosh", false, "macintosh"},
		{"JSONL in UTF-16", encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), asJSONL), batch.JSONL, "", false, "UTF-16"},
		{"JSONL in Windows", encode(charmap.Windows1252, asJSONL), batch.JSONL, "windows-1252", false, "windows-1252"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, in, err := read(t, "q", tt.content, Options{Format: tt.format, Encoding: tt.asked})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Text != text {
				t.Errorf("read %+v, want %q", got, text)
			}
			if in.BOM != tt.bom {
				t.Errorf("byte order mark: %t, want %t", in.BOM, tt.bom)
			}
			if in.Encoding != tt.from {
				t.Errorf("encoding %q, want %q", in.Encoding, tt.from)
			}
		})
	}
}

func TestIBMEncodingIsFoundByItsIANAName(t *testing.T) {
	got, _, err := read(t, "q.csv", "question\nGeb\x81hr\n", Options{Encoding: "IBM437"})
	if err != nil || got[0].Text != "Gebühr" {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestTextThatDoesNotDecodeIsAnError(t *testing.T) {
	for _, tt := range []struct{ name, content, asked, err, hint string }{
		{"half a character of UTF-16", "\xFF\xFEq\x00\n\x00a\x00\n\x00\x00\xD8\n\x00", "", "q.csv:3: not valid UTF-16", "--encoding"},
		{"a byte that Greek does not have", "q\na\nb\xFF\n", "iso-8859-7", "q.csv:3: not valid iso-8859-7", "--encoding"},
		{"an encoding that is not known", "q\na\n", "klingon", `q.csv cannot be read: "klingon" is no encoding`, "windows-1252"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := read(t, "q.csv", tt.content, Options{Encoding: tt.asked, QuestionColumn: "q"})
			checkError(t, err, tt.err, tt.hint)
		})
	}
}

func TestReplacementCharacterInUTF8IsText(t *testing.T) {
	for _, asked := range []string{"", "utf-8"} {
		got, _, err := read(t, "q.csv", "q\na\uFFFD\n", Options{Encoding: asked, QuestionColumn: "q"})
		if err != nil || got[0].Text != "a\uFFFD" {
			t.Errorf("encoding %q: read %v, %v", asked, got, err)
		}
	}
}
