package batch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
)

// steered runs questions that take ten seconds each, in virtual time, and steers
// the run at the given times from its beginning.
func steered(t *testing.T, questions int, o Options, at map[time.Duration]Steering) (*service, Summary, outcome, time.Time) {
	t.Helper()
	store := newStore(t)
	importN(t, store, questions)
	steering := make(chan Steering)
	o.Steering, o.Pacer = steering, freely{}
	begin := time.Now()
	for after, s := range at {
		time.AfterFunc(after, func() { steering <- s })
	}
	svc := newService(answers(10 * time.Second))
	sum, out := run(t, store, svc, o)
	return svc, sum, out, begin
}

// freely is a pacer that lets everything through.
type freely struct{}

func (freely) Next(int) (time.Time, time.Duration) { return time.Time{}, 0 }
func (freely) Sent(time.Time, int)                 {}
func (freely) Heard(pace.Reply) time.Time          { return time.Time{} }

// between counts what was sent in a span of the run.
func between(svc *service, begin time.Time, from, to time.Duration) (n int) {
	for _, r := range svc.sent {
		if after := r.at.Sub(begin); after >= from && after < to {
			n++
		}
	}
	return n
}

func TestAPauseLetsNothingLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, sum, out, begin := steered(t, 20, Options{Workers: 4}, map[time.Duration]Steering{
			15 * time.Second:  {Paused: new(true)},
			115 * time.Second: {Paused: new(false)},
		})
		want(t, out, outcome{Answered: 20, Sum: 20})
		if n := between(svc, begin, 15*time.Second, 115*time.Second); n != 0 || sum.Ended.Sub(begin) != 145*time.Second {
			t.Errorf("%d were sent in the pause, the run took %v", n, sum.Ended.Sub(begin))
		}
	})
}

func TestWorkersAreMoreOrFewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, _, out, begin := steered(t, 60, Options{Workers: 2}, map[time.Duration]Steering{
			25 * time.Second: {Workers: new(10)},
			45 * time.Second: {Workers: new(1)},
		})
		want(t, out, outcome{Answered: 60, Sum: 60})
		if few, many, one := between(svc, begin, 0, 25*time.Second), between(svc, begin, 25*time.Second, 35*time.Second), between(svc, begin, 60*time.Second, 100*time.Second); few != 6 || many != 10 || one != 4 || svc.most != 10 {
			t.Errorf("sent %d with 2 workers, %d with 10, %d with 1; %d in flight at most", few, many, one, svc.most)
		}
	})
}

func TestTheRateIsTheUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, _, out, begin := steered(t, 30, Options{Workers: 8}, map[time.Duration]Steering{
			5 * time.Second:   {RPM: new(2.0)},
			125 * time.Second: {RPM: new(0.0)},
		})
		want(t, out, outcome{Answered: 30, Sum: 30})
		if n := between(svc, begin, 5*time.Second, 125*time.Second); n != 4 {
			t.Errorf("%d were sent in two minutes with 2 a minute", n)
		}
	})
}

func TestALowerLimitStopsAdmissionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		price := 100 * Cent
		_, sum, out, _ := steered(t, 30, Options{Workers: 4, Price: &price, MaxSpend: 30 * Dollar}, map[time.Duration]Steering{
			15 * time.Second: {MaxSpend: new(6 * Dollar)}, // 4 are paid, and 4 in flight
		})
		want(t, out, outcome{Stop: StopSpend, Answered: 8, Left: 22, Sum: 8})
		if sum.Spent != 8*Dollar {
			t.Errorf("spent %v", sum.Spent)
		}
		_, _, out, _ = steered(t, 12, Options{Workers: 4, Price: &price, MaxSpend: 10 * Dollar}, map[time.Duration]Steering{
			15 * time.Second: {MaxSpend: new(12 * Dollar)},
		})
		want(t, out, outcome{Answered: 12, Sum: 12})
	})
}

func TestUntilIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, out, _ := steered(t, 30, Options{Workers: 1}, map[time.Duration]Steering{
			15 * time.Second: {Until: new(time.Now().Add(35 * time.Second))},
		})
		want(t, out, outcome{Stop: StopClock, Answered: 4, Left: 26, Sum: 4})
	})
}

func TestSkippedQuestionsAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, _, out, _ := steered(t, 10, Options{Workers: 1}, map[time.Duration]Steering{
			15 * time.Second: {Skip: []string{"1", "2", "7", "9"}, Reason: " by ann: asked elsewhere"},
		})
		want(t, out, outcome{Answered: 8, Failed: 2, Sum: 8}) // the first two were answered, or in flight
		for _, r := range svc.sent {
			if strings.HasSuffix(r.question, " 7?") || strings.HasSuffix(r.question, " 9?") {
				t.Errorf("%s was sent", r.question)
			}
		}
	})
}
