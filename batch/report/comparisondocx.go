package report

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"bizbatch/batch"
)

// compareDOCX writes a Word document with a section for each comparison: what is
// different, and the answer, in which the newer words are tracked changes. Word shows,
// accepts and rejects them.
func compareDOCX(b *bufio.Writer, folder string, in batch.Input, all *Comparisons, o Options) (err error) {
	w, err := startDOCX(b, folder, in, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.title, w.below = all.title(), []string{all.summary()}
	if all.Sandbox {
		w.below = append(w.below, rehearsed)
	}
	if err := w.head(); err != nil {
		return err
	}
	for i := range all.List {
		if err := w.compared(&all.List[i]); err != nil {
			return err
		}
	}
	return w.end()
}

// compared writes a section.
func (w *docxWriter) compared(c *Comparison) error {
	w.number++
	if err := w.entry(c.title()); err != nil {
		return err
	}
	w.paragraph("heading 1", place{}, func() {
		w.bookmark(w.section(), func() { w.run(c.title(), look{}) })
	})
	if question := strings.TrimSpace(c.Record.Question); oneLine(question) != question || len(question) > longestTitle {
		w.paragraph("Quote", place{}, func() { w.run(question, look{}) })
	}
	w.paragraph("Row Fields", place{}, func() { w.run(c.between(), look{}) })
	for _, what := range c.What() {
		w.paragraph("", place{left: indent, item: bulletList, level: 1, keep: true}, func() { w.run(oneLine(what), look{bold: true}) })
	}
	t := tracked{docxWriter: w, when: c.New.Finished}
	for _, e := range c.edits(1) {
		if e.Equal {
			t.text(e.New, "")
			continue
		}
		t.text(e.Old, "del")
		t.text(e.New, "ins")
	}
	t.end("")
	return w.body.flushed()
}

// A tracked writes paragraphs in which words and ends of paragraphs are deleted or
// inserted, as Word tracks it.
type tracked struct {
	*docxWriter
	when time.Time
	runs strings.Builder // of the paragraph
}

// text adds a text that is there (""), deleted (del) or inserted (ins).
func (t *tracked) text(text, how string) {
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		if i > 0 {
			t.end(how)
		}
		if line == "" {
			continue
		}
		run := runXML(line, "")
		if how == "del" {
			run = strings.NewReplacer("<w:t ", "<w:delText ", "</w:t>", "</w:delText>").Replace(run)
		}
		t.runs.WriteString(t.mark(how, run))
	}
}

// end ends a paragraph. Its end is there, deleted or inserted too.
func (t *tracked) end(how string) {
	mark := ""
	if how != "" {
		mark = `<w:pPr><w:rPr>` + t.mark(how, "") + `</w:rPr></w:pPr>`
	}
	t.raw(`<w:p>` + mark + t.runs.String() + `</w:p>`)
	t.runs.Reset()
}

// mark says of what it holds that it is deleted or inserted, when and by whom.
func (t *tracked) mark(how, holds string) string {
	if how == "" {
		return holds
	}
	t.revisions++
	return fmt.Sprintf(`<w:%s w:id="%d" w:author="bizbatch" w:date="%s">%s</w:%[1]s>`, how, t.revisions, t.when.UTC().Format("2006-01-02T15:04:05Z"), holds)
}
