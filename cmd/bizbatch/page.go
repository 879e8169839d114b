package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
)

// line prints a line as it is.
func (p *page) line(s string) {
	if _, err := fmt.Fprintln(p.w, s); p.err == nil {
		p.err = err
	}
}

// heading prints a line in bold type.
func (p *page) heading(s string) {
	for _, line := range p.wrap(clean(s)) {
		p.line(p.strong(line))
	}
}

func (p *page) strong(s string) string {
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

// text prints lines of text that came from a file or the network. It may be
// Markdown.
func (p *page) text(s string) {
	code := false
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(clean(line), " ")
		fence := markdownFence.MatchString(line)
		heading := markdownHeading.FindStringSubmatch(line)
		switch {
		case code || fence || strings.HasPrefix(line, "|"): // columns and code keep their lines
			p.line(line)
		case heading != nil && p.bold:
			p.heading(heading[1])
		default:
			text := strings.Join(p.wrap(line), "\n")
			if p.bold {
				text = markdownStrong.ReplaceAllStringFunc(text, func(m string) string { return p.strong(m[2 : len(m)-2]) })
			}
			p.line(text)
		}
		code = code != fence
	}
}

// wrap breaks a line between words. What follows the first line is indented
// like it, and in a list by its mark.
func (p *page) wrap(line string) (lines []string) {
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
