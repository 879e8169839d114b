package batch

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheGateKeepsRequestsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Millisecond
		begin := time.Now()
		g := newGate()
		passed := make(chan time.Duration, 4)
		for i := range 4 {
			go func() {
				g.pass(begin.Add(time.Duration(i+1)*interval), interval)
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

func TestWithoutALimitTheGateOnlyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		begin := time.Now()
		for range 3 {
			g.pass(begin.Add(time.Second), 0)
		}
		if got := time.Since(begin); got != time.Second {
			t.Errorf("three requests passed after %v, want 1s", got)
		}
	})
}
