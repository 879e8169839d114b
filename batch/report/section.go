package report

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"bizbatch/internal/prose"
)

// sectionMarkdown returns an answer's Markdown, made anew from what it reads as, so
// that it stays in its section of a longer text whatever it holds: its headings
// go below the section's, all that is open is closed, HTML is text, and it
// defines no links for other sections. Pictures, which would tell their servers
// who reads the memo, are links, and links that lead elsewhere than to pages and
// mail addresses are text.
func sectionMarkdown(r readAnswer, ok bool) string {
	if !ok {
		return prefixed("    ", prose.Printable(string(r.source))) // code
	}
	w := sectionWriter{readAnswer: r}
	w.blocks(r.root, "", false)
	return string(w.out)
}

// A sectionWriter writes the Markdown of a tree.
type sectionWriter struct {
	readAnswer
	out     []byte
	linked  bool // in a link: no other stands there
	inTable bool

	afterMark bool // a citation stands before
}

func (w *sectionWriter) add(s string) { w.out = append(w.out, s...) }

// blocks writes what stands in a block, each line after the first with the
// prefix. The prefix of the first is there.
func (w *sectionWriter) blocks(parent ast.Node, prefix string, tight bool) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if n.PreviousSibling() != nil {
			w.add("\n")
			if _, list := n.(*ast.List); !list || !tight {
				w.add(strings.TrimRight(prefix, " ") + "\n")
			}
			w.add(prefix)
		}
		w.block(n, prefix)
	}
}

func (w *sectionWriter) block(n ast.Node, prefix string) {
	switch n := n.(type) {
	case *ast.Heading:
		w.add(heading(min(n.Level+2, 6), strings.ReplaceAll(w.inline(n), "\n", " ")))
	case *ast.ThematicBreak:
		w.add("___")
	case *ast.CodeBlock:
		w.fenced("", w.lines(n), prefix)
	case *ast.FencedCodeBlock:
		w.fenced(plainWord.FindString(string(n.Language(w.source))), w.lines(n), prefix)
	case *ast.HTMLBlock:
		w.paragraphs(w.htmlLines(n), prefix)
	case *ast.Blockquote:
		w.add("> ")
		w.blocks(n, prefix+"> ", false)
	case *ast.List:
		w.list(n, prefix)
	case *extast.Table:
		w.table(n, prefix)
	default: // a paragraph
		w.add(strings.ReplaceAll(escapedStarts(w.inline(n)), "\n", "\n"+prefix))
	}
}

var plainWord = regexp.MustCompile(`^[\w+.#-]*`)

// fenced writes a block of code between marks that do not stand in it.
func (w *sectionWriter) fenced(language string, lines []string, prefix string) {
	mark := strings.Repeat("`", max(3, longestRun(lines, '`')+1))
	w.add(mark + language)
	for _, line := range append(lines, mark) {
		w.add("\n" + prefix + line)
	}
}

// longestRun returns how often a sign stands after itself.
func longestRun(lines []string, sign byte) (longest int) {
	for _, line := range lines {
		for run, i := 0, 0; i < len(line); i++ {
			if run++; line[i] != sign {
				run = 0
			}
			longest = max(longest, run)
		}
	}
	return longest
}

// paragraphs writes lines of text, which empty ones part.
func (w *sectionWriter) paragraphs(lines []string, prefix string) {
	for i, line := range lines {
		if i > 0 {
			w.add("\n" + prefix)
		}
		w.add(escapedStarts(escaped(strings.TrimSpace(line))))
	}
}

func (w *sectionWriter) list(list *ast.List, prefix string) {
	number := list.Start
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		mark := string(list.Marker) + " "
		if list.IsOrdered() {
			mark = strconv.Itoa(number%1_000_000_000) + mark
			number++
		}
		if n.PreviousSibling() != nil {
			w.add("\n")
			if !list.IsTight {
				w.add(strings.TrimRight(prefix, " ") + "\n")
			}
			w.add(prefix)
		}
		w.add(mark)
		w.blocks(n, prefix+strings.Repeat(" ", len(mark)), list.IsTight)
	}
}

func (w *sectionWriter) table(table *extast.Table, prefix string) {
	w.inTable = true
	defer func() { w.inTable = false }()
	for n := table.FirstChild(); n != nil; n = n.NextSibling() {
		if n.PreviousSibling() != nil {
			w.add("\n" + prefix)
		}
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			w.add("| " + strings.ReplaceAll(w.inline(c), "\n", " ") + " ")
		}
		w.add("|")
		if n.Kind() == extast.KindTableHeader {
			w.add("\n" + prefix)
			for _, a := range table.Alignments {
				w.add(map[extast.Alignment]string{extast.AlignLeft: "| :-- ", extast.AlignRight: "| --: ", extast.AlignCenter: "| :-: "}[a])
				if a == extast.AlignNone {
					w.add("| --- ")
				}
			}
			w.add("|")
		}
	}
}

// inline returns the text in a block.
func (w *sectionWriter) inline(n ast.Node) string {
	outer := w.out
	w.out = nil
	w.inlines(n)
	text := string(w.out)
	w.out = outer
	return strings.TrimRight(text, " \n")
}

func (w *sectionWriter) inlines(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		w.afterMark = n.PreviousSibling() != nil && n.PreviousSibling().Kind() == markKind
		switch n := n.(type) {
		case *ast.Text:
			w.plain(w.text(n))
			if n.HardLineBreak() {
				w.add(`\`)
			}
			if n.HardLineBreak() || n.SoftLineBreak() {
				w.add("\n")
			}
		case *ast.String:
			w.plain(prose.Printable(string(n.Value)))
		case *ast.CodeSpan:
			w.codeSpan(w.code(n))
		case *ast.Emphasis:
			mark := "*"
			if at := n.Pos(); at >= 0 && w.source[at] == '_' {
				mark = "_"
			}
			w.between(strings.Repeat(mark, n.Level), n)
		case *extast.Strikethrough:
			w.between("~~", n)
		case *ast.Link:
			w.link(n, safeURL(string(n.Destination)))
		case *ast.Image:
			w.link(n, safeURL(string(n.Destination)))
		case *ast.AutoLink:
			w.autoLinked(n)
		case *ast.RawHTML:
			w.plain(w.rawHTML(n))
		case *markNode:
			w.add("[" + strconv.Itoa(n.number) + "]")
		default:
			w.inlines(n)
		}
	}
}

func (w *sectionWriter) between(mark string, n ast.Node) {
	w.add(mark)
	w.inlines(n)
	w.add(mark)
}

// heading returns a heading with the text, which is Markdown.
func heading(level int, text string) string {
	if strings.HasSuffix(text, "#") { // it would be taken for the end of the heading
		text = text[:len(text)-1] + `\#`
	}
	return strings.TrimRight(strings.Repeat("#", level)+" "+text, " ")
}

// plain writes text.
func (w *sectionWriter) plain(s string) {
	if w.afterMark && s != "" && (s[0] == '(' || s[0] == ':') {
		w.add(`\`) // or the citation before it would begin a link
	}
	w.add(escaped(s))
}

func (w *sectionWriter) codeSpan(s string) {
	if strings.TrimSpace(s) == "" {
		w.plain(s)
		return
	}
	runs := map[string]bool{"": true}
	for _, run := range backticks.FindAllString(s, -1) {
		runs[run] = true
	}
	mark := ""
	for runs[mark] {
		mark += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	if w.inTable {
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	w.add(mark + s + mark)
}

var backticks = regexp.MustCompile("`+")

// link writes a link, or only its text where it leads nowhere.
func (w *sectionWriter) link(n ast.Node, to string) {
	if to == "" || w.linked {
		w.inlines(n)
		return
	}
	w.linked = true
	w.beginLink()
	w.inlines(n)
	w.add("](<" + to + ">)")
	w.linked = false
}

// beginLink writes the bracket that begins a link, and no picture.
func (w *sectionWriter) beginLink() {
	if n := len(w.out); n > 0 && w.out[n-1] == '!' {
		w.out = append(w.out[:n-1], `\!`...)
	}
	w.add("[")
}

func (w *sectionWriter) autoLinked(n *ast.AutoLink) {
	label, to := w.autoLink(n)
	switch {
	case to == "" || w.linked:
		w.plain(label)
	case to == label:
		w.add("<" + to + ">")
	default:
		w.beginLink()
		w.plain(label)
		w.add("](<" + to + ">)")
	}
}
