package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bizbatch/batch/internal/figure"
)

// shortest is how many characters a quotation has at least: shorter ones are words
// in quotes.
const shortest = 12

// quotations looks for the quotations of a block in the excerpts of all sources
// that the answer cites. One in a sentence that cites a source without an excerpt
// may be from there.
func (c *checker) quotations(b *block) {
	sentences := b.sentences
	for _, q := range quoted(b.text) {
		text := strings.TrimSpace(strings.ReplaceAll(b.text[q[0]:q[1]], string(citation), ""))
		if utf8.RuneCountInString(text) < shortest {
			continue
		}
		b.checked = append(b.checked, q)
		for len(sentences) > 1 && sentences[0].end < q[1] {
			sentences = sentences[1:]
		}
		pieces := piecesOf(text)
		if len(pieces) == 0 || c.asked.quotes(pieces) || c.mayBeElsewhere(sentences[0].cites) {
			continue
		}
		if !c.anyQuotes(pieces) {
			c.count(Quotation, text, strings.Join(pieces, " "))
		}
	}
}

// mayBeElsewhere reports whether a source of these citations came without an
// excerpt; without citations, any source of the answer.
func (c *checker) mayBeElsewhere(cites []int) bool {
	if len(cites) == 0 {
		return c.mute
	}
	for _, n := range cites {
		if n == 0 || c.sources[n-1].silent {
			return true
		}
	}
	return false
}

func (c *checker) anyQuotes(pieces []string) bool {
	for _, e := range c.sources {
		if e.quotes(pieces) {
			return true
		}
	}
	return false
}

// closing are the quotes that end what others begin.
var closing = map[rune]rune{'“': '”', '«': '»', '"': '"', '‘': '’'}

// quoted returns the places of what stands between quotes, outer ones only. A quote
// that is not closed in its block is none; a straight one that is followed by
// another that opens was none either.
func quoted(s string) (list [][2]int) {
	open := -1 // where the text behind the opening quote begins
	var closes rune
	before := ' '
	for at, r := range s {
		_, size := utf8.DecodeRuneInString(s[at:])
		after, _ := utf8.DecodeRuneInString(s[at+size:])
		straight := r == '"' && !isWord(before) && isText(after) // it opens
		single := r == '‘' && !isWord(before) && unicode.IsLetter(after)
		switch {
		case open >= 0 && !straight && (r == closes || r == '"' && closes == '”') && (r != '’' || !isWord(after)):
			list = append(list, [2]int{open, at})
			open = -1
		case r == '“', r == '«', straight && (open < 0 || closes == '"'), single && open < 0:
			open, closes = at+size, closing[r]
		}
		before = r
	}
	return list
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isText reports whether a quotation can begin with a rune.
func isText(r rune) bool { return isWord(r) || strings.ContainsRune("[($§.'‘“", r) }

// piecesOf returns the parts of a quotation that must be in the source, one after
// the other: without what it leaves out (…) and what it changes ([t]he).
func piecesOf(quotation string) (list []string) {
	add := func(s string) {
		for piece := range strings.SplitSeq(strings.ReplaceAll(s, ". . .", "..."), "...") {
			if piece = figure.Squeeze(piece); piece != "" {
				list = append(list, piece)
			}
		}
	}
	for quotation != "" {
		before, rest, _ := strings.Cut(quotation, "[")
		add(before)
		_, after, closed := strings.Cut(rest, "]")
		if !closed {
			add(rest)
		}
		quotation = after
	}
	return list
}
