package private

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Masks names what is masked with a list of words. The same question is sent in
// another way by another list.
func Masks(list []string) string {
	if len(list) == 0 {
		return fmt.Sprintf("masked (%d)", Version)
	}
	list = slices.Clone(list)
	for i, word := range list {
		list[i] = strings.ToLower(word)
	}
	slices.Sort(list)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(list), "\n")))
	return fmt.Sprintf("masked (%d, words %x)", Version, sum[:4])
}

// A Mask replaces private text by placeholders, and remembers what they stand for.
// It is for one question: equal text in all its parts gets one placeholder, so that
// the answer can speak of it. The zero value, with a Finder, is ready for use.
type Mask struct {
	Finder *Finder
	// Originals is what each placeholder stands for: "[SSN-1]": "123-45-6789".
	Originals map[string]string

	holds        string            // the question's other parts
	placeholders map[string]string // by kind and the original without its punctuation
	last         map[Kind]int      // number of a placeholder
}

// Text returns the text with placeholders.
func (m *Mask) Text(text string) string {
	var b strings.Builder
	end := 0
	for _, found := range m.Finder.find(text) {
		b.WriteString(text[end:found.start])
		b.WriteString(m.placeholder(found.kind, text[found.start:found.end], text))
		end = found.end
	}
	b.WriteString(text[end:])
	return b.String()
}

// placeholder returns what to send for an original. It is nothing that the
// question holds already.
func (m *Mask) placeholder(kind Kind, original, text string) string {
	same := string(kind) + " " + bare(kind, original)
	if p, ok := m.placeholders[same]; ok {
		return p
	}
	if m.placeholders == nil {
		m.placeholders, m.Originals, m.last = map[string]string{}, map[string]string{}, map[Kind]int{}
	}
	for {
		m.last[kind]++
		p := fmt.Sprintf("[%s-%d]", kind, m.last[kind])
		if !strings.Contains(text, p) && !strings.Contains(m.holds, p) {
			m.placeholders[same], m.Originals[p] = p, original
			return p
		}
	}
}

// bare returns what makes an original the same as another: 123-45-6789 and 123 45
// 6789 are one number.
func bare(kind Kind, original string) string {
	if kind == Email {
		return strings.ToLower(original)
	}
	var parts []string
	for _, t := range tokens(original) {
		parts = append(parts, plainWord(original[t.start:t.end]))
	}
	if kind == Word {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "")
}

// Kinds returns the kinds of private text that were found, in the order in which
// they are reported.
func (m *Mask) Kinds() (found []Kind) {
	for _, kind := range kinds {
		if m.last[kind] > 0 {
			found = append(found, kind)
		}
	}
	return found
}
