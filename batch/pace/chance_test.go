package pace

import (
	"testing"
	"time"
)

// chanceTaker sends requests as fast as b lets it, and tells it which of them are refused,
// counted from 1, at once.
type chanceTaker struct {
	b   *Bracket
	now time.Time
}

func (c *chanceTaker) send(n int, refused func(i int) bool) {
	for i := range n {
		at, _ := c.b.Next(0)
		c.now = later(c.now, at)
		c.b.Sent(c.now, 0)
		c.b.Heard(Reply{Sent: c.now, At: c.now.Add(time.Millisecond), Refused: refused(i + 1)})
		c.now = c.now.Add(time.Millisecond)
	}
}

// Refusals at any pace no longer lower it, until more are refused: something else limits
// the pace, too. Then the pace is half of that which was refused.
func TestRefusalsAtAnyPaceAreByChance(t *testing.T) {
	c := &chanceTaker{New(8, time.Minute, nil, time.Now()), time.Now()}
	fifth := func(i int) bool { return i%5 == 0 }
	for n := 0; c.b.Chance.Share == 0; n++ {
		if c.send(1, func(int) bool { return fifth(n + 1) }); n == 1000 {
			t.Fatal("one request in five was refused a thousand times, and it is not known")
		}
	}
	if s := c.b.Chance.Share; s < 0.1 || s > mostShare {
		t.Errorf("by chance: %.2f, want about a fifth", s)
	}
	slow := c.b.Pace
	if c.b.Restore(nil, c.now); c.b.Pace != slow {
		t.Errorf("a pace of %.2f that refusals did not teach was forgotten", slow)
	}
	c.send(500, fifth)
	if c.b.Pace < 8*slow {
		t.Errorf("the pace is %.2f a second, %.2f before", c.b.Pace, slow)
	}
	fast := c.b.Pace
	c.send(50, func(int) bool { return true })
	if c.b.Chance.Share > 0 || c.b.Pace > fast/2 {
		t.Errorf("all are refused, and the pace is %.2f a second, after %.2f; by chance %.2f", c.b.Pace, fast, c.b.Chance.Share)
	}
}

// A stretch in which few are refused by chance does not make a limit of one in which many are.
func TestLuckIsNoLimit(t *testing.T) {
	c := &chanceTaker{New(8, time.Minute, nil, time.Now()), time.Now()}
	c.b.Lo, c.b.Hi, c.b.Pace, c.b.Odd = 1, 1, 1, oddRefusals
	c.b.Chance = chance{Share: mostShare, Raised: c.now}
	c.send(200, func(i int) bool { return i%5 == 0 })
	c.send(2*chanceHeld, func(int) bool { return false })
	pace := c.b.Pace
	c.send(chanceHeld, func(i int) bool { return i <= chanceHeld*2/5 })
	if c.b.Chance.Share == 0 || c.b.Pace < pace {
		t.Errorf("the pace is %.2f, %.2f before; by chance %.2f", c.b.Pace, pace, c.b.Chance.Share)
	}
}

// The pace is not raised while more are refused than by chance, and lowered if it stays so.
func TestThePaceIsNotRaisedWhereMoreAreRefused(t *testing.T) {
	c := &chanceTaker{New(8, time.Minute, nil, time.Now()), time.Now()}
	c.b.Lo, c.b.Hi, c.b.Pace, c.b.Odd = 1, 1, 1, oddRefusals
	c.b.Chance = chance{Share: 0.1, AllAsked: 400, AllRefused: 36, Raised: c.now}
	c.send(100, func(i int) bool {
		if c.b.Pace > 1 {
			t.Fatalf("the pace is %.2f after %d requests, a third of them refused", c.b.Pace, i)
		}
		return i%3 == 0
	})
	if c.b.Pace > 0.6 {
		t.Errorf("the pace is %.2f, want half of what it was", c.b.Pace)
	}
}

// Where runs yield to others, few are refused: that is not by chance.
func TestRefusalsForOthersAreNotByChance(t *testing.T) {
	c := &chanceTaker{New(8, time.Minute, nil, time.Now()), time.Now()}
	c.send(100, func(i int) bool { return i%10 == 0 })
	c.b.Odd = oddRefusals
	c.b.Chance = chance{}
	c.send(3000, func(i int) bool { return i%30 == 0 })
	if c.b.Chance.Share > 0 || c.b.Chance.Asked == 0 {
		t.Errorf("one request in thirty is by chance, or none was counted: %+v", c.b.Chance)
	}
}

// A few refusals in a row by chance, and then a few requests that are let in, look like a window
// that was used up. What comes next does not.
func TestRefusalsByChanceAreNoWindow(t *testing.T) {
	c := &chanceTaker{New(8, time.Minute, nil, time.Now()), time.Now()}
	c.send(20, func(i int) bool { return i%5 == 0 })
	c.send(5, func(int) bool { return true })
	c.send(few+1, func(int) bool { return false })
	c.send(4, func(int) bool { return true })
	c.send(few+1, func(int) bool { return false })
	if !c.b.Window.Counts {
		t.Fatal("the account is not taken for one that counts, so nothing is tested")
	}
	for n := range 100 {
		if c.send(1, func(int) bool { return n%3 == 2 }); !c.b.Window.Counts {
			return
		}
	}
	t.Error("every third request was refused, and the account is still taken for one that counts")
}
