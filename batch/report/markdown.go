package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

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
	m, err := memoOf(w.rows, w.question, rec)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", heading(2, plainMarkdown(m.title)))
	if m.question != "" {
		fmt.Fprintf(&b, "\n%s\n", prefixed("> ", plainMarkdown(m.question)))
	}
	for i, f := range m.fields {
		if i == 0 {
			b.WriteString("\n")
		} else {
			b.WriteString(" · ")
		}
		fmt.Fprintf(&b, "%s: %s", plainMarkdown(f.Name), plainMarkdown(f.Value))
	}
	if m.fields != nil {
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
	answer, rest := toRead(&rec, w.more)
	for i, p := range rest {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s: %s\n", plainMarkdown(oneLine(p.Name)), plainMarkdown(oneLine(p.Text)))
	}
	if rec.Answer != nil {
		fmt.Fprintf(&b, "\nChecks: %s\n", plainMarkdown(oneLine(check.Record(rec).String())))
		writeMarkdownAnswer(&b, answer)
	}
	_, err = io.WriteString(w.out, b.String())
	return err
}

func writeMarkdownAnswer(b *strings.Builder, a *batch.Answer) {
	if short := oneLine(a.Summary); short != "" {
		fmt.Fprintf(b, "\n**Short answer:** %s\n", escaped(prose.Printable(short)))
	}
	answer, ok := read(a)
	fmt.Fprintf(b, "\n%s\n", sectionMarkdown(answer, ok))
	cited := answer.cited
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

var lineEnds = strings.NewReplacer("\r\n", "  \n", "\r", "  \n", "\n", "  \n")

// plainMarkdown returns a text as Markdown that reads as the text, line by line.
func plainMarkdown(s string) string {
	s = prose.Printable(strings.TrimSpace(s))
	s = escapedStarts(escaped(s))
	return lineEnds.Replace(s)
}

var (
	markdownSigns = regexp.MustCompile("[\\\\`*_\\[\\]<>~|]|&[#0-9A-Za-z]+;")
	markdownStart = regexp.MustCompile(`(?m)^[ \t]*(?:[-+=#]|[0-9]{1,9}[.)])?`)
)

// escaped returns a text in which nothing is markup, but for the beginnings of
// lines.
func escaped(s string) string { return markdownSigns.ReplaceAllString(s, `\$0`) }

// escapedStarts has no line begin a list, a heading, a line under one or code.
func escapedStarts(s string) string {
	return markdownStart.ReplaceAllStringFunc(s, func(m string) string {
		m = strings.TrimLeft(m, " \t")
		if m == "" {
			return ""
		}
		at := len(m) - 1
		return m[:at] + `\` + m[at:]
	})
}
