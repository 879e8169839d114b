package report

import (
	"bufio"
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// deepest is how deep lists and quotations stand in each other in an answer that
// is read as Markdown; in no answer that is meant to be read is it more than a
// few.
const deepest = 100

// A readAnswer is an answer's Markdown, as a tree.
type readAnswer struct {
	source []byte
	root   ast.Node
	cited  []batch.Source // by their numbers, from 1
}

// read returns the answer as a tree. Where ok is false it is too long or too deep
// for that, and its text is to be shown as it is.
func read(a *batch.Answer) (r readAnswer, ok bool) {
	text, cited, marks := a.Numbered()
	return readText(text, marks, cited)
}

func readText(s string, marks []batch.Mark, cited []batch.Source) (r readAnswer, ok bool) {
	r = readAnswer{source: []byte(loneReturns.Replace(s)), cited: cited}
	if len(s) > longestMarkdown || nesting(r.source) > deepest {
		return r, false
	}
	at := make(map[int]batch.Mark, len(marks))
	for _, m := range marks {
		at[m.Begin] = m
	}
	ctx := parser.NewContext()
	ctx.Set(marksKey, at)
	r.root = markedMarkdown.Parse(text.NewReader(r.source), parser.WithContext(ctx))
	dropDefinitions(r.root)
	return r, true
}

// dropDefinitions takes the definitions of links out of a tree: the links have
// their addresses.
func dropDefinitions(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; {
		next := n.NextSibling()
		if n.Kind() == ast.KindLinkReferenceDefinition {
			parent.RemoveChild(parent, n)
		} else if n.Type() == ast.TypeBlock {
			dropDefinitions(n)
		}
		n = next
	}
}

// loneReturns ends lines where goldmark sees no end. It moves nothing: the marks
// of citations stay where they are.
var loneReturns = strings.NewReplacer("\r\n", "\r\n", "\r", "\n")

// nesting returns at most how many quotations and items of lists begin in each other
// on any line.
func nesting(source []byte) (depth int) {
	for line := range bytes.Lines(source) {
		depth = max(depth, len(nested.FindAll(starts.Find(line), -1)))
	}
	return depth
}

var (
	nested = regexp.MustCompile(`>|[-+*.)][ \t]`)
	starts = regexp.MustCompile(`^(?:[ \t]|>|(?:[-+*]|[0-9]{1,9}[.)])[ \t])*`)
)

// markedMarkdown reads Markdown as markdown does, with the citations that the
// marks in its context tell of.
var markedMarkdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough,
		extension.NewLinkify(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:", "mailto:"}))),
	goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(markParser{}, 150))),
).Parser()

var marksKey = parser.NewContextKey()

// A markNode is a citation by its number.
type markNode struct {
	ast.BaseInline
	number int
}

var markKind = ast.NewNodeKind("Mark")

func (n *markNode) Kind() ast.NodeKind            { return markKind }
func (n *markNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// A markParser finds citations where Markdown has text: not in code, nor in
// addresses.
type markParser struct{}

func (markParser) Trigger() []byte { return []byte{'['} }

func (markParser) Parse(_ ast.Node, block text.Reader, ctx parser.Context) ast.Node {
	_, at := block.PeekLine()
	marks, _ := ctx.Get(marksKey).(map[int]batch.Mark)
	m, ok := marks[at.Start]
	if !ok {
		return nil
	}
	block.Advance(m.End - m.Begin)
	return &markNode{number: m.Number}
}

// text returns the text of a leaf: its escapes and entities are resolved, and
// nothing in it is markup.
func (r readAnswer) text(n *ast.Text) string {
	value := n.Value(r.source)
	if n.IsRaw() {
		return prose.Printable(string(value))
	}
	return resolved(value)
}

// resolved returns what Markdown's text reads as.
func resolved(value []byte) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	goldhtml.DefaultWriter.Write(w, value)
	_ = w.Flush() // to memory
	return strings.ReplaceAll(prose.Printable(html.UnescapeString(b.String())), "\n", " ")
}

// code returns the text of a span of code, on one line.
func (r readAnswer) code(n *ast.CodeSpan) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(r.source))
		}
	}
	return prose.Printable(strings.NewReplacer("\r\n", " ", "\n", " ").Replace(b.String()))
}

// lines returns the lines of a block of code.
func (r readAnswer) lines(n ast.Node) []string {
	s := strings.ReplaceAll(prose.Printable(string(n.Lines().Value(r.source))), "\r", "")
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// rawHTML returns HTML in a line of text, which is shown as text: the answer may be
// about it.
func (r readAnswer) rawHTML(n *ast.RawHTML) string {
	return prose.Printable(string(n.Segments.Value(r.source)))
}

// htmlLines returns the lines of a block of HTML, shown as text.
func (r readAnswer) htmlLines(n *ast.HTMLBlock) []string {
	s := string(n.Lines().Value(r.source))
	if n.HasClosure() {
		s += string(n.ClosureLine.Value(r.source))
	}
	return strings.Split(strings.TrimRight(strings.ReplaceAll(prose.Printable(s), "\r", ""), "\n"), "\n")
}

// autoLink returns an address that stands in a text: what is shown, and where it
// leads, if it can be followed without harm.
func (r readAnswer) autoLink(n *ast.AutoLink) (label, to string) {
	to = string(n.URL(r.source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(to), "mailto:") {
		to = "mailto:" + to
	}
	return prose.Printable(string(n.Label(r.source))), safeURL(to)
}
