package pace

import (
	"testing"
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
