package check

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bizbatch/batch"
)

// citation stands for a citation in a text that is being read.
const citation = '\uE000'

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
	var lines []string // of the block, or of the code
	var cites []int
	flush := func() {
		if b := (block{text: clean(strings.Join(lines, "\n"))}); b.text != "" {
			n := strings.Count(b.text, string(citation))
			b.cites, cites = cites[:n:n], cites[n:]
			b.sentences = b.split()
			list = append(list, b)
		}
		lines = lines[:0]
	}
	for _, m := range marks {
		cites = append(cites, m.Number)
	}
	for line := range prose(text) {
		line, begins := withoutMarker(line)
		if begins || strings.TrimSpace(line) == "" {
			flush()
		}
		lines = append(lines, line)
		if begins && strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#") {
			flush()
		}
	}
	flush()
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

// withoutMarker takes the marker of a quoted line or of a list's item from a line,
// and reports whether the line begins a block.
func withoutMarker(line string) (_ string, begins bool) {
	line = strings.TrimSpace(line)
	for strings.HasPrefix(line, ">") {
		line = strings.TrimSpace(line[1:])
	}
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	switch rest := line[digits:]; {
	case digits == 0 && len(line) > 1 && strings.ContainsRune("-*+", rune(line[0])) && line[1] == ' ':
		return line[2:], true
	case digits > 0 && digits <= 3 && len(rest) > 1 && (rest[0] == '.' || rest[0] == ')') && rest[1] == ' ':
		return rest[2:], true
	}
	return line, strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "[^")
}

// clean returns a text in one line, without what is only its form: markup,
// addresses, entities, ligatures, and the several kinds of dashes and spaces.
func clean(s string) string {
	ascii := !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
	if plain := html.UnescapeString(s); len(plain) != len(s) && strings.Count(plain, string(citation)) == strings.Count(s, string(citation)) {
		s, ascii = plain, false
	}
	s = strings.ReplaceAll(withoutAddresses(s), "* * *", "...")
	if !ascii { // most text is, and needs no tables
		s = norm.NFKC.String(strings.Map(func(r rune) rune {
			if r >= '⁰' && r <= '⁹' || r == '¹' || r == '²' || r == '³' {
				return ' ' // a note, which would become a digit of the number before it
			}
			return r
		}, s))
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == ' ', '\t' <= r && r <= '\r', r >= utf8.RuneSelf && unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == '*', r == '`', r == '\\', r < ' ', r >= 0x7f && unicode.IsControl(r):
			continue
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Cf, r):
			continue
		case unicode.Is(unicode.Pd, r), r == '−':
			r = '-'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// withoutAddresses takes out the addresses of links, and tags.
func withoutAddresses(s string) string {
	if !strings.ContainsAny(s, "<:(") {
		return s
	}
	var b strings.Builder
	for s != "" {
		at := strings.IndexAny(s, "<]h")
		if at < 0 {
			break
		}
		b.WriteString(s[:at])
		s = s[at:]
		n := 0 // how much of it to leave out
		switch {
		case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
			if n = strings.IndexAny(s, " \t\r\n)>|\""+string(citation)); n < 0 {
				n = len(s)
			}
		case strings.HasPrefix(s, "]("):
			n = upTo(s, ')')
		case len(s) > 1 && (s[1] == '/' || unicode.IsLetter(rune(s[1]))) && s[0] == '<':
			n = upTo(s, '>')
		}
		if n == 0 {
			n = 1
			b.WriteByte(s[0])
		} else {
			b.WriteByte(' ')
		}
		s = s[n:]
	}
	b.WriteString(s)
	return b.String()
}

// upTo returns the length of s through the end sign, if that is near and nothing is
// cited before it; else 0.
func upTo(s string, end byte) int {
	const near = 500
	part := s[:min(len(s), near)]
	n := strings.IndexByte(part, end) + 1
	if strings.ContainsAny(part[:n], "\n"+string(citation)) {
		return 0
	}
	return n
}

// squeeze returns a text's letters and digits alone, in lower case: two texts that
// differ only in quotes, hyphens, white space and case are the same.
func squeeze(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
				b.WriteByte(byte(r))
			}
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
