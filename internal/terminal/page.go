package terminal

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/rivo/uniseg"

	"bizbatch/internal/prose"
)

// A Page is text for people: on a terminal in lines of a width that can be
// read, with bold type where there may be any.
type Page struct {
	w     io.Writer
	width int // 0: lines stay as they are
	bold  bool
	err   error // the first of writing
}

// NewPage returns a page that is printed to w.
func NewPage(w io.Writer) *Page {
	const widest = 100
	p := &Page{w: w}
	if n := columns(w); n > 0 {
		p.width = min(n, widest)
		p.bold = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return p
}

// Err returns the first error of printing.
func (p *Page) Err() error { return p.err }

// Line prints a line as it is.
func (p *Page) Line(s string) {
	if _, err := fmt.Fprintln(p.w, s); p.err == nil {
		p.err = err
	}
}

// Heading prints a line in bold type.
func (p *Page) Heading(s string) {
	for _, line := range p.wrap(prose.Clean(s)) {
		p.Line(p.strong(line))
	}
}

func (p *Page) strong(s string) string {
	if !p.bold || s == "" {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// What of Markdown is shown in bold type; the rest reads well as it is.
var (
	markdownHeading = regexp.MustCompile(`^#{1,6} +(.*)`)
	markdownStrong  = regexp.MustCompile(`\*\*(\S|\S[^*]*\S)\*\*`)
	markdownFence   = regexp.MustCompile("^ *(```|~~~)")
	listMark        = regexp.MustCompile(`^ *([-*+]|\d+[.)]|\[\d+\]) +`)
)

// Text prints lines of text that came from a file or the network. It may be
// Markdown.
func (p *Page) Text(s string) {
	code := false
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(prose.Clean(line), " ")
		fence := markdownFence.MatchString(line)
		heading := markdownHeading.FindStringSubmatch(line)
		switch {
		case code || fence || strings.HasPrefix(line, "|"): // columns and code keep their lines
			p.Line(line)
		case heading != nil && p.bold:
			p.Heading(heading[1])
		default:
			text := strings.Join(p.wrap(line), "\n")
			if p.bold {
				text = markdownStrong.ReplaceAllStringFunc(text, func(m string) string { return p.strong(m[2 : len(m)-2]) })
			}
			p.Line(text)
		}
		code = code != fence
	}
}

// wrap breaks a line between words. What follows the first line is indented
// like it, and in a list by its mark.
func (p *Page) wrap(line string) (lines []string) {
	if p.width == 0 {
		return []string{line}
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if mark := listMark.FindString(line); mark != "" {
		indent = len(mark)
	}
	rest := line[:0]
	used := 0
	for i, word := range strings.Fields(line) {
		n := uniseg.StringWidth(word)
		switch {
		case i == 0:
			rest = line[:strings.Index(line, word)] + word
			used = uniseg.StringWidth(rest)
		case used+1+n > p.width:
			lines = append(lines, rest)
			rest, used = strings.Repeat(" ", indent)+word, indent+n
		default:
			rest, used = rest+" "+word, used+1+n
		}
	}
	return append(lines, rest)
}
