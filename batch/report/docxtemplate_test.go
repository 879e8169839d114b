package report_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch/report"
)

// TestAWordTemplate has python-docx make a firm's document: what is taken over is
// its looks, and nothing of what it says.
func TestAWordTemplate(t *testing.T) {
	folder := t.TempDir()
	template, path := filepath.Join(folder, "firm.docx"), filepath.Join(folder, "a.docx")
	write(t, path, oneColumn, report.Options{}, row("any"))
	pythonDocx(t, `
from docx.shared import Pt, Mm
d = docx.Document()
d.core_properties.author = "SECRET author"
d.add_paragraph("SECRET text", style="List Number")
d.styles["Heading 1"].font.name = "Firm Sans"
d.styles.add_style("Source", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH).font.size = Pt(33)
s = d.sections[0]
s.page_width = Mm(210)
s.different_first_page_header_footer = True
s.header.paragraphs[0].text = "Firm & Partners"
s.first_page_header.paragraphs[0].text = "First page"
s.footer.paragraphs[0].text = "firm footer"
d.save(sys.argv[2])`, path, template)
	write(t, path, oneColumn, report.Options{WordTemplate: template}, asked("q", "1. one\n\n## two"))
	checkParts(t, read(t, path))
	var got map[string]string
	out := pythonDocx(t, `
s = d.sections[0]
json.dump({"font": d.styles["Heading 1"].font.name, "source": str(d.styles["Source"].font.size.pt), "header": s.header.paragraphs[0].text,
  "first": s.first_page_header.paragraphs[0].text, "footer": s.footer.paragraphs[0].text, "width": str(round(s.page_width.mm)), "author": d.core_properties.author}, sys.stdout)`, path)
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"font": "Firm Sans", "source": "33.0", "header": "Firm & Partners", "first": "First page", "footer": "firm footer", "width": "210", "author": "bizbatch"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, content := range parts(t, path) {
		if strings.Contains(content, "SECRET") {
			t.Errorf("%s holds the template's own text", name)
		}
	}
	var lines []string
	for _, l := range docxText(t, path) {
		lines = append(lines, l[0]+": "+l[1])
	}
	if diff := cmp.Diff([]string{"Heading 1: q", "Row Fields: row: 1", "List Paragraph: one", "Heading 3: two", "Checks: Checks: cites nothing", "Reviewer: Reviewed by \t\tDate \t"}, lines[4:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATemplateThatIsNone(t *testing.T) {
	folder := t.TempDir()
	for name, want := range map[string]string{"a.csv": "it is no Word document (.docx)", "a.xlsx": "it is no Word document (.docx)", "missing.docx": "no such file"} {
		template := filepath.Join(folder, name)
		if name != "missing.docx" {
			write(t, template, oneColumn, report.Options{}, row("q"))
		}
		_, err := report.Create(filepath.Join(folder, "b.docx"), oneColumn, report.Options{WordTemplate: template})
		if err == nil || !strings.Contains(err.Error(), template+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

// TestMemoryOfADocument writes many answers: what is held does not grow with them.
