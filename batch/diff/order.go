package diff

import "slices"

// Two facts may change places in a sentence that is worded in another way, too. All
// facts are there then, and only their order tells. But clauses may change places as
// well, and bring their facts along.

// alike is how much of their words two sentences have in common, in order, that are
// the same one but for some words.
const alike = 0.75

// mostInOrder is how many sentences with several facts are compared with each other.
const mostInOrder = 100

// sameOrder compares sentences that have the same facts of a kind, in another order.
func (c *comparison) sameOrder(was, is []sentence) {
	candidates := func(list []sentence) (several []*sentence) {
		for i := range list {
			if len(list[i].facts) > 1 {
				several = append(several, &list[i])
			}
		}
		return several[:min(len(several), mostInOrder)]
	}
	news := candidates(is)
	for _, s := range candidates(was) {
		for _, t := range news {
			if sameFacts(s.facts, t.facts) && !slices.EqualFunc(s.facts, t.facts, func(a, b fact) bool { return a.key == b.key }) {
				c.inPlace(s, t)
			}
		}
	}
}

// sameFacts reports whether two lists have the same facts, in whatever order.
func sameFacts(a, b []fact) bool {
	return len(a) == len(b) && len(lacking(a, b)) == 0 && len(lacking(b, a)) == 0
}

// inPlace tells the facts that stand between the same words as others did.
func (c *comparison) inPlace(s, t *sentence) {
	a, b := factWords([]sentence{*s}), factWords([]sentence{*t})
	for _, side := range []factText{a, b} {
		for i, f := range side.facts {
			if f != nil {
				side.keys[i] = "#" + string(f.kind)
			}
		}
	}
	al := aligner{a: a.keys, b: b.keys}
	al.align(0, len(a.keys), 0, len(b.keys))
	if float64(len(al.matches)) < alike*float64(max(len(a.keys), len(b.keys))) {
		return
	}
	for _, m := range al.matches {
		if f, g := a.facts[m[0]], b.facts[m[1]]; f != nil && g != nil {
			c.tell(*f, *g)
		}
	}
}
