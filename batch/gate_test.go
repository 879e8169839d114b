package batch

import (
	"context"
	"errors"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
)

func TestTheGateKeepsRequestsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Millisecond
		begin := time.Now()
		g := newGate()
		passed := make(chan time.Duration, 4)
		for i := range 4 {
			go func() {
				if err := g.pass(t.Context(), begin.Add(time.Duration(i+1)*interval), interval); err != nil {
					t.Error(err)
				}
				at := time.Since(begin)
				if i == 1 { // held up while it writes
					time.Sleep(6 * time.Millisecond)
					g.written()
				}
				passed <- at
			}()
		}
		for i, want := range []int{10, 20, 36, 46} {
			if got := <-passed; got != time.Duration(want)*time.Millisecond {
				t.Errorf("request %d passed after %v, want %d ms", i+1, got, want)
			}
		}
	})
}

// fifty is a pacer of 50 requests a second.
type fifty struct{ due time.Time }

func (p *fifty) Next(int) (time.Time, time.Duration) { return p.due, 20 * time.Millisecond }
func (p *fifty) Sent(at time.Time, _ int)            { p.due = at.Add(20 * time.Millisecond) }
func (p *fifty) Heard(pace.Reply) time.Time          { return time.Time{} }

// Each request is a little late. Those that are given out meanwhile do not pile up at the gate,
// where they would take up all workers, and be sent in spite of a pause.
func TestNothingPilesUpAtTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		importN(t, store, 2000)
		asker := askerFunc(func(ctx context.Context, req Request) (Answer, error) {
			time.Sleep(time.Millisecond)
			httptrace.ContextClientTrace(ctx).WroteRequest(httptrace.WroteRequestInfo{})
			time.Sleep(200 * time.Millisecond)
			return Answer{Text: "an answer", FinishReason: "stop"}, nil
		})
		most := 0
		sum, err := Run(t.Context(), store, asker, Options{Workers: 64, Pacer: &fifty{}, OnEvent: func(e Event) { most = max(most, e.Progress.InFlight) }})
		if err != nil || sum.Answered != 2000 || most > 13 {
			t.Errorf("%d answered, %v; %d requests were in flight or about to be, want 10 and a few", sum.Answered, err, most)
		}
	})
}

func TestWithoutALimitTheGateOnlyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		begin := time.Now()
		for range 3 {
			if err := g.pass(t.Context(), begin.Add(time.Second), 0); err != nil {
				t.Error(err)
			}
		}
		if got := time.Since(begin); got != time.Second {
			t.Errorf("three requests passed after %v, want 1s", got)
		}
	})
}

func TestTheGateLetsNothingPassOnceTheRunStops(t *testing.T) {
	for name, test := range map[string]struct {
		at       time.Duration // from now; the run stops after a minute
		last     bool          // another was just written
		holds    bool          // another waits in front
		interval time.Duration
		want     time.Duration
	}{
		"before its time":                  {at: time.Hour, want: time.Minute},
		"too close to the one before":      {last: true, interval: time.Hour, want: time.Minute},
		"behind one that waits":            {holds: true, interval: time.Hour, want: time.Minute},
		"at its time, but after the stop":  {at: time.Minute + 1, want: time.Minute},
		"its time is over when it stopped": {at: -time.Hour, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if test.want == 0 {
					cancel()
				}
				g := newGate()
				if test.last {
					g.written()
				}
				if test.holds {
					g.turn <- struct{}{}
				}
				err := g.pass(ctx, begin.Add(test.at), test.interval)
				if got := time.Since(begin); !errors.Is(err, ctx.Err()) || err == nil || got != test.want {
					t.Errorf("%v after %v, want %v", err, got, test.want)
				}
			})
		})
	}
}

// monotonic reports whether a clock that is set changes nothing about a time.
func monotonic(t time.Time) bool { return strings.Contains(t.String(), " m=") }

// Not in a bubble of synctest, whose times have no monotonic reading.
func TestTimesDoNotChangeWithTheClock(t *testing.T) {
	store := newStore(t)
	importN(t, store, 2)
	_, out := run(t, store, newService(answers(0)), Options{Limit: 1})
	want(t, out, outcome{Answered: 1, Left: 1, Sum: 1})
	r, err := newRunner(store, nil, Options{RPM: 1}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if wait := r.user.Sub(r.sum.Started); !monotonic(r.user) || wait <= 0 || wait > time.Minute {
		t.Errorf("by the last run's request, the next is sent at %v, %v from now", r.user, wait)
	}
	if at := r.gate.after(time.Second); !monotonic(at) || !at.Before(r.sum.Started) {
		t.Errorf("before the first request, the next is sent at %v", at)
	}
	r.gate.written()
	if at := r.gate.after(time.Second); !monotonic(at) || at.Before(r.sum.Started.Add(time.Second)) {
		t.Errorf("after a request, the next is sent at %v", at)
	}
	if at, _ := r.mayStart(time.Now()); !monotonic(at) {
		t.Errorf("the run sends the next at %v", at)
	}
}
