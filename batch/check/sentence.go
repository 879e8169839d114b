package check

import (
	"strings"

	"bizbatch/batch/internal/figure"
)

// A sentence is a part of a block, with the numbers of the sources that it cites.
type sentence struct {
	begin, end int
	cites      []int
}

// split finds the sentences of a block.
func (b *block) split() (list []sentence) {
	cites := b.cites
	for begin, end := range figure.Sentences(b.text) {
		n := strings.Count(b.text[begin:end], string(citation))
		list = append(list, sentence{begin, end, cites[:n:n]})
		cites = cites[n:]
	}
	return list
}
