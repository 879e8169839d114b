package diff

// facts returns the facts that are others in the newer of two texts. A fact counts
// once, however often a text states it.
func facts(old, new string) []Change {
	r := reader{}
	was, is := r.read(old), r.read(new)
	c := comparison{gone: lacking(factsOf(was), factsOf(is)), fresh: lacking(factsOf(is), factsOf(was)), told: map[string]bool{}}
	c.forgive()
	negated := c.sameWords(was, is)
	c.sameOrder(was, is)
	c.pair(was, is)
	for _, f := range c.gone {
		if !c.told[f.key] {
			c.changes = append(c.changes, Change{Kind: f.kind, Old: f.text})
		}
	}
	for _, f := range c.fresh {
		if !c.told[f.key] {
			c.changes = append(c.changes, Change{Kind: f.kind, New: f.text})
		}
	}
	changes := negationChanges(was, is)
	if len(changes) == 0 {
		changes = negated
	}
	return append(c.changes, changes...)
}

// A comparison is that of the facts of two texts.
type comparison struct {
	gone, fresh []fact // each once
	changes     []Change
	told        map[string]bool // facts, and pairs of facts, by their keys
}

func factsOf(list []sentence) (all []fact) {
	for _, s := range list {
		all = append(all, s.facts...)
	}
	return all
}

// lacking returns the facts that are in the list and not in the other, each once.
func lacking(list, other []fact) (facts []fact) {
	seen := make(map[string]bool, len(other))
	for _, f := range other {
		seen[f.key] = true
	}
	for _, f := range list {
		if !seen[f.key] {
			seen[f.key] = true
			facts = append(facts, f)
		}
	}
	return facts
}

// forgive counts as told what is the same number, once with and once without its unit.
func (c *comparison) forgive() {
	fresh := map[int64][]fact{}
	for _, f := range c.fresh {
		if f.number >= 0 {
			fresh[f.number] = append(fresh[f.number], f)
		}
	}
	for _, f := range c.gone {
		for _, other := range fresh[f.number] {
			if sameNumber(f, other) {
				c.told[f.key], c.told[other.key] = true, true
			}
		}
	}
}

// sameWords compares sentences that are the same but for their facts and negations:
// there a fact may also have changed its place with another. It returns the
// negations that are others.
func (c *comparison) sameWords(was, is []sentence) (negated []Change) {
	before, now := bySkeleton(was), bySkeleton(is)
	for _, s := range was {
		key := s.skeleton
		gone, fresh := statingNot(before[key], now[key]), statingNot(now[key], before[key])
		delete(before, key) // once
		delete(now, key)
		for i := range min(len(gone), len(fresh)) {
			if len(gone[i].facts) == len(fresh[i].facts) {
				for n, f := range gone[i].facts {
					c.tell(f, fresh[i].facts[n])
				}
			}
			switch had, has := len(gone[i].not), len(fresh[i].not); {
			case had > has:
				negated = append(negated, Change{Kind: Negation, Old: surplus(gone[i:i+1], fresh[i:i+1], index(gone[i].not[0]), "not")})
			case had < has:
				negated = append(negated, Change{Kind: Negation, New: surplus(fresh[i:i+1], gone[i:i+1], index(fresh[i].not[0]), "not")})
			}
		}
	}
	return negated
}

func bySkeleton(list []sentence) map[string][]sentence {
	m := map[string][]sentence{}
	for _, s := range list {
		key := s.skeleton
		m[key] = append(m[key], s)
	}
	return m
}

// statingNot returns the sentences that state what none of the others does.
func statingNot(list, others []sentence) (rest []sentence) {
	known := map[string]bool{}
	for _, s := range others {
		known[s.states()] = true
	}
	for _, s := range list {
		if states := s.states(); !known[states] {
			known[states] = true
			rest = append(rest, s)
		}
	}
	return rest
}

// sameNumber reports whether facts are the same number, once with and once without its
// unit.
func sameNumber(a, b fact) bool {
	return a.number >= 0 && a.number == b.number && (a.kind == Number) != (b.kind == Number)
}

// tell tells a fact in the place of another one, once.
func (c *comparison) tell(old, new fact) {
	pair := old.key + "\x00" + new.key
	if old.key == new.key || c.told[pair] || sameNumber(old, new) {
		return
	}
	c.told[pair], c.told[old.key], c.told[new.key] = true, true, true
	c.changes = append(c.changes, Change{Kind: new.kind, Old: old.text, New: new.text})
}

// pair tells facts that stand in the place of others: of the same kind, in the same
// order, where the words around them are the same.
func (c *comparison) pair(was, is []sentence) {
	if len(c.gone) == 0 || len(c.fresh) == 0 {
		return
	}
	a, b := factWords(was), factWords(is)
	al := aligner{a: a.keys, b: b.keys}
	al.align(0, len(a.keys), 0, len(b.keys))
	open := map[string]bool{}
	for _, f := range append(c.gone, c.fresh...) {
		open[f.key] = !c.told[f.key]
	}
	i, j := 0, 0
	for _, m := range append(al.matches, [2]int{len(a.keys), len(b.keys)}) {
		c.replaced(byKind(a.facts[i:m[0]], open), byKind(b.facts[j:m[1]], open))
		i, j = min(m[0]+1, len(a.keys)), min(m[1]+1, len(b.keys))
	}
}

// byKind returns the facts among words that are open.
func byKind(list []*fact, open map[string]bool) map[Kind][]fact {
	facts := map[Kind][]fact{}
	for _, f := range list {
		if f != nil && open[f.key] {
			facts[f.kind] = append(facts[f.kind], *f)
		}
	}
	return facts
}

// replaced tells the facts of a part of a text that another part replaces.
func (c *comparison) replaced(gone, fresh map[Kind][]fact) {
	for _, kind := range pairedKinds {
		if len(gone[kind]) == len(fresh[kind]) {
			for i := range gone[kind] {
				c.tell(gone[kind][i], fresh[kind][i])
			}
		}
	}
}

// pairedKinds are the kinds of facts that can take the place of others.
var pairedKinds = []Kind{Amount, Percentage, Number, Date, Section, Form, Authority}

// A factText is the words of a text, with the facts among them.
type factText struct {
	keys  []string
	facts []*fact // nil: it is a word
}

func factWords(list []sentence) (t factText) {
	for _, s := range list {
		facts := s.facts
		for _, w := range s.words {
			var f *fact
			if w == "#" {
				f, facts = &facts[0], facts[1:]
				w = f.key
			}
			t.keys, t.facts = append(t.keys, w), append(t.facts, f)
		}
	}
	return t
}
