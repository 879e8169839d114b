package check

// unit is one dollar, or one percent.
const unit = 10_000

// A figure is a number in a clean text, and what it counts.
type figure struct {
	kind       Kind   // Section, Form, Amount or Percentage; empty: it is none of them
	text       string // as a reader knows it, such as § 168(k)
	begin, end int
	values     []int64 // in ten-thousandths; several where it can be read in several ways
	// base and path are the number and the subdivision that it has if it is that of
	// a section, such as 168 and (k)(1), in lower case. The base of a form is its
	// name.
	base, path string
}

// isNothing reports whether a figure is $0 or 0%, which the law has in words.
func (g figure) isNothing() bool {
	return (g.kind == Amount || g.kind == Percentage) && g.values[0] == 0
}

// figures looks for the figures of a block's sentences in the excerpts that each
// of them cites. What stands in a quotation was looked for already.
func (c *checker) figures(b *block) {
	quotations := b.checked
	for _, s := range b.sentences {
		if len(s.cites) == 0 || c.mayBeElsewhere(s.cites) {
			continue
		}
		for g := range figuresOf(b.text[s.begin:s.end]) {
			for len(quotations) > 0 && quotations[0][1] <= s.begin+g.begin {
				quotations = quotations[1:]
			}
			quoted := len(quotations) > 0 && quotations[0][0] <= s.begin+g.begin
			if g.kind != "" && !quoted && !g.isNothing() && !c.asked.has(g) && !c.anyHas(s.cites, g) {
				c.count(g.kind, g.text, g.text)
			}
		}
	}
}

func (c *checker) anyHas(cites []int, g figure) bool {
	for _, n := range cites {
		if c.sources[n-1].has(g) {
			return true
		}
	}
	return false
}
