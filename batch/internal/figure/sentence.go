package figure

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Paragraphs yields the paragraphs, headings, items of lists and rows of tables of a
// Markdown text, each with its lines and without its marker.
func Paragraphs(lines iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		var block []string
		flush := func() bool {
			text := strings.Join(block, "\n")
			block = block[:0]
			return text == "" || yield(text)
		}
		for line := range lines {
			line, begins := withoutMarker(line)
			if (begins || strings.TrimSpace(line) == "") && !flush() {
				return
			}
			block = append(block, line)
			if (begins && strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#")) && !flush() {
				return
			}
		}
		flush()
	}
}

// Sentences yields where the sentences of a clean text begin and end. Citations that
// follow a full stop belong to the sentence before it, unless they begin the next
// one: "[1] says that …".
func Sentences(text string) iter.Seq2[int, int] {
	return func(yield func(begin, end int) bool) {
		begin := 0
		for at := 0; at < len(text); at++ {
			if c := text[at]; c != '.' && c != '!' && c != '?' {
				continue
			}
			stop := at + 1 + len(prefixOf(text[at+1:], `"')]”’»`))
			cited := stop + len(prefixOf(text[stop:], " "+string(Citation)))
			next, _ := utf8.DecodeRuneInString(text[cited:])
			switch {
			case cited == len(text):
			case cited == stop, text[at] == '.' && isAbbreviation(text[begin:at], next):
				continue
			case unicode.IsLower(next):
				if text[stop] != ' ' || !strings.ContainsRune(text[stop:cited], Citation) {
					continue
				}
				cited = stop
			}
			if !yield(begin, cited) {
				return
			}
			begin = cited
			at = max(at, cited-1)
		}
		if begin < len(text) {
			yield(begin, len(text))
		}
	}
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
