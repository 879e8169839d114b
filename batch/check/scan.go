package check

import (
	"iter"
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
	percent := unitLen(rest, "%", " %", " percent", "-percent", " per cent", "-per-cent", " percentage points", " percentage point")
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
