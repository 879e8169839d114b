package diff

import (
	"slices"
	"strings"

	"bizbatch/batch/internal/figure"
)

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

// skeleton returns plain words without their endings.
func skeleton(words []string) string {
	var b strings.Builder
	for _, w := range words {
		if w == "do" || w == "does" || w == "did" {
			continue
		}
		if len(w) > 3 {
			w = strings.TrimSuffix(w, "s")
		}
		b.WriteString(w)
		b.WriteByte(' ')
	}
	return b.String()
}

// states returns the facts and negations of a sentence.
func (s *sentence) states() string {
	var b strings.Builder
	for _, f := range s.facts {
		if f.number >= 0 { // with and without its unit
			b.WriteString(f.key[strings.IndexByte(f.key, ' '):])
		} else {
			b.WriteString(f.key)
		}
		b.WriteByte(0)
	}
	for _, n := range s.not {
		b.WriteByte('0' + byte(index(n)))
	}
	return b.String()
}

// plainWords returns the words of a sentence without its facts and negations; # stands
// for a fact.
func (s *sentence) plainWords(words []word) (list []string) {
	facts, not := s.facts, s.not
	list = make([]string, 0, len(words)+len(facts))
	for _, w := range words {
		for len(not) > 0 && not[0].end <= w.begin {
			not = not[1:]
		}
		for len(facts) > 0 && facts[0].end <= w.begin {
			list = append(list, "#")
			facts = facts[1:]
		}
		if len(not) > 0 && not[0].begin == w.begin {
			if strings.HasSuffix(w.text, "n't") {
				list = append(list, auxiliary(w.text))
			} else if w.text == "cannot" {
				list = append(list, "can")
			}
			continue
		}
		if len(facts) > 0 && w.begin >= facts[0].begin {
			continue
		}
		list = append(list, w.text)
	}
	for range facts {
		list = append(list, "#")
	}
	return list
}

// auxiliary returns the verb that a contraction negates.
func auxiliary(contraction string) string {
	switch contraction {
	case "can't":
		return "can"
	case "won't":
		return "will"
	case "shan't":
		return "shall"
	}
	return strings.TrimSuffix(contraction, "n't")
}

// empty are words that say nothing by themselves.
var empty = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("a an the this that these those it its is are was were be been do does did to of in on for by and or so thus therefore # in short summary conclusion also here hence you your") {
		m[w] = true
	}
	return m
}()

// content returns what a sentence speaks of: its words that say something, and its facts.
func (s *sentence) content() (list []string) {
	for _, w := range s.words {
		if !empty[w] {
			list = append(list, w)
		}
	}
	for _, f := range s.facts {
		list = append(list, f.key)
	}
	return list
}
