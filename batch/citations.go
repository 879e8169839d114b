package batch

import (
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// A Mark is a citation in a text: its place in bytes and its number, from 1.
type Mark struct{ Begin, End, Number int }

// Numbered returns the answer's text with its citations numbered [1], [2] in
// order of first use, the sources that they name, in the same order, and the
// places of the citations in the returned text. Ids that differ only in case are
// the same id. A citation of a source that never arrived, or was not kept, gets a
// number too, and a Source that has only a node_id.
//
// Some services number their citations themselves. Then the text is unchanged,
// and the sources are those that have a number.
func (a *Answer) Numbered() (text string, cited []Source, marks []Mark) {
	var b strings.Builder
	var ids []uuid.UUID
	numbers := map[uuid.UUID]int{}
	done := 0 // how much of a.Text is in b
	for at, id := range citations(a.Text) {
		if numbers[id] == 0 {
			ids = append(ids, id)
			numbers[id] = len(ids)
		}
		b.WriteString(a.Text[done:at])
		begin := b.Len()
		b.WriteString("[" + strconv.Itoa(numbers[id]) + "]")
		marks = append(marks, Mark{begin, b.Len(), numbers[id]})
		done = at + citationLen
	}
	if ids == nil {
		cited = a.numbered()
		return a.Text, cited, numbersIn(a.Text, len(cited))
	}
	b.WriteString(a.Text[done:])
	return b.String(), a.sources(ids), marks
}

var numberMark = regexp.MustCompile(`\[([1-9][0-9]{0,4})\]`)

// numbersIn returns the citations in a text that cites its sources by number.
func numbersIn(text string, sources int) (marks []Mark) {
	if sources == 0 {
		return nil
	}
	for _, m := range numberMark.FindAllStringSubmatchIndex(text, -1) {
		if n, _ := strconv.Atoi(text[m[2]:m[3]]); n <= sources { // digits
			marks = append(marks, Mark{m[0], m[1], n})
		}
	}
	return marks
}

// numbered returns the sources that have a number. Some services number their
// citations themselves.
func (a *Answer) numbered() (cited []Source) {
	for _, s := range a.Sources {
		if s["number"] != nil {
			cited = append(cited, s)
		}
	}
	return cited
}

// citationLen is the length of a node ID in square brackets.
const citationLen = 1 + 36 + 1

// citations yields the position of each citation in the text and the ID of its
// source.
func citations(text string) iter.Seq2[int, uuid.UUID] {
	return func(yield func(int, uuid.UUID) bool) {
		for at := 0; at+citationLen <= len(text); at++ {
			i := strings.IndexByte(text[at:], '[')
			if i < 0 {
				return
			}
			at += i
			if id, ok := citation(text[at:]); ok && !yield(at, id) {
				return
			}
		}
	}
}

// citation parses the citation at the beginning of s, if there is one.
func citation(s string) (id uuid.UUID, ok bool) {
	const dash, end = 1 + 8, citationLen - 1
	if len(s) < citationLen || s[dash] != '-' || s[end] != ']' {
		return id, false // without Parse, which allocates its error
	}
	id, err := uuid.Parse(s[1:end])
	return id, err == nil
}

// sources returns the source of each ID, in the same order.
func (a *Answer) sources(ids []uuid.UUID) []Source {
	known := make(map[uuid.UUID]Source, len(a.Sources))
	for _, s := range a.Sources {
		id, err := uuid.Parse(s.NodeID())
		if err == nil && known[id] == nil {
			known[id] = s
		}
	}
	found := make([]Source, len(ids))
	for i, id := range ids {
		if found[i] = known[id]; found[i] == nil {
			found[i] = Source{"node_id": strconv.AppendQuote(nil, id.String())}
		}
	}
	return found
}
