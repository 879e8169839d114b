package private

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// words are phrases by their first word, each as the words that it is made of, in
// the form of plainWord; longer ones first.
type words map[string][][]string

func wordsOf(list []string) words {
	w := words{}
	for _, phrase := range list {
		var parts []string
		for _, t := range tokens(phrase) {
			parts = append(parts, plainWord(phrase[t.start:t.end]))
		}
		if parts != nil {
			w[parts[0]] = append(w[parts[0]], parts)
		}
	}
	for _, phrases := range w {
		slices.SortFunc(phrases, func(a, b []string) int { return len(b) - len(a) })
	}
	return w
}

// find returns the phrases in a text.
func (w words) find(text string) (found []finding) {
	if len(w) == 0 {
		return nil
	}
	all := tokens(text)
	for i := 0; i < len(all); i++ {
		for _, phrase := range w[plainWord(text[all[i].start:all[i].end])] {
			if last := i + len(phrase) - 1; last < len(all) && same(text, all[i:last+1], phrase) {
				found = append(found, finding{Word, all[i].start, all[last].end})
				i = last
				break
			}
		}
	}
	return found
}

// same reports whether a row of words in a text is the phrase. Punctuation and
// white space between the words do not matter, unless a paragraph ends there.
func same(text string, row []token, phrase []string) bool {
	const farthest = 8 // bytes between two words
	for i, t := range row {
		if plainWord(text[t.start:t.end]) != phrase[i] {
			return false
		}
		if i > 0 && (t.start-row[i-1].end > farthest || strings.Count(text[row[i-1].end:t.start], "\n") > 1) {
			return false
		}
	}
	return true
}

// plainWord is a word in the form in which it is compared: in small letters, and the
// same however its accents are encoded and whatever of it cannot be seen.
func plainWord(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) {
		word = strings.Map(func(r rune) rune {
			if inWord(r) {
				return -1
			}
			return r
		}, norm.NFKC.String(word))
	}
	return strings.ToLower(word)
}

// inWord reports what cannot be seen and divides no words: a soft hyphen, joiners.
func inWord(r rune) bool { return strings.ContainsRune("\u00ad\u200c\u200d\u2060\ufeff", r) }

// A token is a word in a text.
type token struct{ start, end int }

func tokens(text string) (all []token) {
	start := -1
	for i, r := range text {
		switch in := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || start >= 0 && inWord(r); {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			all = append(all, token{start, i})
			start = -1
		}
	}
	if start >= 0 {
		all = append(all, token{start, len(text)})
	}
	return all
}
