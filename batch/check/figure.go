package check

import "bizbatch/batch/internal/figure"

// figures looks for the figures of a block's sentences in the excerpts that each
// of them cites. What stands in a quotation was looked for already.
func (c *checker) figures(b *block) {
	quotations := b.checked
	for _, s := range b.sentences {
		if len(s.cites) == 0 || c.mayBeElsewhere(s.cites) {
			continue
		}
		for g := range figure.In(b.text[s.begin:s.end]) {
			for len(quotations) > 0 && quotations[0][1] <= s.begin+g.Begin {
				quotations = quotations[1:]
			}
			quoted := len(quotations) > 0 && quotations[0][0] <= s.begin+g.Begin
			if g.Kind != "" && !quoted && !isNothing(g) && !c.asked.has(g) && !c.anyHas(s.cites, g) {
				c.count(Kind(g.Kind), g.Text, g.Text)
			}
		}
	}
}

func (c *checker) anyHas(cites []int, g figure.Figure) bool {
	for _, n := range cites {
		if c.sources[n-1].has(g) {
			return true
		}
	}
	return false
}

// isNothing reports whether a figure is $0 or 0%, which the law has in words.
func isNothing(g figure.Figure) bool {
	return (g.Kind == figure.Amount || g.Kind == figure.Percentage) && g.Values[0] == 0
}
