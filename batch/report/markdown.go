package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"bizbatch/batch"
	"bizbatch/batch/check"
	"bizbatch/internal/prose"
)

// A markdownWriter writes a memo: a section for each question, with its sources
// numbered as the answer cites them.
type markdownWriter struct {
	streamed
	out      *bufio.Writer
	rows     rowReader
	question int
	more     []Column
}

func newMarkdownWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	w := &markdownWriter{out: b, rows: rowReader{in}, question: questionColumn(in), more: o.Columns}
	fmt.Fprintf(b, "# %s\n", plainMarkdown(oneLine(titleOf(o))))
	if s := selection(o); s != "" {
		fmt.Fprintf(b, "\n%s\n", plainMarkdown(s))
	}
	if h := o.History; h != nil {
		fmt.Fprintf(b, "\n%d answered, %d failed, %d pending; %s spent", h.Answered, h.Failed, h.Pending, h.Spent)
		if h.Endpoint == "sandbox" {
			b.WriteString(". **A rehearsal: these answers come from the sandbox and are no advice.**")
		}
		b.WriteString("\n")
	}
	return w, nil
}

func (w *markdownWriter) write(rec batch.Record) error {
	question, fields, _, err := fieldsOf(w.rows, w.question, rec)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n", plainMarkdown(cmp.Or(oneLine(rec.ID), "?")))
	if question != "" {
		fmt.Fprintf(&b, "\n%s\n", prefixed("> ", plainMarkdown(question)))
	}
	for i, f := range fields {
		if i == 0 {
			b.WriteString("\n")
		} else {
			b.WriteString(" · ")
		}
		fmt.Fprintf(&b, "%s: %s", plainMarkdown(oneLine(f.Name)), plainMarkdown(oneLine(f.Value)))
	}
	if fields != nil {
		b.WriteString("\n")
	}
	if rec.Status != batch.Answered {
		fmt.Fprintf(&b, "\n**%s**", rec.Status)
		if rec.Error != "" {
			fmt.Fprintf(&b, ": %s", plainMarkdown(oneLine(rec.Error)))
		}
		b.WriteString("\n")
	}
	if review := reviewLine(&rec); review != "" {
		fmt.Fprintf(&b, "\nReview: %s\n", plainMarkdown(oneLine(review)))
	}
	for i, p := range pairsOf(&rec, w.more) {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s: %s\n", plainMarkdown(oneLine(p.Name)), plainMarkdown(oneLine(p.Text)))
	}
	if rec.Answer != nil {
		fmt.Fprintf(&b, "\nChecks: %s\n", plainMarkdown(oneLine(check.Record(rec).String())))
		writeMarkdownAnswer(&b, rec.Answer)
	}
	_, err = io.WriteString(w.out, b.String())
	return err
}

func writeMarkdownAnswer(b *strings.Builder, a *batch.Answer) {
	answer, cited, _ := a.Numbered()
	fmt.Fprintf(b, "\n%s\n", sectionMarkdown(answer))
	if len(cited) > 0 {
		b.WriteString("\n### Sources\n\n")
	}
	cited, note := listed(a, cited)
	if note != "" {
		b.WriteString(note + "\n")
	}
	for i, s := range cited {
		title := plainMarkdown(cmp.Or(oneLine(s.Title()), s.URL(), s.NodeID()))
		if link := safeURL(s.URL()); link != "" {
			title = "[" + title + "](<" + link + ">)"
		}
		fmt.Fprintf(b, "%d. %s", i+1, title)
		if page := oneLine(s.Page()); page != "" {
			fmt.Fprintf(b, ", p. %s", plainMarkdown(page))
		}
		b.WriteString("\n")
	}
	if len(a.Suggestions) > 0 {
		b.WriteString("\n### Follow-up questions\n\n")
	}
	for _, s := range a.Suggestions {
		fmt.Fprintf(b, "- %s\n", plainMarkdown(oneLine(s)))
	}
}

func prefixed(prefix, lines string) string {
	return prefix + strings.ReplaceAll(strings.TrimRight(lines, "\n"), "\n", "\n"+prefix)
}

var (
	markdownSigns = regexp.MustCompile("[\\\\`*_\\[\\]<>~|]|&[#0-9A-Za-z]+;")
	markdownStart = regexp.MustCompile(`(?m)^([ \t]*)([-+=#]|[0-9]{1,9}[.)])`)
	lineEnds      = strings.NewReplacer("\r\n", "  \n", "\r", "  \n", "\n", "  \n")
	loneReturns   = strings.NewReplacer("\r\n", "\r\n", "\r", "\n") // the end of a line, which goldmark does not see
)

// plainMarkdown is a text as Markdown that reads as the text, line by line.
func plainMarkdown(s string) string {
	s = prose.Printable(strings.TrimSpace(s))
	s = markdownSigns.ReplaceAllString(s, `\$0`)
	s = markdownStart.ReplaceAllStringFunc(s, func(m string) string { // a list, or a line under a heading
		at := len(m) - 1
		return m[:at] + `\` + m[at:]
	})
	return lineEnds.Replace(s)
}

// An edit puts text in the place of a part of a source.
type edit struct {
	from, to int
	text     string
}

// sectionMarkdown makes an answer's Markdown fit to stand in a section of a
// longer text: its headings go below the section's, HTML in it is text (an
// unclosed comment would swallow what follows), it defines no links for the
// other sections, and what it leaves open is closed. Pictures, which would tell
// their servers who reads the memo, become links, and links that lead elsewhere
// than to pages and mail addresses become text. The rest is as it was.
func sectionMarkdown(answer string) string {
	answer = loneReturns.Replace(prose.Printable(answer))
	source, ok := []byte(nil), len(answer) <= longestMarkdown
	if ok {
		source, ok = harmlessLinks([]byte(answer))
	}
	if !ok {
		return prefixed("    ", answer) // code
	}
	var edits []edit
	escapeHTML := func(from, to int) {
		for i := from; i < to; i++ {
			if source[i] == '<' {
				edits = append(edits, edit{i, i, `\`})
			}
		}
	}
	_ = ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			edits = append(edits, lowered(source, n)...)
		case *ast.RawHTML:
			for _, s := range n.Segments.Sliced(0, n.Segments.Len()) {
				escapeHTML(s.Start, s.Stop)
			}
		case *ast.HTMLBlock:
			for _, s := range n.Lines().Sliced(0, n.Lines().Len()) {
				escapeHTML(s.Start, s.Stop)
			}
			if n.HasClosure() {
				escapeHTML(n.ClosureLine.Start, n.ClosureLine.Stop)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, m := range linkDefinition.FindAllSubmatchIndex(source, -1) {
		edits = append(edits, edit{m[2], m[2], `\`})
	}
	return closed(strings.TrimRight(applied(source, edits), "\r\n"))
}

// harmlessLinks takes their meaning from pictures and from links that are not
// safe. Without an inner one, an outer one that was none can become one: it is
// looked for again, a few times.
func harmlessLinks(source []byte) (_ []byte, ok bool) {
	for range 10 {
		var edits []edit
		_ = ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			harm := false
			switch n := n.(type) {
			case *ast.Image:
				harm = true
			case *ast.Link:
				harm = safeURL(string(n.Destination)) == ""
			case *ast.AutoLink:
				harm = n.AutoLinkType == ast.AutoLinkURL && safeURL(string(n.URL(source))) == "" && source[n.Pos()] == '<'
			}
			if harm && entering {
				edits = append(edits, edit{n.Pos(), n.Pos(), `\`})
			}
			return ast.WalkContinue, nil
		})
		if len(edits) == 0 {
			return source, true
		}
		source = []byte(applied(source, edits))
	}
	return nil, false
}

var linkDefinition = regexp.MustCompile(`(?m)^[ >\t]*(\[)[^\]\n]+\]:`)

// lowered moves a heading two levels down.
func lowered(source []byte, h *ast.Heading) []edit {
	if h.Lines().Len() == 0 {
		return nil
	}
	first, last := h.Lines().At(0), h.Lines().At(h.Lines().Len()-1)
	start := bytes.LastIndexByte(source[:first.Start], '\n') + 1
	if at := bytes.IndexByte(source[start:first.Start], '#'); at >= 0 {
		return []edit{{start + at, start + at, strings.Repeat("#", min(2, 6-h.Level))}}
	}
	// The title is underlined: the line below it goes.
	under := bytes.IndexByte(source[last.Stop:], '\n')
	if end := last.Stop; under >= 0 && h.Lines().Len() == 1 {
		if source[end-1] == '\n' {
			end--
		}
		rest := bytes.IndexByte(source[end+1:], '\n')
		if rest < 0 {
			rest = len(source) - end - 1
		}
		return []edit{{first.Start, first.Start, strings.Repeat("#", h.Level+2) + " "}, {end, end + 1 + rest, ""}}
	}
	return nil
}

// applied are the edits, none of which overlap, on the source.
func applied(source []byte, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	done := 0
	for _, e := range edits {
		if e.from < done {
			continue // the same place once more
		}
		b.Write(source[done:e.from])
		b.WriteString(e.text)
		done = e.to
	}
	b.Write(source[done:])
	return b.String()
}

var fence = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})")

// closed ends a block of code that the text leaves open.
func closed(s string) string {
	open := ""
	for line := range strings.SplitSeq(s, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m == nil:
		case open == "":
			open = m[1]
		case m[1][0] == open[0] && len(m[1]) >= len(open) && strings.TrimSpace(line) == m[1]:
			open = ""
		}
	}
	if open != "" {
		s += "\n" + open
	}
	return s
}
