package numfmt

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The kinds of sections.
type kind int

const (
	numeric kind = iota
	dated
	textual
)

// A section is what a number format has for one kind of numbers, or for texts.
type section struct {
	kind      kind
	items     []item
	condition *condition
	language  int   // of the names of months and days, as Windows counts them; 0 for none
	err       error // why nothing can be shown in it
	layout
}

// The kinds of items.
type itemKind int

const (
	literalItem itemKind = iota
	digitItem            // 0, # or ?
	fixedItem            // 1 to 9, which only a denominator has
	pointItem
	commaItem
	percentItem
	exponentItem // E+ or E-
	slashItem
	dateItem    // a run of y, m, d, h, s or e
	elapsedItem // the same in brackets: hours of days, and so on
	halfItem    // AM/PM or A/P
	letterItem  // a letter that in dates means a part that is not known here
	atItem
	generalItem
)

// An item is a part of a section.
type item struct {
	kind itemKind
	text string
}

// split splits a code into its sections.
func split(code string) (parts []string) {
	quoted, bracket, start := false, false, 0
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case bracket:
			bracket = c != ']'
		case c == '[':
			bracket = true
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == ';':
			parts = append(parts, code[start:i])
			start = i + 1
		}
	}
	return append(parts, code[start:])
}

// parseSection reads one section.
func parseSection(code string) (s section) {
	for code != "" && s.err == nil {
		code = s.take(code)
	}
	for _, it := range s.items {
		switch it.kind {
		case dateItem, elapsedItem, halfItem:
			s.kind = dated
		case atItem:
			s.kind = textual
		}
	}
	switch {
	case s.err != nil || s.kind == textual:
	case s.kind == dated:
		s.err = s.checkDate()
	default:
		s.err = s.lay()
	}
	return s
}

// take reads the first item of a code and returns the rest.
func (s *section) take(code string) string {
	r, size := utf8.DecodeRuneInString(code)
	rest := code[size:]
	add := func(kind itemKind, length int) string {
		s.items = append(s.items, item{kind, code[:length]})
		return code[length:]
	}
	if half, ok := halfDay(code); ok {
		return add(halfItem, half)
	}
	if len(code) >= 7 && strings.EqualFold(code[:7], "General") {
		return add(generalItem, 7)
	}
	switch r {
	case '"':
		text, rest, _ := strings.Cut(rest, `"`)
		s.items = append(s.items, item{literalItem, text})
		return rest
	case '\\', '_', '*':
		_, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == '\\':
			s.items = append(s.items, item{literalItem, rest[:size]})
		case r == '_': // as wide as that character
			s.items = append(s.items, item{literalItem, " "})
		} // * fills the cell with a character, as wide as it is
		return rest[size:]
	case '[':
		inside, rest, closed := strings.Cut(rest, "]")
		if !closed {
			s.err = errUnknown("[" + inside)
		} else {
			s.bracket(inside)
		}
		return rest
	case '0', '#', '?':
		return add(digitItem, 1)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return add(fixedItem, 1)
	case '.':
		return add(pointItem, 1)
	case ',':
		return add(commaItem, 1)
	case '%':
		return add(percentItem, 1)
	case '/':
		return add(slashItem, 1)
	case '@':
		return add(atItem, 1)
	case 'e', 'E':
		if len(code) > 1 && (code[1] == '+' || code[1] == '-') {
			return add(exponentItem, 2)
		}
		fallthrough
	case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
		return add(dateItem, run(code))
	case 'a', 'A', 'b', 'B', 'g', 'G', 'r', 'R': // days, years and eras of East Asia
		return add(letterItem, 1)
	}
	return add(literalItem, size)
}

// run returns how often the first letter of a code is repeated.
func run(code string) int {
	n := 1
	for n < len(code) && code[n]|0x20 == code[0]|0x20 {
		n++
	}
	return n
}

// halfDay returns the length of a code's AM/PM or its like, with which it begins.
func halfDay(code string) (int, bool) {
	for _, half := range []string{"AM/PM", "A/P", "上午/下午"} {
		if len(code) >= len(half) && strings.EqualFold(code[:len(half)], half) {
			return len(half), true
		}
	}
	return 0, false
}

// bracket reads what stands in brackets.
func (s *section) bracket(inside string) {
	lower := strings.ToLower(inside)
	switch {
	case inside == "":
		s.err = errUnknown("[]")
	case inside[0] == '$':
		s.currency(inside[1:])
	case strings.Trim(lower, "h") == "" || strings.Trim(lower, "m") == "" || strings.Trim(lower, "s") == "":
		s.items = append(s.items, item{elapsedItem, lower})
	case strings.IndexAny(inside, "<>=") == 0:
		s.compare(inside)
	case strings.HasPrefix(lower, "color"):
	default:
		switch lower {
		case "black", "blue", "cyan", "green", "magenta", "red", "white", "yellow":
		default:
			s.err = errUnknown("[" + inside + "]")
		}
	}
}

// compare reads a condition.
func (s *section) compare(inside string) {
	limit := strings.TrimLeft(inside, "<>=")
	op := strings.TrimSuffix(inside, limit)
	v, err := strconv.ParseFloat(strings.TrimSpace(limit), 64)
	switch op {
	case "<", "<=", ">", ">=", "=", "<>":
	default:
		err = strconv.ErrSyntax
	}
	if err != nil {
		s.err = errUnknown("[" + inside + "]")
		return
	}
	s.condition = &condition{op, v}
}

// currency reads a currency and the language of a place: €-407, -409. The
// language may have digits and a calendar of its own before it, of which only
// the Western ones are known.
func (s *section) currency(inside string) {
	symbol, place, _ := strings.Cut(inside, "-")
	if symbol != "" {
		s.items = append(s.items, item{literalItem, symbol})
	}
	place, _, _ = strings.Cut(strings.ToLower(place), ",")
	switch {
	case place == "", place == "f800", place == "f400", place == "x-sysdate", place == "x-systime":
		return // the long date and the time of the computer
	case strings.Contains(place, "-"):
		s.language = unknownLanguage // a name: it matters for those of months and days
		if strings.HasPrefix(place, "en-") {
			s.language = english
		}
		return
	}
	n, err := strconv.ParseUint(place, 16, 32)
	if err != nil || n>>24 > 1 || n>>16&0xFF > 1 {
		s.err = errUnknown("[$" + inside + "]")
	}
	s.language = int(n & 0x3FF)
}
