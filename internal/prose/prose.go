// Package prose writes text for people: counts and lists in English, and what others
// wrote without the characters that do harm.
package prose

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe to print on a terminal, in one line: control
// characters, those that break lines and those that change the direction of
// what follows become spaces. Names of files and text from the network may
// hold them.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if Obeyed(r) {
			return ' '
		}
		return r
	}, s)
}

// Obeyed reports whether a terminal obeys a character instead of showing it.
func Obeyed(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// Printable returns a text of several lines without what a terminal would obey, or
// no reader shows.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) {
			return utf8.RuneError
		}
		return r
	}, UTF8(s))
}

// UTF8 replaces what is not UTF-8, and would not survive being saved as JSON.
func UTF8(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// OneLine returns a text with a space for each run of white space and of characters
// that a terminal obeys.
func OneLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Count returns a number with its noun, in the plural unless it is 1.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Enumerate lists the first few: "4, 7 and 12 more".
func Enumerate(words []string) string {
	const most = 10
	s := strings.Join(words[:min(most, len(words))], ", ")
	if more := len(words) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// Or lists what may be chosen: "a, b or c".
func Or(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
