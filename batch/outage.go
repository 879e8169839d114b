package batch

import "time"

// A probe says that nothing is expected to succeed: questions are sent one at
// a time, to find out when that is over.
type probe struct {
	next time.Time // when the next may be sent
	out  bool      // one is in flight
	n    int       // how many there were
}

// Waits between probes of a service that is down.
const (
	firstProbe = time.Second
	maxProbe   = 15 * time.Second
)

// enough is how many questions must fail in a row, without an answer between
// them, before it is the service that is down and not the questions.
const enough = 3

// An outage watches the passing faults since the last answer.
type outage struct {
	since     time.Time     // the first of them
	streak    map[*item]int // attempts that counted since then
	fresh     int           // questions in streak that did not fail before
	unreached bool          // one of them reached no server at all
	parked    []parked      // questions whose attempts are used up, not yet failed
}

// A parked question waits for the verdict: was it the question or the service?
type parked struct {
	it  *item
	err error
}

// failed notes a passing fault. A question that failed before while the
// service answered others says nothing about the service.
func (o *outage) failed(it *item, now time.Time, unreached bool) {
	if o.streak == nil {
		o.streak, o.since = map[*item]int{}, now
	}
	if _, known := o.streak[it]; !known {
		o.streak[it] = 0
		if !it.suspect {
			o.fresh++
		}
	}
	o.unreached = o.unreached || unreached
}

func (o *outage) suspected() bool { return o.unreached || o.fresh >= enough }

// over notes an answer: what failed before it, failed by itself.
func (o *outage) over() {
	for it := range o.streak {
		it.suspect = true
	}
	*o = outage{parked: o.parked}
}

// counted notes that the fault cost its question an attempt.
func (o *outage) counted(it *item) {
	it.attempts++
	o.streak[it]++
}

// forgive takes back the attempts since the last answer, and returns the
// parked questions, which are to be asked again.
func (o *outage) forgive() (again []*item) {
	for it, n := range o.streak {
		it.attempts -= n
		o.streak[it] = 0
	}
	for _, p := range o.takeParked() {
		again = append(again, p.it)
	}
	return again
}

func (o *outage) takeParked() []parked {
	p := o.parked
	o.parked = nil
	return p
}
