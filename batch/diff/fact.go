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

// A sentence is what is read of one.
type sentence struct {
	text  string // clean, its number words in digits
	facts []fact
	not   []negation
	words []string // without its facts, for which # stands, and negations
	// skeleton is what tells it from others that are not the same but for that.
	skeleton string
}

// A reader reads sentences. It reads equal ones once: most of two answers are.
type reader map[string][]sentence

// read returns the sentences of a Markdown text.
func (r reader) read(text string) (list []sentence) {
	for paragraph := range figure.Paragraphs(strings.Lines(text)) {
		known, ok := r[paragraph]
		if !ok {
			clean := usual.Replace(withoutNumber(figure.Clean(paragraph)))
			for begin, end := range figure.Sentences(clean) {
				known = append(known, readSentence(strings.TrimSpace(clean[begin:end])))
			}
			r[paragraph] = known
		}
		list = append(list, known...)
	}
	return list
}

// usual are the usual spellings of words before numbers.
var usual = strings.NewReplacer("Internal Revenue Code", "IRC", "26 U.S.C.", "IRC", "26 USC", "IRC", "Pub. L. No.", "Pub. L.", "’", "'")

// withoutNumber takes the number of a heading or a bold item from a clean text: "## 1.
// Limits". It counts nothing.
func withoutNumber(text string) string {
	text = strings.TrimLeft(text, "#>_- ")
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if rest := text[digits:]; digits > 0 && digits <= 2 && len(rest) > 1 && (rest[0] == '.' || rest[0] == ')') && rest[1] == ' ' {
		return rest[2:]
	}
	return text
}

func readSentence(text string) sentence {
	var s sentence
	text, words := inDigits(text)
	s.text = text
	masked := []byte(s.text)
	for _, f := range named(s.text) {
		s.facts = append(s.facts, f)
		for i := f.begin; i < f.end; i++ {
			masked[i] = ';' // which ends whatever was begun
		}
	}
	for g := range figure.In(string(masked)) {
		if f, ok := factOf(g, s.text); ok {
			s.facts = append(s.facts, f)
		}
	}
	slices.SortStableFunc(s.facts, func(a, b fact) int { return a.begin - b.begin })
	s.not = negations(s.text, words)
	s.words = s.plainWords(words)
	s.skeleton = skeleton(s.words)
	return s
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
	if strings.HasSuffix(before, "(") && (before == "(" || strings.HasSuffix(before, " (")) && strings.HasPrefix(after, ")") && g.End-g.Begin <= 2 {
		return true
	}
	const longest = 10
	before = strings.ToLower(strings.TrimRight(before[max(0, len(before)-longest):], " "))
	return slices.ContainsFunc(structure, func(word string) bool { return strings.HasSuffix(before, word) })
}
