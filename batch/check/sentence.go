package check

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A sentence is a part of a block, with the numbers of the sources that it cites.
type sentence struct {
	begin, end int
	cites      []int
}

// sentences are those of a block. Citations that follow a full stop belong to the
// sentence before it, unless they begin the next one: "[1] says that …".
func (b *block) sentences() (list []sentence) {
	cites := b.cites
	add := func(begin, end int) int {
		n := strings.Count(b.text[begin:end], string(citation))
		list = append(list, sentence{begin, end, cites[:n:n]})
		cites = cites[n:]
		return end
	}
	begin := 0
	for at := 0; at < len(b.text); at++ {
		if !strings.ContainsRune(".!?", rune(b.text[at])) {
			continue
		}
		stop := at + 1 + len(prefixOf(b.text[at+1:], `"')]”’»`))
		cited := stop + len(prefixOf(b.text[stop:], " "+string(citation)))
		next, _ := utf8.DecodeRuneInString(b.text[cited:])
		switch {
		case cited == len(b.text):
		case cited == stop, b.text[at] == '.' && isAbbreviation(b.text[begin:at], next):
			continue
		case unicode.IsLower(next):
			if b.text[stop] != ' ' || !strings.ContainsRune(b.text[stop:cited], citation) {
				continue
			}
			cited = stop
		}
		begin = add(begin, cited)
		at = max(at, cited-1)
	}
	if begin < len(b.text) {
		add(begin, len(b.text))
	}
	return list
}

// prefixOf is what s begins with of the runes.
func prefixOf(s, runes string) string {
	return s[:len(s)-len(strings.TrimLeft(s, runes))]
}

// abbreviations end with a full stop that ends no sentence.
var abbreviations = strings.Fields(`al approx art cf ch cir cl co cong corp ct dec dept div dr ed eq est etc ex fed fig id inc jan feb mar apr jun jul
	aug sept sep oct nov ltd mr mrs ms no nos op p para paras par pars pp prop proc prov pt pub pubs r rec reg regs rev rul s sec secs ser st
	stat sub subch subpt subsec subsecs supp temp tit treas u v vol vs`)

// isAbbreviation reports whether a text ends with a word to which its full stop
// belongs, before a sentence that goes on with next.
func isAbbreviation(before string, next rune) bool {
	word := before[max(0, len(before)-12):]
	if i := strings.LastIndexFunc(word, func(r rune) bool { return r != '.' && !unicode.IsLetter(r) }); i >= 0 {
		_, n := utf8.DecodeRuneInString(word[i:])
		if unicode.IsDigit(rune(word[i])) {
			return false // section 280A.
		}
		word = word[i+n:]
	}
	word = strings.ToLower(strings.TrimLeft(word, "."))
	switch {
	case strings.Contains(word, "."): // U.S.C., e.g.
		return true
	case len(word) == 1: // Pub. L. 115-97
		return unicode.IsDigit(next) || next == '§'
	}
	return slices.Contains(abbreviations, word)
}
