package report

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// A docxWriter writes a Word document: a section for each question, below a table
// of contents. The sections wait in a temporary file, for the table stands before
// them; so do the links and lists, which stand in parts of their own. No part is
// ever in memory as a whole.
type docxWriter struct {
	zip      *zip.Writer
	toc      io.Writer // word/document.xml, in which the table of contents is
	body     *spool
	links    *spool // relationships to what the sections link to
	lists    *spool // definitions of numbered lists
	template *wordTemplate
	styles   map[string]string // ids by name

	rows     rowReader
	question int
	o        Options

	title string
	below []string // lines below the title

	number             int // of the row, from 1
	linkCount, listMax int
	bookmarks          int
	revisions          int   // tracked changes
	anchored           []int // the sources of the row that are listed
}

func newDOCXWriter(b *bufio.Writer, folder string, in batch.Input, o Options) (writer, error) {
	w, err := startDOCX(b, folder, in, o)
	if err != nil {
		return nil, err
	}
	if w.title, w.below, err = w.titleLines(); err == nil {
		err = w.head()
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// startDOCX begins a document.
func startDOCX(b *bufio.Writer, folder string, in batch.Input, o Options) (w *docxWriter, err error) {
	w = &docxWriter{zip: zip.NewWriter(b), rows: rowReader{in}, question: questionColumn(in), o: o}
	if w.template, err = readWordTemplate(o.WordTemplate); err != nil {
		return nil, err
	}
	w.styles, w.listMax = w.template.styleIDs(), w.template.lists.lastList+1
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	for _, s := range []**spool{&w.body, &w.links, &w.lists} {
		if *s, err = newSpool(folder); err != nil {
			return nil, err
		}
	}
	if w.toc, err = w.zip.Create("word/document.xml"); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *docxWriter) write(rec batch.Record) error {
	m, err := memoOf(w.rows, w.question, rec)
	if err != nil {
		return err
	}
	answer, rest := toRead(&rec, w.o.Columns)
	for _, p := range rest {
		m.fields = append(m.fields, field{-1, oneLine(p.Name), oneLine(p.Text)})
	}
	w.number++
	if err := w.entry(m.title); err != nil {
		return err
	}
	w.anchored = nil
	w.paragraph("heading 1", place{}, func() {
		w.bookmark(w.section(), func() { w.run(m.title, look{}) })
	})
	if m.question != "" {
		w.paragraph("Quote", place{}, func() { w.run(m.question, look{}) })
	}
	w.fields(m.fields)
	if rec.Status != batch.Answered {
		w.paragraph("", place{}, func() {
			w.run(string(rec.Status), look{bold: true})
			if rec.Error != "" {
				w.run(": "+oneLine(rec.Error), look{})
			}
		})
	}
	if rec.Answer != nil {
		w.answered(rec, answer)
	}
	return w.body.flushed()
}

// answered writes an answer, and what belongs to it.
func (w *docxWriter) answered(rec batch.Record, a *batch.Answer) {
	if short := oneLine(a.Summary); short != "" {
		w.paragraph("Short Answer", place{}, func() {
			w.run("Short answer: ", look{bold: true})
			w.run(short, look{})
		})
	}
	answer, ok := read(a)
	cited, note := listed(a, answer.cited)
	for i := range cited {
		w.anchored = append(w.anchored, i+1)
	}
	w.answer(answer, ok)
	if len(cited) > 0 || note != "" {
		w.label("Sources")
	}
	if note != "" {
		w.paragraph("", place{}, func() { w.run(note, look{}) })
	}
	w.sources(cited)
	if len(a.Suggestions) > 0 {
		w.label("Follow-up questions")
	}
	for _, s := range a.Suggestions {
		w.paragraph("", place{left: indent, item: bulletList, level: 1, keep: true}, func() { w.run(oneLine(s), look{}) })
	}
	w.paragraph("Checks", place{}, func() {
		w.run("Checks: ", look{bold: true})
		w.run(oneLine(check.Record(rec).String()), look{})
	})
	if review := reviewLine(&rec); review != "" {
		w.paragraph("Checks", place{}, func() {
			w.run("Review: ", look{bold: true})
			w.run(oneLine(review), look{})
		})
	}
	w.paragraph("Reviewer", place{}, func() {
		w.raw(`<w:r><w:t xml:space="preserve">Reviewed by </w:t><w:tab/><w:tab/><w:t xml:space="preserve">Date </w:t><w:tab/></w:r>`)
	})
}

// fields writes the row's other columns.
func (w *docxWriter) fields(fields []field) {
	if fields == nil {
		return
	}
	w.paragraph("Row Fields", place{}, func() {
		for i, f := range fields {
			if i > 0 {
				w.run("  ·  ", look{})
			}
			w.run(f.Name+": ", look{})
			w.run(f.Value, look{bold: true})
		}
	})
}

// memoExcerpt is how much of an excerpt a memo shows, in characters.
const memoExcerpt = 600

// sources writes what an answer cites, each with its excerpt.
func (w *docxWriter) sources(cited []batch.Source) {
	for i, s := range cited {
		number, url := i+1, s.URL()
		title, link := sourceTitle(s), safeURL(url)
		w.paragraph("Source", place{}, func() {
			w.bookmark(w.anchor(number), func() { w.run(fmt.Sprintf("[%d]", number), look{}) })
			w.raw(`<w:r><w:tab/></w:r>`)
			w.run(title, look{bold: true})
			if page := oneLine(s.Page()); page != "" {
				w.run(", p. "+page, look{})
			}
			if url != "" && url != title {
				w.run("\n", look{})
				if link == "" {
					w.run(url, look{})
				} else {
					w.hyperlink(link, look{}, func(l look) { w.run(url, l) })
				}
			}
		})
		if excerpt := shortened(s.Excerpt(), memoExcerpt); excerpt != "" {
			w.paragraph("Source Excerpt", place{keep: number == len(cited)}, func() { w.run(oneLine(excerpt), look{}) })
		}
	}
}

func (w *docxWriter) label(text string) {
	w.paragraph("heading 2", place{}, func() { w.run(text, look{}) })
}

// anchor returns the name of one of the row's sources, to which its citations lead.
func (w *docxWriter) anchor(source int) string { return fmt.Sprintf("q%ds%d", w.number, source) }

func (w *docxWriter) end() error {
	after := ""
	if w.number > 0 {
		after = `<w:p>` + fieldXML("end") + `<w:r><w:br w:type="page"/></w:r></w:p>`
	}
	if _, err := io.WriteString(w.toc, after); err != nil {
		return err
	}
	if err := w.body.copyTo(w.toc); err != nil {
		return err
	}
	if _, err := io.WriteString(w.toc, w.template.section+`</w:body></w:document>`); err != nil {
		return err
	}
	return w.parts()
}

func (w *docxWriter) close() (err error) {
	for _, s := range []*spool{w.body, w.links, w.lists} {
		if s != nil {
			err = errors.Join(err, s.close())
		}
	}
	w.body, w.links, w.lists = nil, nil, nil
	return err
}

// style returns the id of a style by its name.
func (w *docxWriter) style(name string) string { return xmlEscaped(cmp.Or(w.styles[name], name)) }

// orderedList begins a list whose numbers begin at start, and returns its number.
func (w *docxWriter) orderedList(level, start int) string {
	w.listMax++
	fmt.Fprintf(w.lists, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/><w:lvlOverride w:ilvl="%d"><w:startOverride w:val="%d"/></w:lvlOverride></w:num>`,
		w.listMax, w.template.lists.lastKind+2, level, start)
	return strconv.Itoa(w.listMax)
}
