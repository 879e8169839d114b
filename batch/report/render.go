package report

import (
	"bytes"
	"cmp"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"bizbatch/batch"
)

// longestMarkdown is the largest answer that is read as Markdown, in bytes; a
// larger one is shown as it is.
const longestMarkdown = 1 << 20

// markdown reads Markdown as GitHub does, as far as answers use it.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough,
		extension.NewLinkify(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:", "mailto:"}))),
	goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(citationParser{}, 150))), // before links, at 200
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(harmless{}, 100))),   // before the usual one, at 1000
)

// A citationNode is a source's id or number in square brackets.
type citationNode struct {
	ast.BaseInline
	id     uuid.UUID
	number int // where the text cites by numbers
}

var citationKind = ast.NewNodeKind("Citation")

func (n *citationNode) Kind() ast.NodeKind            { return citationKind }
func (n *citationNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// A citationParser finds citations where Markdown has text: not in code, nor in
// addresses.
type citationParser struct{}

func (citationParser) Trigger() []byte { return []byte{'['} }

// numberedKey leads to how many sources the text cites by numbers.
var numberedKey = parser.NewContextKey()

var numberAhead = regexp.MustCompile(`^\[([1-9][0-9]{0,4})\]`)

func (citationParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if most, ok := pc.Get(numberedKey).(int); ok {
		m := numberAhead.FindSubmatch(line)
		if m == nil || bytes.HasPrefix(line[len(m[0]):], []byte("(")) { // a link
			return nil
		}
		number, _ := strconv.Atoi(string(m[1])) // digits
		if number > most {
			return nil
		}
		block.Advance(len(m[0]))
		return &citationNode{number: number}
	}
	const length = 1 + 36 + 1
	if len(line) < length || line[length-1] != ']' {
		return nil
	}
	id, err := uuid.ParseBytes(line[1 : length-1])
	if err != nil {
		return nil
	}
	block.Advance(length)
	return &citationNode{id: id}
}

// An answerHTML makes HTML of answers. Nothing in an answer can become markup
// of the page: HTML in it is shown as text, pictures are links (nothing is
// loaded from anywhere), and links lead to pages and mail addresses only.
type answerHTML struct {
	numbers  map[uuid.UUID]int // of the sources that the answer cites by their ids
	anchors  []string          // the ids of the sources on the page, by their numbers; nil: they are not there
	byNumber bool              // the text cites by these numbers
}

// render gives the answer as HTML, headings from the third level on, and the
// text of its first paragraph.
func (a answerHTML) render(answer string) (page template.HTML, opening string) {
	if len(answer) > longestMarkdown {
		return template.HTML("<pre>" + html.EscapeString(answer) + "</pre>"), ""
	}
	source := []byte(strings.ToValidUTF8(answer, "\ufffd"))
	pc := parser.NewContext()
	if a.byNumber {
		pc.Set(numberedKey, len(a.anchors))
	}
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(pc))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Heading:
			if entering {
				n.Level = min(n.Level+2, 6)
			}
		case *citationNode:
			number, anchor := cmp.Or(n.number, a.numbers[n.id]), ""
			if number <= len(a.anchors) {
				anchor = a.anchors[number-1]
			}
			n.SetAttributeString("number", number)
			n.SetAttributeString("anchor", anchor)
		case *ast.Paragraph:
			if opening == "" {
				opening = plainText(n, source)
			}
		}
		return ast.WalkContinue, nil
	})
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil { // a buffer takes everything
		return template.HTML("<pre>" + html.EscapeString(answer) + "</pre>"), ""
	}
	return template.HTML(b.String()), opening
}

// citationGaps are what the text has before a sign where a citation was.
var citationGaps = strings.NewReplacer(" .", ".", " ,", ",")

// plainText returns the text of a paragraph, without its citations.
func plainText(paragraph ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(paragraph, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return citationGaps.Replace(oneLine(b.String()))
}

// numbersOf returns the numbers of cited sources by their ids.
func numbersOf(cited []batch.Source) map[uuid.UUID]int {
	numbers := make(map[uuid.UUID]int, len(cited))
	for i, s := range cited {
		if id, err := uuid.Parse(s.NodeID()); err == nil {
			numbers[id] = i + 1
		}
	}
	return numbers
}

// harmless renders what could do harm, and citations.
type harmless struct{}

func (harmless) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(citationKind, renderCitation)
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return renderLink(w, string(n.(*ast.Link).Destination), entering)
	})
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return renderLink(w, string(n.(*ast.Image).Destination), entering)
	})
	r.Register(ast.KindAutoLink, renderAutoLink)
	r.Register(ast.KindRawHTML, renderRawHTML)
	r.Register(ast.KindHTMLBlock, renderHTMLBlock)
}

func renderCitation(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	number, _ := n.AttributeString("number")
	anchor, _ := n.AttributeString("anchor")
	mark := strconv.Itoa(number.(int))
	linked := anchor != ""
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink || p.Kind() == ast.KindImage { // no link stands in another
			linked = false
		}
	}
	if !linked {
		_, _ = w.WriteString("[" + mark + "]")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(`<a href="#` + anchor.(string) + `">[` + mark + `]</a>`)
	return ast.WalkContinue, nil
}

// renderLink writes a link, or only its text where its address is not safe.
func renderLink(w util.BufWriter, to string, entering bool) (ast.WalkStatus, error) {
	to = safeURL(to)
	switch {
	case to == "":
	case entering:
		_, _ = w.WriteString(`<a href="` + html.EscapeString(to) + `" rel="noreferrer noopener">`)
	default:
		_, _ = w.WriteString(`</a>`)
	}
	return ast.WalkContinue, nil
}

func renderAutoLink(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	link := n.(*ast.AutoLink)
	to := string(link.URL(source))
	if link.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(to), "mailto:") {
		to = "mailto:" + to
	}
	if _, err := renderLink(w, to, true); err != nil {
		return ast.WalkStop, err
	}
	_, _ = w.WriteString(html.EscapeString(string(link.Label(source))))
	return renderLink(w, to, false)
}

// renderRawHTML shows HTML as text: it may be what the answer is about.
func renderRawHTML(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(html.EscapeString(string(n.(*ast.RawHTML).Segments.Value(source))))
	}
	return ast.WalkSkipChildren, nil
}

func renderHTMLBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block := n.(*ast.HTMLBlock)
	if entering {
		_, _ = w.WriteString(`<p class="raw">` + html.EscapeString(string(block.Lines().Value(source))))
		return ast.WalkContinue, nil
	}
	if block.HasClosure() {
		_, _ = w.WriteString(html.EscapeString(string(block.ClosureLine.Value(source))))
	}
	_, _ = w.WriteString("</p>\n")
	return ast.WalkContinue, nil
}
