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

// split finds the sentences of a block. Citations that follow a full stop belong to the
// sentence before it, unless they begin the next one: "[1] says that …".
func (b *block) split() (list []sentence) {
	cites := b.cites
	add := func(begin, end int) int {
		n := strings.Count(b.text[begin:end], string(citation))
		list = append(list, sentence{begin, end, cites[:n:n]})
		cites = cites[n:]
		return end
	}
	begin := 0
	for at := 0; at < len(b.text); at++ {
		if c := b.text[at]; c != '.' && c != '!' && c != '?' {
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

// prefixOf returns what s begins with of the runes.
func prefixOf(s, runes string) string {
	return s[:len(s)-len(strings.TrimLeft(s, runes))]
}

// abbreviations end with a full stop that ends no sentence; of numbers, before a
// number.
var (
	abbreviations = strings.Fields(`approx cf cir cong corp dept dr fed inc ltd mr mrs ms prop proc pub pubs reg regs rev rul sec secs stat
		subch subpt subsec subsecs supp temp tit treas v vs`)
	ofNumbers = strings.Fields(`apr art aug ch cl dec div ex feb fig jan jul jun l mar no nos nov oct op p par para paras pars pp pt sep sept t vol`)
)

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
	return strings.Contains(word, ".") || slices.Contains(abbreviations, word) || // U.S.C.
		slices.Contains(ofNumbers, word) && unicode.IsDigit(next)
}
