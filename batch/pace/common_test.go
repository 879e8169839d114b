package pace

import (
	"testing"
	"testing/synctest"
	"time"
)

// busyKeeper is a keeper whose first change is lost to another host's.
type busyKeeper struct{}

func (busyKeeper) Pace(change func([]byte, time.Time) []byte) error {
	change(nil, time.Now())
	change(nil, time.Now())
	return nil
}

func TestAChangeThatIsMadeAgainBeginsWithWhatWasKnown(t *testing.T) {
	begin := time.Now()
	p := Share(busyKeeper{}, New(8, time.Minute, nil, begin), func() time.Duration { return 0 })
	for i := range 3 {
		p.Sent(begin.Add(time.Duration(i)*time.Millisecond), i)
	}
	p.change(func() { p.known.places.through(begin.Add(p.ahead)) })
	if got := p.known.places.unknown; len(got) != 2 || got[0].others != 1 || got[1].others != 2 {
		t.Errorf("%+v, want the second and the third request", got)
	}
}

// memory is a keeper for one run.
type memory struct{ known []byte }

func (m *memory) Pace(change func([]byte, time.Time) []byte) error {
	if known := change(m.known, time.Now()); known != nil {
		m.known = known
	}
	return nil
}

// A run that sends nothing for minutes, since its workers are busy, knows what it knew.
func TestARunThatIsBusyForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Share(&memory{}, New(2, time.Minute, nil, time.Now()), func() time.Duration { return 0 })
		sent := time.Now()
		p.Sent(sent, 0)
		p.Sent(sent.Add(time.Millisecond), 1)
		p.Heard(Reply{Sent: sent.Add(time.Millisecond), At: sent.Add(time.Second), Refused: true, Others: 1, Wait: time.Second})
		for range 3 {
			time.Sleep(40 * time.Second)
			p.Heard(Reply{Sent: sent, At: time.Now()})
		}
		if n := len(p.known.Trace.Spans); n != 1 {
			t.Errorf("%d spans are known, want that of the refusal", n)
		}
	})
}

// A moment that was taken and not used, for the run has nothing to send, raises no pace.
func TestMomentsThatAreNotUsedRaiseNoPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		note := New(8, time.Minute, nil, time.Now())
		note.Lo, note.Pace, note.Hi = 5, 5, 5
		p := Share(&memory{}, New(8, time.Minute, note.Note(time.Now()), time.Now()), func() time.Duration { return 0 })
		for range 500 {
			p.Next(0)
			time.Sleep(230 * time.Millisecond)
		}
		if pace := p.known.Pace; pace != 5 {
			t.Errorf("%.1f a second, want 5", pace)
		}
	})
}

// The pacer recognises a request that was sent a little after the moment taken for it,
// even if others were refused with it.
func TestARequestThatIsSentLateIsKnownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Share(&memory{}, New(8, time.Minute, nil, time.Now()), func() time.Duration { return 0 })
		var sent []time.Time
		for i := range 4 {
			at, _ := p.Next(i)
			time.Sleep(time.Until(at))
			p.Next(i) // takes the moment
			time.Sleep(time.Millisecond)
			p.Sent(time.Now(), i)
			sent = append(sent, time.Now())
		}
		for i, at := range sent {
			p.Heard(Reply{Sent: at, At: time.Now(), Refused: i >= 2, Others: i, Wait: time.Second})
		}
		in := 0
		for _, s := range p.known.Trace.Spans {
			in += s.In
		}
		if in != 2 || len(p.known.Trace.Sent) > 0 {
			t.Errorf("%d let in, %d may still be refused; want 2, 0", in, len(p.known.Trace.Sent))
		}
	})
}
