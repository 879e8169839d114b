package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"bizbatch/internal/prose"
)

// A place is where in an answer a paragraph stands.
type place struct {
	left   int    // how far it is indented, in twentieths of a point
	quoted bool   // in a quotation
	item   string // the number of the list whose item it begins; empty: it begins none
	level  int    // of that list in others
	keep   bool   // it stays on the page of the next
}

// indent is that of an item's text in the list around it.
const indent = 360

// deepestList is how many levels Word's lists have.
const deepestList = 9

// answer writes an answer's text.
func (w *docxWriter) answer(r readAnswer, ok bool) {
	if !ok {
		w.codeBlock(strings.Split(prose.Printable(string(r.source)), "\n"), place{})
		return
	}
	a := docxAnswer{docxWriter: w, readAnswer: r}
	a.blocks(r.root, place{})
}

// A docxAnswer writes the tree of an answer.
type docxAnswer struct {
	*docxWriter
	readAnswer
	linked bool // in a link: no other stands there
}

func (a *docxAnswer) blocks(parent ast.Node, at place) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		a.block(n, at)
		at.item = ""
	}
}

func (a *docxAnswer) block(n ast.Node, at place) {
	switch n := n.(type) {
	case *ast.Heading:
		a.paragraph(fmt.Sprintf("heading %d", min(n.Level+1, 6)), at, func() { a.inlines(n, look{}) })
	case *ast.ThematicBreak:
		a.rule()
	case *ast.CodeBlock:
		a.codeBlock(a.lines(n), at)
	case *ast.FencedCodeBlock:
		a.codeBlock(a.lines(n), at)
	case *ast.HTMLBlock:
		a.paragraph("", at, func() { a.run(strings.Join(a.htmlLines(n), "\n"), look{}) })
	case *ast.Blockquote:
		at.quoted = true
		a.blocks(n, at)
	case *ast.List:
		a.list(n, at)
	case *extast.Table:
		a.table(n, at)
	default: // a paragraph
		a.paragraph("", at, func() { a.inlines(n, look{}) })
	}
}

func (a *docxAnswer) list(list *ast.List, at place) {
	at.left += indent
	if at.level < deepestList {
		at.level++
	}
	item := bulletList
	if list.IsOrdered() {
		item = a.orderedList(at.level-1, list.Start)
	}
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		at.item = item
		if first := n.FirstChild(); first == nil || !isText(first) {
			a.paragraph("", at, func() {}) // for the mark
			at.item = ""
		}
		a.blocks(n, at)
	}
}

// isText reports whether a block can stand behind the mark of a list.
func isText(n ast.Node) bool {
	return n.Kind() == ast.KindParagraph || n.Kind() == ast.KindTextBlock
}

// mostColumns is how many columns Word's tables have.
const mostColumns = 63

func (a *docxAnswer) table(table *extast.Table, at place) {
	columns := len(table.Alignments)
	if columns > mostColumns {
		for row := table.FirstChild(); row != nil; row = row.NextSibling() {
			a.paragraph("", at, func() {
				for c := row.FirstChild(); c != nil; c = c.NextSibling() {
					a.inlines(c, look{})
					a.run(" | ", look{})
				}
			})
		}
		return
	}
	a.raw(`<w:tbl><w:tblPr><w:tblStyle w:val="` + a.style("Table Grid") + `"/><w:tblW w:w="5000" w:type="pct"/>`)
	if at.left > 0 {
		a.raw(fmt.Sprintf(`<w:tblInd w:w="%d" w:type="dxa"/>`, at.left))
	}
	a.raw(`<w:tblLook w:val="0620" w:firstRow="1" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>` +
		strings.Repeat(fmt.Sprintf(`<w:gridCol w:w="%d"/>`, (a.template.width-at.left)/max(1, columns)), columns) + `</w:tblGrid>`)
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		header := row.Kind() == extast.KindTableHeader
		a.raw(`<w:tr><w:trPr><w:cantSplit/>`)
		if header {
			a.raw(`<w:tblHeader/>`)
		}
		a.raw(`</w:trPr>`)
		c := row.FirstChild()
		for _, alignment := range table.Alignments {
			a.cell(c, alignment, header)
			if c != nil {
				c = c.NextSibling()
			}
		}
		a.raw(`</w:tr>`)
	}
	a.raw(`</w:tbl><w:p><w:pPr><w:spacing w:after="60" w:line="120" w:lineRule="exact"/></w:pPr></w:p>`) // tables in a row would be one
}

// cell writes a cell of a table; nil: an empty one.
func (a *docxAnswer) cell(c ast.Node, alignment extast.Alignment, header bool) {
	a.raw(`<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/>`)
	if header {
		a.raw(`<w:shd w:val="clear" w:color="auto" w:fill="EEF3F8"/>`)
	}
	a.raw(`</w:tcPr><w:p><w:pPr>`)
	if header {
		a.raw(`<w:keepNext/>`)
	}
	a.raw(`<w:spacing w:after="0"/>`)
	switch alignment {
	case extast.AlignRight:
		a.raw(`<w:jc w:val="right"/>`)
	case extast.AlignCenter:
		a.raw(`<w:jc w:val="center"/>`)
	}
	a.raw(`</w:pPr>`)
	if c != nil {
		a.inlines(c, look{bold: header})
	}
	a.raw(`</w:p></w:tc>`)
}

func (a *docxAnswer) inlines(parent ast.Node, l look) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		a.inline(n, l)
	}
}

func (a *docxAnswer) inline(n ast.Node, l look) {
	switch n := n.(type) {
	case *ast.Text:
		text := a.text(n)
		switch {
		case n.HardLineBreak():
			text += "\n"
		case n.SoftLineBreak():
			text += " "
		}
		a.run(text, l)
	case *ast.String:
		a.run(prose.Printable(string(n.Value)), l)
	case *ast.CodeSpan:
		l.style = "Code Text"
		a.run(a.code(n), l)
	case *ast.Emphasis:
		if n.Level == 1 {
			l.italic = true
		} else {
			l.bold = true
		}
		a.inlines(n, l)
	case *extast.Strikethrough:
		l.struck = true
		a.inlines(n, l)
	case *ast.Link:
		a.link(safeURL(string(n.Destination)), l, func(l look) { a.inlines(n, l) })
	case *ast.Image:
		a.link(safeURL(string(n.Destination)), l, func(l look) { a.inlines(n, l) })
	case *ast.AutoLink:
		label, to := a.autoLink(n)
		a.link(to, l, func(l look) { a.run(label, l) })
	case *ast.RawHTML:
		a.run(a.rawHTML(n), l)
	case *markNode:
		a.cite(n.number, l)
	default:
		a.inlines(n, l)
	}
}

// link writes a link to a page, or only its text where it leads nowhere.
func (a *docxAnswer) link(to string, l look, text func(look)) {
	if to == "" || a.linked {
		text(l)
		return
	}
	a.linked = true
	a.hyperlink(to, l, text)
	a.linked = false
}

// cite writes a citation, which leads to its source below.
func (a *docxAnswer) cite(number int, l look) {
	mark := fmt.Sprintf("[%d]", number)
	if a.linked || !slices.Contains(a.anchored, number) {
		a.run(mark, l)
		return
	}
	l.style = "Hyperlink"
	a.raw(fmt.Sprintf(`<w:hyperlink w:anchor="%s" w:history="1">`, a.anchor(number)))
	a.run(mark, l)
	a.raw(`</w:hyperlink>`)
}
