package pace

import "testing"

// The number in flight may be limited if few requests were let in beside as many others as
// those that were refused.
func TestWhatRefusalsTellOfTheNumberInFlight(t *testing.T) {
	for name, test := range map[string]struct {
		in, out          []int // so many beside 0, 1, 2 ... others
		edge             int
		limited, refuted bool
	}{
		"nothing":                           {},
		"two beside ten":                    {in: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, out: []int{10: 2}, edge: 10, limited: true},
		"two beside ten, one more let in":   {in: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, out: []int{10: 2}, edge: 10},
		"two beside ten, ten more let in":   {in: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10}, out: []int{10: 2}, edge: 10},
		"two beside ten, most more let in":  {in: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 40}, out: []int{10: 2}, edge: 10, refuted: true},
		"two beside ten, let in beside 20":  {in: []int{10, 20: 40}, out: []int{10: 2}, edge: 10, refuted: true},
		"beside ten and twelve":             {in: []int{9: 20}, out: []int{10: 1, 12: 2}, edge: 10, limited: true},
		"one beside one":                    {in: []int{1}, out: []int{0, 1}, edge: 1},
		"three beside one":                  {in: []int{5}, out: []int{0, 3}, edge: 1},
		"three beside one, of many":         {in: []int{9}, out: []int{0, 3}, edge: 1, limited: true},
		"twelve beside three, a third late": {in: []int{9, 9, 9, 6}, out: []int{3: 12}, edge: 3, limited: true},
		"no more let in, whatever came":     {out: []int{1: 9}, edge: 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := tally{test.in, test.out}
			if l.edge() != test.edge || l.limited(2, accident) != test.limited || l.refuted() != test.refuted {
				t.Errorf("edge %d, limited %v, refuted %v, chance %.3f; want %d, %v, %v", l.edge(),
					l.limited(2, accident), l.refuted(), l.chance(), test.edge, test.limited, test.refuted)
			}
		})
	}
}

// What is known may be changed and changed again, if another run was faster.
func TestACloneOfWhatIsKnownHasItsOwnTally(t *testing.T) {
	var k known
	k.places.tally.letIn(0)
	k.places.tally.refused(1)
	c := k.clone()
	c.places.tally.letIn(0)
	c.places.tally.refused(1)
	if in, out := k.places.tally.in[0], k.places.tally.out[1]; in != 1 || out != 1 {
		t.Errorf("%d let in and %d refused, want one each", in, out)
	}
}
