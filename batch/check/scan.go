package check

import (
	"iter"
	"math"
	"strings"
)

// A scanner finds the figures in a clean text, from left to right.
type scanner struct {
	s    string
	at   int
	next Kind   // what the next number is, by the word or sign before it: a Section or a Form
	many bool   // and so are those after it, in a list: sections 167 and 168
	word string // the last word
	last figure
}

// figuresOf yields the figures of a clean text, in order.
func figuresOf(s string) iter.Seq[figure] {
	return func(yield func(figure) bool) {
		sc := &scanner{s: s}
		for sc.at < len(s) {
			g, ok := sc.step()
			if ok && !yield(g) {
				return
			}
		}
	}
}

// step reads a word, a number or a sign.
func (sc *scanner) step() (g figure, ok bool) {
	c, rest := sc.s[sc.at], sc.s[sc.at:]
	switch {
	case sc.next == Form && (isLetter(c) || isDigit(c)):
		if n := formLen(rest); n > 0 {
			g = figure{kind: Form, text: "Form " + rest[:n], base: rest[:n]}
			return sc.found(g, n), true
		}
		if isLetter(c) {
			sc.readWord()
		} else {
			sc.next = ""
		}
	case isLetter(c):
		sc.readWord()
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return sc.number(), true
	case strings.HasPrefix(rest, "§"):
		sc.many = sc.next == Section && strings.HasSuffix(sc.s[:sc.at], "§")
		sc.next = Section
		sc.at += len("§")
	case c == ' ', sc.many && strings.IndexByte(",;&/-", c) >= 0:
		sc.at++
	default:
		sc.next = ""
		sc.at++
	}
	return g, false
}

// found goes on behind a figure of n bytes.
func (sc *scanner) found(g figure, n int) figure {
	if g.end == 0 {
		g.begin, g.end = sc.at, sc.at+n
	}
	if !sc.many || g.kind != sc.next {
		sc.next = ""
	}
	sc.word, sc.last, sc.at = "", g, sc.at+n
	return g
}

// readWord reads a word, which may say what the next number is. One with a number
// in it does not.
func (sc *scanner) readWord() {
	end := sc.at
	for end < len(sc.s) && (isLetter(sc.s[end]) || sc.s[end] == '.') {
		end++
	}
	word := strings.ReplaceAll(sc.s[sc.at:end], ".", "")
	if sc.s[end-1] != '.' {
		tail := run(sc.s[end:], isAlphanumeric, len(sc.s))
		word, end = word+sc.s[end:end+tail], end+tail
	}
	sc.word, sc.at = strings.ToLower(word), end
	switch sc.word {
	case "section", "sec", "irc", "usc", "cfr", "reg", "regulation", "regulations":
		sc.next, sc.many = Section, false
	case "sections", "secs", "regs":
		sc.next, sc.many = Section, true
	case "form", "forms":
		if sc.next = ""; word[0] == 'F' {
			sc.next, sc.many = Form, len(word) == len("Forms")
		}
	case "and", "or", "through", "to":
		if !sc.many {
			sc.next = ""
		}
	default:
		sc.next = ""
	}
}

// number reads a number and what it counts.
func (sc *scanner) number() figure {
	n := numberAt(sc.s[sc.at:])
	rest := sc.s[sc.at+n.len:]
	before := strings.TrimSuffix(sc.s[:sc.at], " ")
	dollar := strings.HasSuffix(before, "$") || sc.word == "usd"
	factor, scale := scaleOf(rest, dollar)
	rest = rest[scale:]
	percent := unitLen(rest, "%", " %", " percent", "-percent", " per cent", "-per-cent")
	cents := unitLen(rest, "¢", " cents", " cent")
	dollars := unitLen(rest, " dollars", " dollar", "-dollar")
	g := figure{begin: sc.at, end: sc.at + n.len + scale, values: n.times(factor)}
	switch {
	case dollar, dollars > 0:
		g.kind, g.end = Amount, g.end+dollars
		if dollar {
			g.begin = len(strings.TrimSuffix(before, "$"))
		}
		if factor == 1 {
			g.values = append(g.values, rangeTo(rest, n)...)
		}
	case cents > 0 && factor == 1:
		g.kind, g.end = Amount, g.end+cents
		g.values = n.hundredth()
	case percent > 0:
		g.kind, g.end = Percentage, g.end+percent
	case sc.next == Section:
		g.kind = Section
	case sc.last.kind == Amount && sc.s[sc.last.end:sc.at] == "-":
		g.kind = Amount
	case factor == 1 && percentFollows(rest):
		g.kind = Percentage
	}
	if len(g.values) == 0 && (g.kind == Amount || g.kind == Percentage) {
		g.kind = ""
	}
	g.text = sc.s[g.begin:g.end]
	length := g.end - sc.at
	if g.kind != Amount && g.kind != Percentage && !n.grouped {
		var size int
		g.base, g.path, size = sectionAt(sc.s[sc.at:])
		if g.kind == Section {
			g.text, length, g.values = "§ "+sc.s[sc.at:sc.at+size], size, nil
			g.end = sc.at + size
		} else if size > n.len {
			g.values, length, g.end = nil, max(length, size), max(g.end, sc.at+size)
		}
	}
	return sc.found(g, length)
}

// A numeral is a number as it is written.
type numeral struct {
	len     int
	value   int64 // in ten-thousandths; -1: it is too large or too exact to tell
	grouped bool  // it has commas
}

// numberAt reads the numeral with which s begins, such as 1,220,000 or 0.9 or .5.
func numberAt(s string) (n numeral) {
	digits := func(most int) (end int) {
		for end = n.len; end < len(s) && end-n.len < most && isDigit(s[end]); end++ {
			n.add(s[end])
		}
		return end
	}
	n.len = digits(len(s))
	for n.len > 0 && n.len+4 <= len(s) && s[n.len] == ',' && isGroup(s[n.len+1:]) {
		n.grouped = true
		n.len++
		n.len = digits(3)
	}
	decimals := 0
	if n.len+1 < len(s) && s[n.len] == '.' && isDigit(s[n.len+1]) {
		n.len++
		from := n.len
		n.len = digits(len(s))
		decimals = n.len - from
	}
	for ; decimals < 4; decimals++ {
		n.add('0')
	}
	if decimals > 4 {
		n.value = -1
	}
	return n
}

// isGroup reports three digits, and no more.
func isGroup(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

func (n *numeral) add(digit byte) {
	if n.value < 0 || n.value > (math.MaxInt64-9)/10 {
		n.value = -1
		return
	}
	n.value = n.value*10 + int64(digit-'0')
}

// times are the values that the numeral can have: none, if it cannot be told.
func (n numeral) times(factor int64) []int64 {
	if n.value < 0 || n.value > math.MaxInt64/factor {
		return nil
	}
	return []int64{n.value * factor}
}

func (n numeral) hundredth() []int64 {
	if n.value < 0 || n.value%100 != 0 {
		return nil
	}
	return []int64{n.value / 100}
}

// scales are the words that multiply a number. The short ones stand directly behind
// a number of dollars.
var scales = []struct {
	word   string
	factor int64
	short  bool
}{
	{" thousand", 1_000, false}, {" million", 1_000_000, false}, {" billion", 1_000_000_000, false}, {" trillion", 1_000_000_000_000, false},
	{"k", 1_000, true}, {"mm", 1_000_000, true}, {"m", 1_000_000, true}, {"bn", 1_000_000_000, true}, {"b", 1_000_000_000, true},
}

// scaleOf is the word with which s begins that multiplies the number before it.
func scaleOf(s string, dollar bool) (factor int64, length int) {
	for _, scale := range scales {
		if scale.short && !dollar {
			break
		}
		if n := unitLen(s, scale.word); n > 0 {
			return scale.factor, n
		}
		if n := unitLen(s, "-"+scale.word[1:]); n > 0 && !scale.short {
			return scale.factor, n
		}
	}
	return 1, 0
}

// unitLen is the length of the one of the units with which s begins, in any case,
// if it ends there as a word does.
func unitLen(s string, units ...string) int {
	for _, unit := range units {
		if n := len(unit); len(s) >= n && strings.EqualFold(s[:n], unit) && (len(s) == n || !isLetter(unit[n-1]) || !isLetter(s[n]) && !isDigit(s[n])) {
			return n
		}
	}
	return 0
}

// rangeTo are the values of a number whose scale follows the next one: $1-2 million.
func rangeTo(rest string, n numeral) []int64 {
	rest, joined := joiner(rest, "-", " - ", " to ", " and ", " or ")
	rest = strings.TrimPrefix(rest, "$")
	if !joined || rest == "" || !isDigit(rest[0]) {
		return nil
	}
	factor, _ := scaleOf(rest[numberAt(rest).len:], true)
	if factor == 1 {
		return nil
	}
	return n.times(factor)
}

// percentFollows reports the first number of a range, such as 10-20%.
func percentFollows(rest string) bool {
	rest, joined := joiner(rest, "-", " - ", " to ")
	if !joined || rest == "" || !isDigit(rest[0]) {
		return false
	}
	return unitLen(rest[numberAt(rest).len:], "%", " %", " percent", "-percent", " per cent") > 0
}

// joiner takes from s the one of the words with which it begins.
func joiner(s string, words ...string) (rest string, ok bool) {
	for _, word := range words {
		if rest, ok = strings.CutPrefix(s, word); ok {
			return rest, true
		}
	}
	return s, false
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
