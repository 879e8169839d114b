package pace

import (
	"testing"
	"time"
)

// asked returns places that let in a number of requests beside so many others each. Then they
// heard a 429 beside each number in refused, with one more request let in between two of them.
func asked(in, beside int, refused ...int) *places {
	return askedOf(false, in, beside, refused...)
}

// askedOf is asked of an account that counts, perhaps.
func askedOf(counts bool, in, beside int, refused ...int) *places {
	p := &places{workers: 32}
	for range in {
		p.letIn(flight{others: beside})
	}
	for i, others := range refused {
		if i > 0 {
			p.letIn(flight{others: beside})
		}
		p.hear(Reply{Others: others}, false, counts)
	}
	return p
}

// A test begins where a limit on the number in flight may be told from the 429 so far, and
// not where the account used up what it gives in a minute, unless that is plainer still.
func TestWhatBeginsATest(t *testing.T) {
	for name, test := range map[string]struct {
		p                  *places
		refused            int
		puzzling, counting bool
		size               int
	}{
		"one 429":                         {asked(10, 5), 10, false, false, 0},
		"two beside as many":              {asked(10, 5, 10), 10, false, false, 10},
		"two beside nearly as many":       {asked(10, 5, 12), 10, false, false, 10},
		"two in an account that counts":   {askedOf(true, 10, 5, 10), 10, false, true, 0},
		"three in an account that counts": {askedOf(true, 20, 5, 10, 10), 10, false, true, 10},
		"let in beside more":              {asked(10, 20, 10), 10, false, false, 0},
		"a puzzling one":                  {asked(2, 1), 2, true, false, 2},
		"a puzzling one beside fewer":     {asked(2, 5), 2, true, false, 0},
		"one alone":                       {asked(10, 5, 10), 0, false, false, 0},
		"all workers":                     {asked(10, 5, 31), 31, false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			test.p.letIn(flight{others: 1})
			if test.p.hear(Reply{Others: test.refused}, test.puzzling, test.counting) {
				t.Error("it is for the number before it is tested")
			}
			if test.p.size != test.size || test.p.testing != (test.size > 0) {
				t.Errorf("%d places, tested: %v; want %d", test.p.size, test.p.testing, test.size)
			}
		})
	}
}

// A test ends with the number, once nothing but that explains the 429, or with the rate.
func TestATestTellsTheNumberFromTheRate(t *testing.T) {
	for name, test := range map[string]struct {
		in, beside, refused int
		number              bool
		size                int
	}{
		"refused beside as many":        {10, 9, 10, true, 10},
		"refused beside more":           {10, 9, 11, true, 10},
		"refused too soon":              {1, 9, 10, false, 10},
		"refused beside fewer":          {10, 9, 9, false, 0},
		"many let in beside as many":    {100, 10, 11, false, 0},
		"refused beside nothing at all": {10, 9, 0, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := asked(10, 5, 10, 10)
			p.early = fewEarly
			for range test.in {
				p.letIn(flight{others: test.beside})
			}
			if got := p.hear(Reply{Others: test.refused}, false, false); got != test.number || p.size != test.size {
				t.Errorf("for the number: %v, %d places; want %v, %d", got, p.size, test.number, test.size)
			}
		})
	}
}

// A test is not passed before requests were let in long before their turn. At the beginning of
// a run more and more are in flight, so each 429 comes beside as many, whatever the limit is.
func TestATestNeedsRequestsAheadOfTheirTurn(t *testing.T) {
	p := asked(10, 5, 10, 10)
	for n := range 3 {
		for range 10 {
			p.letIn(flight{others: 9, early: n > 1})
		}
		if number := p.hear(Reply{Others: 10}, false, false); number != (n > 1) {
			t.Errorf("for the number: %v, with %d sent ahead", number, p.early)
		}
	}
}

// Once the number is known, one more place is tried at a time, and a 429 beside fewer is for
// the rate.
func TestPlacesAfterATest(t *testing.T) {
	now := time.Now()
	p := asked(10, 5, 10, 10)
	for range 10 {
		p.letIn(flight{others: 9, early: true})
	}
	p.hear(Reply{At: now, Others: 10}, false, false)
	if first := p.next.Sub(now); first < time.Second || !p.opens(10).Equal(p.next) || !p.opens(9).IsZero() {
		t.Errorf("the first trial after %v", first)
	}
	p.started(flight{at: p.next, others: 10})
	if !p.opens(10).After(p.next) {
		t.Error("two trials at once")
	}
	p.settle(p.next.Add(Moment))
	if p.size != 11 {
		t.Errorf("%d places after a trial that was let in, want 11", p.size)
	}
	if p.hear(Reply{Others: 9}, false, false) || p.size != 0 {
		t.Errorf("%d places after a 429 beside nine, want any", p.size)
	}
}

// Of requests that were sent at once, the 429 to the last may come first. Those before it are
// taken for let in, until theirs comes.
func TestA429ThatComesLateIsTakenBack(t *testing.T) {
	now := time.Now()
	p := &places{workers: 32}
	for n := range 4 {
		p.started(flight{at: now.Add(time.Duration(n)), others: n})
	}
	for _, n := range []int{3, 2} {
		r := Reply{Sent: now.Add(time.Duration(n)), Others: n}
		if p.notIn(r); n == 3 {
			p.hear(r, false, false)
		}
	}
	if in := sum(p.tally.in); in != 2 || p.tally.in[2] != 0 {
		t.Errorf("%v let in, want those beside none and one", p.tally.in)
	}
}

// Several 429 with nothing let in between are one accident, but they end a test if nothing was
// ever let in beside as many.
func TestRefusalsInARowAndPlaces(t *testing.T) {
	for name, test := range map[string]struct {
		between, beside int
		puzzling        bool
		number          bool
	}{
		"in a row":                               {0, 5, true, true},
		"in a row, for the pace":                 {0, 5, false, false},
		"not in a row":                           {1, 5, true, false},
		"in a row, one let in beside as many":    {0, 10, true, false},
		"in a row, none let in, for the account": {0, 9, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := asked(10, 5, 10, 10)
			p.letIn(flight{others: test.beside})
			p.hear(Reply{Others: 10}, false, false)
			for range test.between {
				p.letIn(flight{others: 5})
			}
			refused := sum(p.tally.out)
			if p.hear(Reply{Others: 10}, test.puzzling, false) != test.number {
				t.Errorf("for the number: %v, want %v", !test.number, test.number)
			}
			if got := sum(p.tally.out) - refused; got != test.between {
				t.Errorf("%d more refusals count, want %d", got, test.between)
			}
		})
	}
}

// A 429 to a request that waited for its turn does not end a test, though it came beside fewer:
// some answers were on their way.
func TestA429InItsTurnMovesTheNumberThatIsTested(t *testing.T) {
	now := time.Now()
	for _, early := range []bool{false, true} {
		p := asked(20, 5, 10, 10)
		p.letIn(flight{others: 5})
		p.started(flight{now, 9, early})
		r := Reply{Sent: now, Others: 9}
		p.notIn(r)
		p.hear(r, false, false)
		if p.testing == early || p.testing && p.size != 9 {
			t.Errorf("ahead of its turn %v: tested %v, %d places; want nine, or no test", early, p.testing, p.size)
		}
	}
}

// A test that failed is made again only where an accident is less probable still.
func TestATestThatFailedIsNotMadeAgainSoon(t *testing.T) {
	p := asked(10, 5, 10, 10)
	p.hear(Reply{Others: 9}, false, false)
	for range 10 {
		p.letIn(flight{others: 5})
	}
	for n := 1; n < 9; n++ {
		p.hear(Reply{Others: 10}, false, false)
		if p.testing {
			if n == 2 {
				t.Error("it is tested after two 429 again")
			}
			return
		}
		p.letIn(flight{others: 5})
	}
	t.Error("it is not tested again after eight 429")
}

// While the number is tested, requests do not wait for their turn in the pace until as many
// are in flight, as long as half of them were let in, or at most three. Any other goes at the pace.
func TestATestSendsAheadOfTheTurn(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		pace     float64 // requests a second
		inFlight int
		unknown  int
		after    time.Duration // the last one
	}{
		"fewer in flight":         {0.1, 2, 0, Lead},
		"as many in flight":       {0.1, 3, 0, 10 * time.Second},
		"half may be refused yet": {0.1, 2, 3, 10 * time.Second},
		"a faster pace":           {100, 2, 0, 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			b := New(8, time.Minute, nil, now)
			b.Pace = test.pace
			b.places.size, b.places.testing, b.places.sent = 3, true, 4
			b.Sent(now, 0)
			b.places.unknown = make([]flight, test.unknown)
			at, apart := b.Next(test.inFlight)
			if got := at.Sub(now); got != test.after || apart != test.after {
				t.Errorf("after %v, %v apart; want %v", got, apart, test.after)
			}
		})
	}
}

// The 429 that ends a test does not lower the pace: the request was sent before its turn.
func TestATestThatFailsDoesNotLowerThePace(t *testing.T) {
	for _, testing := range []bool{true, false} {
		now := time.Now()
		b := New(8, time.Minute, nil, now)
		b.Pace, b.Lo, b.Hi = 1, 1, 9
		if testing {
			b.places = *asked(10, 5, 10, 10)
		}
		b.Sent(now, 0)
		now = now.Add(time.Second)
		b.Sent(now, 1)
		b.Heard(Reply{Sent: now, At: now.Add(Lead), Others: 1, Refused: true, Wait: time.Second})
		if b.places.testing || (b.Hi == 9) != testing {
			t.Errorf("in a test: %v, it goes on: %v; the pace is bound by %v", testing, b.places.testing, b.Hi)
		}
	}
}

// After a 429 in a test, only requests beside as many wait as long as after any other.
func TestATestGoesOnAfterA429(t *testing.T) {
	now := time.Now()
	b := New(32, time.Minute, nil, now)
	b.Pace, b.Lo = 0.1, 0.1
	b.places = *asked(10, 5, 10, 10)
	b.Sent(now, 10)
	at := now.Add(Lead)
	b.Heard(Reply{Sent: now, At: at, Others: 10, Refused: true})
	if !b.places.testing {
		t.Fatal("the test is over")
	}
	if next, _ := b.Next(9); next.After(at.Add(Lead)) {
		t.Errorf("beside fewer after %v", next.Sub(at))
	}
	if next, _ := b.Next(10); next.Before(at.Add(time.Second)) {
		t.Errorf("beside as many after %v", next.Sub(at))
	}
}

// A request counts as early if more than half of the time to its turn was left.
func TestWhatIsSentLongBeforeItsTurn(t *testing.T) {
	for before, early := range map[time.Duration]bool{0: false, 4 * time.Second: false, 6 * time.Second: true} {
		now := time.Now()
		b := New(8, time.Minute, nil, now)
		b.Pace, b.places.size, b.places.testing = 0.1, 3, true
		b.Due = now.Add(before)
		if b.Sent(now, 1); b.places.unknown[0].early != early {
			t.Errorf("%v before: %v, want %v", before, !early, early)
		}
	}
}

// Where the service says its limits, refusals in a row are for the pace.
func TestWhatTheServiceSaysIsNoPuzzle(t *testing.T) {
	b := New(8, time.Minute, nil, time.Now())
	b.Empty, b.Since = 5, 1
	for limit, want := range map[float64]bool{0: true, 20: false} {
		if b.Told.Last.Limit = limit; b.puzzled(Reply{}) != want {
			t.Errorf("a limit of %v is said: puzzled %v, want %v", limit, !want, want)
		}
	}
}

// Requests that are refused beside all places wait for one of them, and the pace is forgotten
// that was learned from such refusals.
func TestThePaceOfATestThatEndsWithTheNumberIsForgotten(t *testing.T) {
	now := time.Now()
	b := New(32, time.Minute, nil, now)
	b.Pace, b.Lo = 1, 1
	b.places = *asked(10, 5, 10, 10)
	b.places.early = fewEarly
	for range 10 {
		b.places.letIn(flight{others: 9})
	}
	b.Sent(now, 10)
	at := now.Add(Lead)
	b.Heard(Reply{Sent: now, At: at, Others: 10, Refused: true})
	if b.Pace != 0 || b.places.size != 10 {
		t.Errorf("pace %v, %d places; want none, 10", b.Pace, b.places.size)
	}
	if next, _ := b.Next(9); next.After(at.Add(Lead)) {
		t.Errorf("a free place is used %v later", next.Sub(at))
	}
	if next, _ := b.Next(10); next.Before(at.Add(time.Second)) {
		t.Errorf("a trial is sent %v later", next.Sub(at))
	}
}
