package diff

import (
	"slices"
	"strings"
)

// A negation is a word that turns a sentence around.
type negation struct {
	word       string // as it is told: not, for all of its contractions
	exception  bool   // it excepts something: unless, except
	begin, end int
}

// negative are the words that mean not, and those that have it in them.
var negative = strings.Fields(`not no never cannot without neither nor none nothing
	nondeductible non-deductible nontaxable non-taxable nonrefundable non-refundable ineligible disallowed inapplicable unallowable`)

// negations returns the negations of a sentence. "Neither … nor" is one, and so is
// "not … nor"; "not only" and "or not" are none, nor is the No. before a number.
func negations(text string, words []word) (list []negation) {
	for i, w := range words {
		n := negation{word: w.text, begin: w.begin, end: w.end}
		next, before := "", ""
		if i+1 < len(words) {
			next = words[i+1].text
		}
		if i > 0 {
			before = words[i-1].text
		}
		switch {
		case w.text == "unless", w.text == "except", w.text == "excepting", w.text == "excluding":
			n.exception = true
		case next == "than" && w.text == "other", next == "from" && (w.text == "apart" || w.text == "aside"):
			n.word, n.exception = w.text+" "+next, true
		case next == "to" && (w.text == "fail" || w.text == "fails" || w.text == "failed"):
			n.word = "not"
		case strings.HasSuffix(w.text, "n't"):
			n.word = "not"
		case !slices.Contains(negative, w.text),
			w.text == "not" && (next == "only" || before == "or"),
			w.text == "no" && isAbbreviated(text[w.end:]),
			w.text == "nor" && len(list) > 0:
			continue
		}
		list = append(list, n)
	}
	return list
}

// isAbbreviated reports whether a number follows: No. 115-97.
func isAbbreviated(after string) bool {
	after = strings.TrimPrefix(after, ".")
	after = strings.TrimLeft(after, " ")
	return after != "" && isDigit(after[0])
}

// countNegations returns how often the sentences negate and except.
func countNegations(list []sentence) (counts [2]int) {
	for _, s := range list {
		for _, n := range s.not {
			counts[index(n)]++
		}
	}
	return counts
}

// fewNegated is how many sentences are compared with each other, and fewWords how many
// words one has that is.
const (
	fewNegated = 200
	fewWords   = 100
)

// withoutRepeats returns the sentences that negate, without those that say in words
// of another one what it says: they add nothing.
func withoutRepeats(list []sentence) (kept []sentence) {
	var negated []sentence
	var words [][]string
	for _, s := range list {
		if len(s.not) > 0 {
			negated, words = append(negated, s), append(words, s.content())
		}
	}
	if len(negated) > fewNegated {
		return negated
	}
	for i := range negated {
		repeats := func(j int) bool {
			return j != i && len(words[i]) <= fewWords && len(words[j]) <= fewWords && isPart(words[i], words[j]) && (j < i || !isPart(words[j], words[i]))
		}
		repeated := false
		for j := range negated {
			repeated = repeated || repeats(j)
		}
		if !repeated {
			kept = append(kept, negated[i])
		}
	}
	return kept
}

func index(n negation) int {
	if n.exception {
		return 1
	}
	return 0
}

// isPart reports whether all of the words are among others.
func isPart(words, others []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(others, w) })
}

// negationChanges returns what negations are gone or new: those of which one text has
// more, without what it repeats.
func negationChanges(old, new []sentence) (changes []Change) {
	was, is := countNegations(withoutRepeats(old)), countNegations(withoutRepeats(new))
	for i, usual := range []string{"not", "except"} {
		switch {
		case was[i] > is[i]:
			changes = append(changes, Change{Kind: Negation, Old: surplus(old, new, i, usual)})
		case was[i] < is[i]:
			changes = append(changes, Change{Kind: Negation, New: surplus(new, old, i, usual)})
		}
	}
	return changes
}

// surplus returns the word that the list has more often than the other.
func surplus(list, other []sentence, of int, usual string) string {
	counts := map[string]int{}
	for _, s := range other {
		for _, n := range s.not {
			counts[n.word]--
		}
	}
	for _, s := range list {
		for _, n := range s.not {
			counts[n.word]++
		}
	}
	for _, s := range list {
		for _, n := range s.not {
			if index(n) == of && counts[n.word] > 0 {
				return n.word
			}
		}
	}
	return usual
}
