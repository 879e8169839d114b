package check

import (
	"slices"
	"strings"
	"sync"

	"bizbatch/batch/internal/figure"
)

// An excerpt is what arrived of a source: its names and its text. It is read when
// something is looked for, once for all answers that cite it.
type excerpt struct {
	names, text string
	silent      bool // nothing of its text arrived

	plain    func() string // the text, cleaned
	squeezed func() string // all of it in letters and digits
	read     func() *facts
}

func newExcerpt(names, text string) *excerpt {
	e := &excerpt{names: names, text: text, silent: strings.TrimSpace(text) == ""}
	e.plain = sync.OnceValue(func() string { return figure.Clean(text) })
	e.squeezed = sync.OnceValue(e.squeeze)
	e.read = sync.OnceValue(e.readFacts)
	return e
}

// A shelf keeps the excerpts that were read last: the answers of a run cite the same
// sources again and again.
type shelf struct {
	mu       sync.Mutex
	excerpts map[[2]string]*excerpt // by names and text
}

// shelved is how many excerpts a shelf holds before it is emptied. Those of the API
// have up to some kilobytes.
const shelved = 256

var read shelf

// excerpt returns the excerpt with the names and the text.
func (s *shelf) excerpt(names, text string) *excerpt {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{names, text}
	if e := s.excerpts[key]; e != nil {
		return e
	}
	if len(s.excerpts) >= shelved || s.excerpts == nil {
		s.excerpts = map[[2]string]*excerpt{}
	}
	e := newExcerpt(names, text)
	s.excerpts[key] = e
	return e
}

// isLineNumber reports whether a line of a printed bill is no text: the number of a
// line or a page, or what stands at the foot of a page.
func isLineNumber(line string) bool {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "†") || strings.HasPrefix(line, "•") { // † HR 1 EAS
		return len(line) < 40
	}
	return line != "" && len(line) <= 4 && strings.Trim(line, "0123456789") == ""
}

// withoutLineNumbers returns the text of an excerpt without line numbers.
func withoutLineNumbers(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if !isLineNumber(line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// squeeze returns all of it in letters and digits, with and without the numbers of
// lines. A zero byte, which no piece of a quotation has, keeps its parts apart.
func (e *excerpt) squeeze() string {
	letters := figure.Squeeze(figure.Clean(e.names)) + "\x00" + figure.Squeeze(e.plain())
	if text := withoutLineNumbers(e.text); len(text) < len(e.text) {
		letters += "\x00" + figure.Squeeze(figure.Clean(text))
	}
	return letters
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
const aNumber = 100 * figure.Unit

func (e *excerpt) readFacts() *facts {
	f := &facts{amounts: map[int64]bool{}, percentages: map[int64]bool{}, sections: map[string][]string{}}
	for g := range figure.In(figure.Clean(e.names)) { // which some services write themselves
		f.refer(g)
	}
	for g := range figure.In(e.plain()) {
		f.refer(g)
		for _, value := range g.Values {
			if g.Kind == figure.Amount || g.Kind == "" && value >= aNumber {
				f.amounts[value] = true
			}
			if g.Kind == figure.Percentage || g.Kind == "" && value%figure.Unit != 0 {
				f.percentages[value] = true
			}
		}
	}
	return f
}

// refer notes what a figure may refer to.
func (f *facts) refer(g figure.Figure) {
	if g.Kind == figure.Form {
		f.forms = append(f.forms, g.Base)
	} else {
		f.sections[g.Base] = append(f.sections[g.Base], g.Path)
	}
}

// has reports whether a figure is in the excerpt.
func (e *excerpt) has(g figure.Figure) bool {
	switch f := e.read(); g.Kind {
	case figure.Form:
		named := len(f.sections[g.Base]) > 0 || strings.Trim(g.Base, "0123456789") != "" && strings.Contains(e.names+"\n"+e.text, g.Base)
		return named || slices.ContainsFunc(f.forms, func(name string) bool {
			return within(g.Base, name) || figure.Squeeze(g.Base) == figure.Squeeze(name) // 1120-S and 1120S
		})
	case figure.Section:
		return slices.ContainsFunc(f.sections[g.Base], func(path string) bool { return within(g.Path, path) })
	case figure.Amount:
		return hasAny(f.amounts, g.Values)
	default:
		return hasAny(f.percentages, g.Values)
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
