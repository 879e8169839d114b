package check

import (
	"regexp"
	"slices"
	"strings"
)

// An excerpt is what arrived of a source: its names and its text. It is read when
// something is looked for.
type excerpt struct {
	names, text string
	silent      bool // nothing of its text arrived

	letters string // squeezed, with and without the numbers of lines
	facts   *facts
}

func newExcerpt(names, text string) *excerpt {
	return &excerpt{names: names, text: text, silent: strings.TrimSpace(text) == ""}
}

// lineNumbers are the lines of a printed bill that are no text: their numbers, and
// what stands at the foot of its pages.
var lineNumbers = regexp.MustCompile(`(?m)^[ \t]*(?:[0-9]{1,4}|[†•] ?(?:HR|S|H\.R\.) [^\n]*)[ \t]*$`)

// squeezed is all of it in letters and digits. A zero byte, which no piece of a
// quotation has, keeps its parts apart.
func (e *excerpt) squeezed() string {
	if e.letters == "" {
		text := clean(e.text)
		e.letters = squeeze(clean(e.names)) + "\x00" + squeeze(text)
		if plain := lineNumbers.ReplaceAllString(e.text, ""); plain != e.text {
			e.letters += "\x00" + squeeze(clean(plain))
		}
	}
	return e.letters
}

// quotes reports whether the pieces are in the excerpt, one after the other.
func (e *excerpt) quotes(pieces []string) bool {
	rest := e.squeezed()
	for _, piece := range pieces {
		at := strings.Index(rest, piece)
		if at < 0 {
			return false
		}
		rest = rest[at+len(piece):]
	}
	return true
}

// facts are the figures of an excerpt.
type facts struct {
	amounts, percentages map[int64]bool
	sections             map[string][]string // the subdivisions of each that are named; "" for all of it
	forms                []string
}

// aNumber is from how many dollars on a number without a sign may be an amount: as
// the columns of tables have them.
const aNumber = 100 * unit

func (e *excerpt) read() *facts {
	if e.facts != nil {
		return e.facts
	}
	f := &facts{amounts: map[int64]bool{}, percentages: map[int64]bool{}, sections: map[string][]string{}}
	e.facts = f
	for _, text := range []string{e.names, e.text} {
		for g := range figuresOf(clean(text)) {
			if g.kind == Form {
				f.forms = append(f.forms, g.base)
				continue
			}
			f.sections[g.base] = append(f.sections[g.base], g.path)
			for _, value := range g.values {
				if g.kind == Amount || g.kind == "" && value >= aNumber {
					f.amounts[value] = true
				}
				if g.kind == Percentage || g.kind == "" && value%unit != 0 {
					f.percentages[value] = true
				}
			}
		}
	}
	return f
}

// has reports whether a figure is in the excerpt.
func (e *excerpt) has(g figure) bool {
	switch f := e.read(); g.kind {
	case Form:
		named := len(f.sections[g.base]) > 0 || strings.Trim(g.base, "0123456789") != "" && strings.Contains(e.names+"\n"+e.text, g.base)
		return named || slices.ContainsFunc(f.forms, func(name string) bool {
			return within(g.base, name) || squeeze(g.base) == squeeze(name) // 1120-S and 1120S
		})
	case Section:
		return slices.ContainsFunc(f.sections[g.base], func(path string) bool { return within(g.path, path) })
	case Amount:
		return hasAny(f.amounts, g.values)
	default:
		return hasAny(f.percentages, g.values)
	}
}

func hasAny(set map[int64]bool, values []int64) bool {
	return slices.ContainsFunc(values, func(value int64) bool { return set[value] })
}

// within reports whether one of two names is the other or a part of it, as (k)(1) is
// of (k), and form 1040-SR of 1040.
func within(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (a == "" || len(a) == len(b) || strings.ContainsRune("(-", rune(b[len(a)])))
}
