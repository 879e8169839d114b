package pace

import (
	"testing"
	"time"
)

// A request that was not sent after all, or was refused beyond the places, is not let in.
func TestWhatTellsNothingIsNotLetIn(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		places int
		reply  Reply
	}{
		"not sent": {0, Reply{Void: true}},
		"a trial":  {1, Reply{Refused: true, Others: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := New(8, time.Minute, nil, now)
			b.Sent(now, 0)
			b.places.size = test.places
			second := now.Add(time.Millisecond)
			b.Sent(second, 1)
			test.reply.Sent, test.reply.At = second, now.Add(100*time.Millisecond)
			b.Heard(test.reply)
			b.settle(now.Add(time.Minute))
			if b.In != 1 || len(b.Trace.Spans) != 1 || b.Trace.Spans[0].In != 1 {
				t.Errorf("%d let in, %+v; want one, the first", b.In, b.Trace.Spans)
			}
		})
	}
}

// Several refusals in a row may be for the number in flight, one more after others were let
// in is not.
func TestOnlyRefusalsInARowArePuzzling(t *testing.T) {
	for _, between := range []int{0, 6} {
		now := time.Now()
		b := New(32, time.Minute, nil, now)
		ask := func(others int, refused bool) {
			at, _ := b.Next(others)
			now = later(now.Add(Moment), at)
			b.Sent(now, others)
			r := Reply{Sent: now, At: now.Add(50 * time.Millisecond), Others: others, Refused: refused}
			b.Heard(r)
		}
		ask(0, false)
		for range 5 {
			ask(4, true)
		}
		for i := range between {
			ask(i, false)
		}
		ask(between+4, true)
		if limited := b.places.size > 0; limited != (between == 0) {
			t.Errorf("%d let in before the last refusal: %d places", between, b.places.size)
		}
	}
}

// A refusal that takes longer than a moment is taken back from what was let in.
func TestARefusalThatTakesLongIsTakenBack(t *testing.T) {
	now := time.Now()
	b := New(8, time.Minute, nil, now)
	for i := range 7 {
		b.Sent(now.Add(time.Duration(i)*100*time.Millisecond), i)
	}
	b.Heard(Reply{Refused: true, Sent: now.Add(100 * time.Millisecond), At: now.Add(700 * time.Millisecond), Wait: 400 * time.Millisecond})
	if last := b.Trace.Last; last.Before(now.Add(100 * time.Millisecond)) {
		t.Errorf("the last request was sent after %v", last.Sub(now))
	}
	in := 0
	for _, s := range b.Trace.Spans {
		in += s.In
	}
	if in != 1 || b.Lo < 0.5 || b.Lo > 3 {
		t.Errorf("%d let in before, at least %v a second; want 1, and 1", in, b.Lo)
	}
}

// What others left of an account looks like a slow one. Once they have left, a run finds
// out within minutes.
func TestASlowRunSoonTriesMore(t *testing.T) {
	begin := time.Now()
	b := New(8, time.Minute, nil, begin)
	b.Lo, b.Hi, b.Pace, b.Proven, b.Trace.Size = 0.05, 0.05, 0.05, true, 2
	n := 0
	for now := begin; now.Sub(begin) < 4*time.Minute; n++ {
		b.Sent(now, 0)
		at, _ := b.Next(1)
		now = later(now.Add(time.Second), at)
	}
	if n < 60 {
		t.Errorf("%d requests in 4 minutes in which all are let in, want 60 and more", n)
	}
}

// Others take all of an account for two minutes, so that what it gives looks like windows
// that are used up, or like a slow bucket. Once they have left, a run finds its pace again;
// one in forty may take longer.
func TestARunRegainsThePaceThatItHad(t *testing.T) {
	const runs, questions, within = 500, 300, 13 * time.Minute // five minutes for the questions alone
	slow := 0
	for range runs {
		if besideOthers(questions) > within {
			slow++
		}
	}
	if slow > runs/40 {
		t.Errorf("%d of %d runs took more than %v, want %d at most", slow, runs, within, runs/40)
	}
}

// besideOthers returns how long so many questions take. The account is a bucket that gives
// one request a second; others take everything in the first two minutes.
func besideOthers(questions int) time.Duration {
	const burst, apart, left = 3.0, 950 * time.Millisecond, 2 * time.Minute
	begin := time.Now()
	c := &chanceTaker{New(8, time.Minute, nil, begin), begin}
	saved, last, others := burst, begin, begin.Add(apart)
	take := func(now time.Time) bool {
		saved, last = min(burst, saved+now.Sub(last).Seconds()), now
		if saved < 1 {
			return false
		}
		saved--
		return true
	}
	for in := 0; in < questions; {
		c.send(1, func(int) bool {
			for ; others.Before(c.now) && others.Sub(begin) < left; others = others.Add(apart) {
				take(others)
			}
			ok := take(c.now)
			if ok {
				in++
			}
			return !ok
		})
	}
	return c.now.Sub(begin)
}
