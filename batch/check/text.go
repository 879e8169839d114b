package check

import (
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/internal/figure"
)

// citation stands for a citation in a text that is being read.
const citation = figure.Citation

// A block is a paragraph, a heading, an item of a list or a row of a table, as
// clean text. Each citation in it is one rune.
type block struct {
	text  string
	cites []int // the numbers of its citations, in order; 0: it has no source
	// sentences are its sentences, and checked the places of quotations that were
	// looked for.
	sentences []sentence
	checked   [][2]int
}

// blocks returns the blocks of a Markdown text whose citations are at the marks.
// Code is none, unless it cites something: then it is an answer that was fenced. A
// text without citations has none to compare.
func blocks(text string, marks []batch.Mark) (list []block) {
	if len(marks) == 0 {
		return nil
	}
	text = marked(text, marks)
	var cites []int
	for _, m := range marks {
		cites = append(cites, m.Number)
	}
	for paragraph := range figure.Paragraphs(prose(text)) {
		if b := (block{text: figure.Clean(paragraph)}); b.text != "" {
			n := strings.Count(b.text, string(citation))
			b.cites, cites = cites[:n:n], cites[n:]
			b.sentences = b.split()
			list = append(list, b)
		}
	}
	return list
}

// marked returns the text with a rune in the place of each citation.
func marked(text string, marks []batch.Mark) string {
	text = strings.ReplaceAll(text, string(citation), "\uFFFD") // of the same length
	var b strings.Builder
	done := 0
	for _, m := range marks {
		b.WriteString(text[done:m.Begin])
		b.WriteRune(citation)
		done = m.End
	}
	b.WriteString(text[done:])
	return b.String()
}

// prose yields the lines of a text that are no code. A fence that nothing closes
// begins none.
func prose(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var code []string
		fence := ""
		for line := range strings.Lines(text) {
			mark := fenceOf(line)
			switch {
			case fence == "" && mark != "":
				fence, code = mark, code[:0]
			case fence == "":
				if !yield(line) {
					return
				}
			case mark != "" && strings.HasPrefix(mark, fence) && strings.TrimSpace(line) == mark:
				fence = ""
				if !strings.ContainsRune(strings.Join(code, ""), citation) {
					continue
				}
				for _, line := range code {
					if !yield(line) {
						return
					}
				}
			default:
				code = append(code, line)
			}
		}
		if fence == "" {
			return
		}
		for _, line := range code {
			if !yield(line) {
				return
			}
		}
	}
}

// fenceOf returns the fence with which a line begins: ``` or ~~~ or longer.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " \t>")
	rest := strings.TrimLeft(line, "`")
	if rest == line {
		rest = strings.TrimLeft(line, "~")
	} else if strings.Contains(rest, "`") {
		return "" // code within a line
	}
	if n := len(line) - len(rest); n >= 3 {
		return line[:n]
	}
	return ""
}
