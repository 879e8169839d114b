package diff

import (
	"slices"
	"strings"
)

// Two facts may change places in a sentence that is worded in another way, too. All
// facts are there then, and only their order tells. But clauses may change places as
// well, and bring their facts along.

// alike is how much of their words two sentences have in common, in order, that are
// the same one but for some words.
const alike = 0.75

// mostInOrder is with how many sentences of the same facts one is compared.
const mostInOrder = 20

// sameOrder compares sentences that have the same facts of a kind, in another order.
func (c *comparison) sameOrder(was, is []sentence) {
	news := map[string][]*sentence{}
	for i := range is {
		if facts := is[i].anyOrder(); facts != "" && len(news[facts]) < mostInOrder {
			news[facts] = append(news[facts], &is[i])
		}
	}
	for i := range was {
		for _, t := range news[was[i].anyOrder()] {
			if !slices.EqualFunc(was[i].facts, t.facts, func(a, b fact) bool { return a.key == b.key }) {
				c.inPlace(&was[i], t)
			}
		}
	}
}

// anyOrder returns the facts of a sentence that has several, whatever their order.
func (s *sentence) anyOrder() string {
	if len(s.facts) < 2 {
		return ""
	}
	keys := make([]string, len(s.facts))
	for i, f := range s.facts {
		keys[i] = f.key
	}
	slices.Sort(keys)
	return strings.Join(keys, "\x00")
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
