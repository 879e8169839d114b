package batch

import (
	"testing"
	"time"
)

// Others may use up what the account allows, so that every trial is refused;
// when they leave, the window must open though little gets through it.
func TestAWindowIsTriedAgainWhateverGetsThrough(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	w := window{workers: 64}
	w.throttled(now, now, 1)
	for range 10 {
		at := later(now, w.opens(1))
		if at.Sub(now) > 10*time.Minute {
			t.Fatalf("nothing is sent beside another request for %v", at.Sub(now))
		}
		now = at
		w.started(now, 1)
		if !w.throttled(now, now, 1) {
			t.Fatal("it was no trial")
		}
	}
	begin := now
	inFlight := 1
	for inFlight < w.workers { // answers take hours
		now = later(now, w.opens(inFlight))
		w.started(now, inFlight)
		inFlight++
	}
	if took := now.Sub(begin); took > 12*time.Minute {
		t.Errorf("all workers are busy after %v", took)
	}
}
