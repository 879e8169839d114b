package figure

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
	last Figure
}

// In yields the figures of a clean text, in order.
func In(s string) iter.Seq[Figure] {
	return func(yield func(Figure) bool) {
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
func (sc *scanner) step() (g Figure, ok bool) {
	c, rest := sc.s[sc.at], sc.s[sc.at:]
	switch {
	case sc.next == Form && (isLetter(c) || isDigit(c)):
		if n := formLen(rest); n > 0 {
			g = Figure{Kind: Form, Text: "Form " + rest[:n], Base: rest[:n]}
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
func (sc *scanner) found(g Figure, n int) Figure {
	if g.End == 0 {
		g.Begin, g.End = sc.at, sc.at+n
	}
	if !sc.many || g.Kind != sc.next {
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
func (sc *scanner) number() Figure {
	n := numberAt(sc.s[sc.at:])
	rest := sc.s[sc.at+n.len:]
	before := strings.TrimSuffix(sc.s[:sc.at], " ")
	dollar := strings.HasSuffix(before, "$") || sc.word == "usd"
	factor, scale := scaleOf(rest, dollar)
	rest = rest[scale:]
	percent := unitLen(rest, "%", " %", " percent", "-percent", " per cent", "-per-cent", " percentage points", " percentage point")
	cents := unitLen(rest, "¢", " cents", " cent")
	dollars := unitLen(rest, " dollars", " dollar", "-dollar")
	g := Figure{Begin: sc.at, End: sc.at + n.len + scale, Values: n.times(factor)}
	switch {
	case dollar, dollars > 0:
		g.Kind, g.End = Amount, g.End+dollars
		if dollar {
			g.Begin = len(strings.TrimSuffix(before, "$"))
		}
		if factor == 1 {
			g.Values = append(g.Values, rangeTo(rest, n)...)
		}
	case cents > 0 && factor == 1:
		g.Kind, g.End = Amount, g.End+cents
		g.Values = n.hundredth()
	case percent > 0:
		g.Kind, g.End = Percentage, g.End+percent
	case sc.next == Section:
		g.Kind = Section
	case sc.last.Kind == Amount && sc.s[sc.last.End:sc.at] == "-":
		g.Kind = Amount
	case factor == 1 && percentFollows(rest):
		g.Kind = Percentage
	}
	if len(g.Values) == 0 && (g.Kind == Amount || g.Kind == Percentage) {
		g.Kind = ""
	}
	g.Text = sc.s[g.Begin:g.End]
	length := g.End - sc.at
	if g.Kind != Amount && g.Kind != Percentage && !n.grouped {
		var size int
		g.Base, g.Path, size = sectionAt(sc.s[sc.at:])
		if g.Kind == Section {
			g.Text, length, g.Values = "§ "+sc.s[sc.at:sc.at+size], size, nil
			g.End = sc.at + size
		} else if size > n.len {
			g.Values, length, g.End = nil, max(length, size), max(g.End, sc.at+size)
		}
	}
	return sc.found(g, length)
}
