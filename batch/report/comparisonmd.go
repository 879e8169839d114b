package report

import (
	"bufio"
	"fmt"
	"regexp"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/diff"
)

// compareMarkdown writes a section for each comparison: what is different, and the
// newer answer, in which what is new is underlined and what is gone struck out.
func compareMarkdown(b *bufio.Writer, _ string, _ batch.Input, all *Comparisons, _ Options) error {
	fmt.Fprintf(b, "# %s\n\n%s\n", plainMarkdown(oneLine(all.title())), plainMarkdown(all.summary()))
	if all.Sandbox {
		fmt.Fprintf(b, "\n**%s**\n", rehearsed)
	}
	for i := range all.List {
		c := &all.List[i]
		fmt.Fprintf(b, "\n%s\n\n%s\n\n", heading(2, plainMarkdown(c.title())), plainMarkdown(oneLine(c.between())))
		for _, what := range c.What() {
			fmt.Fprintf(b, "- %s\n", plainMarkdown(oneLine(what)))
		}
		var text strings.Builder
		for _, e := range c.edits(2) {
			if e.Equal {
				text.WriteString(escaped(e.New))
				continue
			}
			text.WriteString(inLines(e.Old, "<del>", "</del>") + inLines(e.New, "<ins>", "</ins>"))
		}
		fmt.Fprintf(b, "\n%s\n", lineEnds.Replace(escapedStarts(strings.TrimSpace(text.String()))))
	}
	_, err := b.WriteString("") // the first error of writing
	return err
}

// inLines puts each line of a text between two tags: none reaches over a paragraph.
func inLines(text, begin, end string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = begin + escaped(line) + end
		}
	}
	return strings.Join(lines, "\n")
}

// title names a file of comparisons by the questions.
func (c *Comparisons) title() string { return "Changed answers to " + c.Name }

// summary says in a line what was compared, and what is different.
func (c *Comparisons) summary() string { return c.Of + ": " + c.InWords() }

// title returns the question on one line, after its id.
func (c *Comparison) title() string {
	return strings.TrimSuffix(c.Record.ID+" · "+shortened(oneLine(c.Record.Question), longestTitle), " · ")
}

// between says which answers were compared.
func (c *Comparison) between() string {
	return fmt.Sprintf("%s · answered %s, and before that %s", c.Class, clock(c.New.Finished), clock(c.Old.Finished))
}

// edits returns the two answers, word by word, with so many ends of lines between
// paragraphs.
func (c *Comparison) edits(ends int) []diff.Edit {
	between := func(a diff.Answer) string {
		return blankLines.ReplaceAllString(readable(a), strings.Repeat("\n", ends))
	}
	return diff.Words(between(c.Was), between(c.Is))
}

var blankLines = regexp.MustCompile(`[ \t]*\n(?:[ \t]*\n)+`)
