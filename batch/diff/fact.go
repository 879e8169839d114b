package diff

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch/internal/figure"
)

// A fact is something in a sentence that counts.
type fact struct {
	kind       Kind
	key        string // the same for all spellings
	text       string // as it is told
	begin, end int    // in the sentence
	// number is what a fact may be without its unit: a limit of $1,160,000 is 1,160,000
	// in a table. It is -1 for others.
	number int64
}

// factOf returns a figure as a fact, unless it only counts the parts of a text.
func factOf(g figure.Figure, text string) (fact, bool) {
	f := fact{kind: Kind(g.Kind), text: g.Text, begin: g.Begin, end: g.End, number: -1}
	switch {
	case g.Kind == figure.Form:
		f.key = strings.ToLower(strings.ReplaceAll(g.Base, "-", ""))
		if n, err := strconv.ParseInt(f.key, 10, 64); err == nil {
			f.number = n * figure.Unit
		}
	case g.Kind == figure.Section, g.Path != "", len(g.Values) == 0 && isSection(g.Base):
		f.section(g, text)
	case len(g.Values) > 0:
		f.kind = cmp.Or(f.kind, Number)
		f.number = g.Values[len(g.Values)-1] // of $1-2 million: what is meant
		f.key = strconv.FormatInt(f.number, 10)
		if f.kind == Number && isMarker(text, g) {
			return f, false
		}
	default:
		f.kind, f.key = Number, figure.Squeeze(f.text)
		f.ordinal(g)
	}
	f.key = string(f.kind) + " " + f.key
	return f, f.key != string(f.kind)+" "
}

// ordinal makes 15 of 15th.
func (f *fact) ordinal(g figure.Figure) {
	digits := strings.TrimRight(g.Base, "stndrh")
	if n, err := strconv.ParseInt(digits, 10, 32); err == nil && len(g.Base)-len(digits) == 2 {
		f.number = n * figure.Unit
		f.key, f.text = strconv.FormatInt(f.number, 10), g.Base
	}
}

// isSection reports whether a number without a word before it is that of a section,
// as 280A is.
func isSection(base string) bool {
	last := len(base) - 1
	return last > 1 && base[last] >= 'a' && base[last] <= 'z' && base[last-1] >= '0' && base[last-1] <= '9' && base[last] != 's' && base[last] != 'x'
}

// section makes a fact of the number of a section: of the Code, or of regulations,
// whose numbers have a full stop.
func (f *fact) section(g figure.Figure, text string) {
	f.kind = Section
	number := strings.TrimPrefix(g.Text, "§ ")
	f.key = g.Base + g.Path
	before := strings.ToLower(text[max(0, g.Begin-40):g.Begin])
	switch {
	case strings.Contains(g.Base, "."):
		f.text = "Treas. Reg. § " + number
		if strings.Contains(before, "prop.") || strings.Contains(before, "proposed") {
			f.key, f.text = "proposed "+f.key, "Prop. "+f.text
		}
	case strings.HasSuffix(strings.TrimRight(before, "§ "), "irc"), strings.HasSuffix(before, "irc section "), strings.HasSuffix(before, "irc sec. "):
		f.text = "IRC § " + number
	default:
		f.text = "§ " + number
	}
	if n, err := strconv.ParseInt(f.key, 10, 32); err == nil {
		f.number = n * figure.Unit
	}
}

// structure are the words before a number that counts the parts of a text.
var structure = []string{"step", "example", "option", "point", "item", "note"}

// isMarker reports whether a number counts the parts of a text, as in "(1) the cost",
// "Step 2", or repeats the word before it: "two (2) years".
func isMarker(text string, g figure.Figure) bool {
	before, after := text[:g.Begin], text[g.End:]
	if strings.HasSuffix(before, "[") && strings.HasPrefix(after, "]") { // a citation without a source
		return true
	}
	if strings.HasSuffix(before, "(") && (before == "(" || strings.HasSuffix(before, " (")) && strings.HasPrefix(after, ")") && g.End-g.Begin <= 2 {
		return true
	}
	const longest = 10
	before = strings.ToLower(strings.TrimRight(before[max(0, len(before)-longest):], " "))
	return slices.ContainsFunc(structure, func(word string) bool { return strings.HasSuffix(before, word) })
}
