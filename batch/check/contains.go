package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bizbatch/batch"
	"bizbatch/batch/internal/figure"
)

// Contains reports whether an answer, or the name or excerpt of one of its sources,
// contains a text. White space, markup, kinds of dashes and case make no difference,
// nor does a space after §. A number is found as a whole: § 174 is in § 174(a), and not
// in § 1745 or § 174A.
func Contains(a *batch.Answer, text string) bool {
	text = comparable(text)
	if contains(a.Text, text) {
		return true
	}
	for _, source := range a.Sources {
		if contains(source.Excerpt(), text) {
			return true
		}
		for _, name := range source.Names() {
			if contains(name, text) {
				return true
			}
		}
	}
	return false
}

// comparable returns a text as texts are compared.
func comparable(s string) string {
	return strings.ReplaceAll(strings.ToLower(figure.Clean(s)), "§ ", "§")
}

// contains reports whether a text contains a comparable one.
func contains(in, text string) bool {
	if text == "" {
		return false
	}
	in = comparable(in)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	for done := 0; ; {
		at := strings.Index(in[done:], text)
		if at < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(in[:done+at])
		done += at + len(text)
		after, _ := utf8.DecodeRuneInString(in[done:])
		if !(unicode.IsDigit(first) && isWord(before)) && !(unicode.IsDigit(last) && isWord(after)) {
			return true
		}
	}
}
