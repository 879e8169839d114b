package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"

	"bizbatch/batch"
)

// What is written as comments. Excel takes more, but opens a workbook with tens
// of thousands of them slowly, and a comment shows what its box has room for.
const (
	mostComments    = 5_000 // of a workbook
	longestComment  = 2_500 // UTF-16 units
	commentWidth    = 460   // points of its box
	commentLine     = 88    // characters of a line of it
	commentAuthor   = "bizbatch"
	longestExcerpts = 700 // UTF-16 units of one
)

// citationComment returns the cited sources with their excerpts, as far as a comment
// has room for them.
func citationComment(cited []batch.Source) string {
	var b strings.Builder
	left := longestComment
	for i, c := range citations(cited) {
		entry := c.String()
		if excerpt := strings.TrimSpace(cited[i].Excerpt()); excerpt != "" {
			entry += "\n" + within(excerpt, longestExcerpts)
		}
		const rest = "… more in the sheet of sources"
		if left -= units(entry) + 2; left < len(rest) {
			b.WriteString(rest)
			break
		}
		b.WriteString(entry + "\n\n")
	}
	return strings.TrimSpace(b.String())
}

// within returns the text as far as it fits into so many UTF-16 units, with an
// ellipsis where it goes on.
func within(s string, most int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if units(s) <= most {
		return s
	}
	for at, r := range s {
		if most -= utf16.RuneLen(r); most < 1 {
			return s[:at] + "…"
		}
	}
	return s
}

// comments are the comments of a sheet on their way: in the list of comments,
// and the boxes that show them.
type comments struct {
	n      int
	author int // the number of ours among the authors
	shape  int // number of the next box
	list   bytes.Buffer
	boxes  bytes.Buffer
}

// add puts a comment at a cell, counted from 0, of a row of that height in
// points: a box hangs on the rows that it covers.
func (c *comments) add(row, column, height int, text string) {
	c.n++
	c.shape++
	var t strings.Builder
	putText(&t, text)
	fmt.Fprintf(&c.list, `<comment ref="%s%d" authorId="%d"><text>%s</text></comment>`, columnName(column), row+1, c.author, t.String())
	lines := 1
	for line := range strings.SplitSeq(text, "\n") {
		lines += 1 + len(line)/commentLine
	}
	box := min(lines, 40) * 13 // points
	last, down := row+box/height, box%height*4/3
	fmt.Fprintf(&c.boxes, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;width:%dpt;height:%dpt;z-index:1;visibility:hidden" fillcolor="#fffff0" o:insetmode="auto">`+
		`<v:fill color2="#fffff0"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
		`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:Anchor>%d, 15, %d, 2, %d, 20, %d, %d</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
		c.shape, commentWidth, box, column+1, row, column+6, last, down, row, column)
}

// boxType is what the boxes are made after.
const boxType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`

// listPart returns the list of comments as a part of its own.
func (c *comments) listPart() string {
	return xmlHead + `<comments xmlns="` + sheetNS + `"><authors><author>` + commentAuthor + `</author></authors><commentList>` + c.list.String() + `</commentList></comments>`
}

// boxesPart returns the boxes as a part of their own.
func (c *comments) boxesPart() string {
	return `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>` + boxType + c.boxes.String() + `</xml>`
}
