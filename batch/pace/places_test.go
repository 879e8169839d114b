package pace

import (
	"testing"
	"time"
)

// Several refusals beside the same number of requests tell of a limit on it, unless
// another was let in beside as many.
func TestWhatTellsOfPlaces(t *testing.T) {
	type step struct{ through, beside, refused int }
	for name, test := range map[string]struct {
		steps []step
		size  int
	}{
		"two beside as many":                  {[]step{{0, 0, 10}, {3, 9, 10}}, 10},
		"two beside as many, nothing between": {[]step{{0, 0, 10}, {0, 0, 10}}, 0},
		"two beside as many, one between":     {[]step{{0, 0, 10}, {1, 9, 10}}, 0},
		"two beside 30, one between":          {[]step{{0, 0, 30}, {1, 29, 30}}, 30},
		"two beside more and less":            {[]step{{3, 9, 11}, {3, 9, 10}}, 0},
		"as many got through":                 {[]step{{0, 0, 10}, {3, 10, 10}}, 0},
		"more got through":                    {[]step{{0, 0, 10}, {3, 12, 10}}, 0},
		"one got through by chance":           {[]step{{0, 0, 10}, {1, 10, 10}, {3, 9, 10}}, 10},
		"three beside three":                  {[]step{{0, 0, 3}, {6, 2, 3}, {6, 2, 3}}, 0},
		"four beside three":                   {[]step{{0, 0, 3}, {6, 2, 3}, {6, 2, 3}, {6, 2, 3}}, 3},
		"what was saved up":                   {[]step{{0, 0, 10}, {12, 9, 10}, {12, 9, 10}, {12, 9, 10}}, 0},
		"all workers":                         {[]step{{0, 0, 31}, {3, 30, 31}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, at := &places{workers: 32}, time.Now()
			for _, s := range test.steps {
				for range s.through {
					at = at.Add(time.Millisecond)
					p.started(at, s.beside)
				}
				at = at.Add(time.Millisecond)
				p.started(at, s.refused)
				p.take(at)
				p.again(Reply{At: at, Sent: at, Others: s.refused})
			}
			if p.size != test.size {
				t.Errorf("%d places, want %d", p.size, test.size)
			}
		})
	}
}

// As many as there are places for may have been saved up and let in at once, unless no bucket
// explains that.
func TestWhatNoBucketExplainsWasNotSavedUp(t *testing.T) {
	p, at := &places{workers: 32}, time.Now()
	refused := Reply{At: at, Sent: at, Others: 10}
	p.again(refused)
	for range 12 {
		p.letIn(flight{at, 9})
	}
	if p.again(refused) {
		t.Error("what was saved up is taken for places")
	}
	if !p.notSaved(refused) || p.size != 10 {
		t.Errorf("%d places, want 10: it was not saved up", p.size)
	}
}
