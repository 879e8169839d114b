package pace

import "time"

// Some services refuse requests by chance, whatever the pace: one in ten, say, because
// what is behind them is busy. To yield to that, as to others who use the account, would
// end at a crawl. So it is counted how many requests are refused while the run yields.
// Where others use the account, those soon are few. Where they are not, no refusal lowers
// the pace any more, and it is raised as long as no larger part is refused.
type chance struct {
	Others  int       // requests sent or refused since others first seemed to use the account, up to grace
	Share   float64   // of the requests that are refused by chance; 0: none is known to be
	Asked   int       // requests while the run yielded; with a share, since the pace was raised
	Refused int       // those of them that were refused
	Raised  time.Time // when the pace was raised

	AllAsked, AllRefused int // with a share, until the pace was raised
}

const (
	grace         = 36      // requests, after which a run has yielded, if others use the account
	yieldingShare = 20      // one request in so many is refused at most where runs yield
	mostShare     = 1.0 / 3 // where more are refused, it is not by chance alone
	fewByAccident = 6       // refusals beyond a share may be an accident, or others who begin
	tooMany       = 1.6     // times the share: then the pace may be too high
	luck          = 4       // refusals: so many more may come where few did
	chanceRaise   = 1.5     // times the pace is the next,
	chanceHeld    = 25      // after so many requests
	longAgo       = 400     // requests, after which those before count half
)

// count counts a request, when it is sent and when it is refused.
func (b *Bracket) count(refused bool) {
	c := &b.Chance
	switch {
	case c.Share == 0 && !b.contested():
	case c.Share == 0 && c.Others < grace:
		c.Others++
	case refused:
		c.Refused++
	default:
		if c.Asked++; c.Asked >= longAgo {
			c.Asked, c.Refused = c.Asked/2, c.Refused/2
		}
	}
}

// byChance reports whether a refusal, which was counted, was by chance.
func (b *Bracket) byChance() bool {
	c := &b.Chance
	share, most := c.Share, fewByAccident+tooMany*c.Share*float64(c.Asked)
	switch {
	case share > 0 && float64(c.Refused) > most: // half of this pace was not refused
		*c = chance{}
		b.Lo, b.Hi, b.Pace, b.Held = b.Pace/2, b.Pace, b.Pace/2, 0
	case share == 0 && c.Refused >= fewByAccident+c.Asked/yieldingShare:
		*c = chance{Share: min(mostShare, float64(c.Refused)/float64(c.Asked))}
		b.Held, b.Trying = 0, false
	}
	return c.Share > 0
}

// raiseByChance raises the pace, once so many requests were let in or refused by chance, if
// not too many were refused.
func (b *Bracket) raiseByChance(held int, now time.Time) {
	c := &b.Chance
	if held < chanceHeld || float64(c.Refused) > tooMany*c.Share*float64(c.Asked) {
		return
	}
	c.AllAsked, c.AllRefused = c.AllAsked+c.Asked, c.AllRefused+c.Refused
	c.Share = min(c.Share, float64(c.AllRefused+luck)/float64(c.AllAsked))
	rate := float64(held) / now.Sub(c.Raised).Seconds()
	if b.Pace < 2*rate { // else it is not the pace that bounds it
		b.Pace *= chanceRaise
	}
	b.Held, c.Asked, c.Refused, c.Raised = 0, 0, 0, now
}
