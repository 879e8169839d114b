package figure

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Citation stands for a citation in a text that is being read.
const Citation = '\uE000'

// Clean returns a text in one line, without what is only its form: markup,
// addresses, entities, ligatures, and the several kinds of dashes and spaces.
func Clean(s string) string {
	ascii := !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
	if plain := html.UnescapeString(s); len(plain) != len(s) && strings.Count(plain, string(Citation)) == strings.Count(s, string(Citation)) {
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
			if n = strings.IndexAny(s, " \t\r\n)>|\""+string(Citation)); n < 0 {
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
	if strings.ContainsAny(part[:n], "\n"+string(Citation)) {
		return 0
	}
	return n
}

// Squeeze returns a text's letters and digits alone, in lower case: two texts that
// differ only in quotes, hyphens, white space and case are the same.
func Squeeze(s string) string {
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
