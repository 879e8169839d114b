package report_test

import (
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// pythonDocx runs a script of Python with Debian's python-docx.
func pythonDocx(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	return python(t, "docx", readsDocx+script, args...)
}

// readsDocx reads a document into lines: the style of a paragraph, and its text
// with links as [text](address).
const readsDocx = `
import docx, json, sys
from docx.oxml.ns import qn
d = docx.Document(sys.argv[1])
def text(e):
    s = ""
    for c in e:
        if c.tag == qn("w:t"): s += c.text or ""
        elif c.tag == qn("w:br"): s += "\n" if c.get(qn("w:type")) is None else ""
        elif c.tag == qn("w:tab"): s += "\t"
        elif c.tag == qn("w:r"): s += text(c)
        elif c.tag == qn("w:hyperlink"):
            to = c.get(qn("r:id"))
            s += "[%s](%s)" % (text(c), d.part.rels[to].target_ref if to else "#" + c.get(qn("w:anchor")))
    return s
def lines():
    for e in d.element.body.iter(qn("w:p")):
        p = docx.text.paragraph.Paragraph(e, d)
        yield [p.style.name, text(e)]
`

// docxText is what python-docx reads of a document.
func docxText(t testing.TB, path string) (lines [][2]string) {
	t.Helper()
	if err := json.Unmarshal(pythonDocx(t, `json.dump(list(lines()), sys.stdout)`, path), &lines); err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestPythonDocxReadsASection(t *testing.T) {
	inNewYork(t)
	rec := csvRows[0]
	a := *homeOffice
	a.Text = "# Rule\n\n**Yes** [" + irc + "][" + bill + "], see [Pub. *587*](https://www.irs.gov/pub587?a&b).\n\n1. one\n2. two\n   - deep\n\n     more\n\n" +
		"> quoted `code`\n\n```\na  b\n\tc\n```\n\n| x | y |\n|---|--:|\n| 1 | [2](javascript:x) |\n\n<b>raw</b> a & b"
	rec.Answer = &a
	path := filepath.Join(t.TempDir(), "a.docx")
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "Notes", ""}}, report.Options{History: history()}, rec, csvRows[2])
	want := [][2]string{
		{"Title", "Answers to tax & <more>.csv"},
		{"Subtitle", "1 September 2026 to 2 September 2026, EST"},
		{"Subtitle", "2 answered, 1 failed, 1 pending; $1.74 spent"},
		{"TOC Heading", "Questions"},
		{"toc 1", "[Can I deduct a home office?\t](#_Toc00000001)"},
		{"toc 1", "[Is a \"gift\" taxed?\t](#_Toc00000002)"},
		{"Normal", ""},
		{"Heading 1", "Can I deduct a home office?"},
		{"Quote", "Can I deduct\na home office?"},
		{"Row Fields", "id: home  ·  Notes: first,  ·  column 4: x  ·  answered: 2026-09-01 23:31:39 EST"},
		{"Short Answer", "Short answer: The answer rests on § 280A."},
		{"Heading 2", "Rule"},
		{"Normal", "Yes [[1]](#q1s1)[[2]](#q1s2), see [Pub. 587](https://www.irs.gov/pub587?a&b)."},
		{"List Paragraph", "one"}, {"List Paragraph", "two"}, {"List Paragraph", "deep"}, {"List Paragraph", "more"},
		{"Quote", "quoted code"},
		{"Code Block", "a  b\n\tc"},
		{"Normal", "x"}, {"Normal", "y"}, {"Normal", "1"}, {"Normal", "2"}, {"Normal", ""},
		{"Normal", "<b>raw</b> a & b"},
		{"Heading 2", "Sources"},
		{"Source", "[1]\t26 U.S.C. § 280A"},
		{"Source Excerpt", "(c) <certain> uses"},
		{"Source", "[2]\tH.R. 1, One Big Bill, p. 12\n[https://example.com/hr1.pdf?a=1&b=2](https://example.com/hr1.pdf?a=1&b=2)"},
		{"Heading 2", "Follow-up questions"},
		{"List Paragraph", "What is \"regular\" use?"},
		{"Checks", "Checks: ok; not compared: 1 of 2 citations (no excerpt)"},
		{"Reviewer", "Reviewed by \t\tDate \t"},
		{"Heading 1", "Is a \"gift\" taxed?"},
		{"Row Fields", "id: gift"},
		{"Normal", "failed: 400 invalid_request: too long see the docs"},
	}
	if diff := cmp.Diff(want, docxText(t, path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var marks []string
	out := pythonDocx(t, `
s = d.sections[0]
json.dump([s.header.paragraphs[0].text, s.footer.paragraphs[0].text, d.core_properties.title,
  *["%s%s" % (r.text, "".join(m for m, on in (("b", r.bold), ("i", r.italic)) if on)) for p in d.paragraphs for r in p.runs if p.style.name == "Normal" and (r.bold or r.italic)]], sys.stdout)`, path)
	if err := json.Unmarshal(out, &marks); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Answers to tax & <more>.csv\t1 September 2026 to 2 September 2026, EST", "Written by bizbatch\tPage 1 of 1", "Answers to tax & <more>.csv", "Yesb", "failedb"}, marks); diff != "" {
		t.Errorf("header, footer, title and bold text (-want +got):\n%s", diff)
	}
}

// nastyDocument writes every nasty string as a question, an answer, and beside it.
func nastyDocument(t testing.TB, o report.Options) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "nasty.docx")
	var recs []batch.Record
	for _, s := range append(nastyStrings, hostile...) {
		s = strings.ToValidUTF8(s, "\ufffd") // fields are JSON
		rec := asked("", s)
		rec.ID, rec.Fields = s, fieldsOf(s, s)
		rec.Answer.Summary, rec.Answer.Suggestions = s, []string{s}
		rec.Answer.Sources = []batch.Source{{"node_id": quoted(irc), "number": quoted("1"), "title": quoted(s), "url": quoted("https://x.example/?" + s), "text": quoted(s), "page_label": quoted(s)}}
		recs = append(recs, rec)
	}
	write(t, path, batch.Input{Format: batch.CSV, Columns: []string{"question", "<&\x01>"}}, o, recs...)
	return path
}

func TestPythonDocxReadsEveryQuestionAsItWas(t *testing.T) {
	lines := docxText(t, nastyDocument(t, report.Options{}))
	cut := 0
	for _, s := range append(nastyStrings, hostile...) {
		for cut < len(lines) && lines[cut][0] != "Heading 1" {
			cut++
		}
		got := lines[cut][1]
		if cut++; lines[cut][0] == "Quote" {
			got = lines[cut][1]
		}
		want := strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.Map(func(r rune) rune {
			if r != '\t' && r != '\n' && r != '\r' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff) {
				return '\ufffd'
			}
			return r
		}, strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd")))))
		if want != "" && got != want && strings.Join(strings.Fields(want), " ") != got {
			t.Errorf("%.80q reads as %.80q", s, got)
		}
	}
}

func TestLibreOfficeReadsADocument(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("needs LibreOffice")
	}
	path := nastyDocument(t, report.Options{})
	folder := filepath.Dir(path)
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(folder, "profile"), "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", folder, path)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "Error") {
		if strings.Contains(string(out), "no export filter") || strings.Contains(string(out), "could not be loaded") {
			t.Skip("needs LibreOffice Writer")
		}
		t.Fatalf("%v: %s", err, out)
	}
	text := read(t, filepath.Join(folder, "nasty.txt"))
	if n := strings.Count(text, "Reviewed by"); n != len(nastyStrings)+len(hostile) {
		t.Errorf("%d sections", n)
	}
	for _, s := range []string{"=HYPERLINK(\"https://x.example\",\"pay\")", "<script>alert(1)</script>", "مرحبا بالعالم", "💰💰"} {
		if n := strings.Count(text, s); n < 6 {
			t.Errorf("%q is there %d times", s, n)
		}
	}
}

// Each part of a document is XML, each relationship leads to a part, and the
// same answers make the same bytes.
func TestADocumentHoldsTogether(t *testing.T) {
	path := nastyDocument(t, report.Options{History: history()})
	file := read(t, path)
	if again := read(t, nastyDocument(t, report.Options{History: history()})); again != file {
		t.Error("the same answers made other bytes")
	}
	checkParts(t, file)
}

func checkParts(t *testing.T, file string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range z.File {
		if names[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		names[f.Name] = true
	}
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".xml") && !strings.HasSuffix(f.Name, ".rels") {
			continue
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(in)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			e, ok := token.(xml.StartElement)
			if !ok || e.Name.Local != "Relationship" {
				continue
			}
			var rel struct {
				Target string `xml:",attr"`
				Mode   string `xml:"TargetMode,attr"`
			}
			if err := d.DecodeElement(&rel, &e); err != nil {
				t.Fatal(err)
			}
			to := strings.TrimPrefix(rel.Target, "/")
			if to == rel.Target {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(filepath.Dir(f.Name)), rel.Target))
			}
			if rel.Mode != "External" && !names[to] {
				t.Errorf("%s leads to %s, which is not there", f.Name, rel.Target)
			}
		}
	}
}

func TestMemoryOfADocument(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes thousands of answers")
	}
	f := create(t, filepath.Join(t.TempDir(), "a.docx"), oneColumn)
	held := func(answers int) uint64 {
		for i := range answers {
			if err := f.Write(asked(fmt.Sprint("question ", i), strings.Repeat("An answer [with](https://x.example) a link.\n\n1. item\n\n", 40))); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	few, many := held(100), held(2000)
	if many > few+2<<20 {
		t.Errorf("%d bytes are held after 100 answers, %d after 2100", few, many)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}
