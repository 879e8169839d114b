package watchdog

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestATimerGoesOffOnceItsTimeHasPassed(t *testing.T) {
	for name, test := range map[string]struct {
		reset time.Duration // after how long it is reset; 0: never
		stop  time.Duration // after how long it is stopped; 0: never
		want  time.Duration // when it goes off; 0: never
	}{
		"left alone":                    {want: 10 * time.Second},
		"reset early":                   {reset: 3 * time.Second, want: 13 * time.Second},
		"reset late":                    {reset: 8 * time.Second, want: 18 * time.Second},
		"stopped early":                 {stop: 3 * time.Second},
		"stopped late":                  {stop: 8 * time.Second},
		"stopped after it was reset":    {reset: 8 * time.Second, stop: 12 * time.Second},
		"stopped after it has gone off": {stop: 11 * time.Second, want: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				timer := New(10*time.Second, func() { at = append(at, time.Since(start)) })
				if test.reset > 0 {
					time.AfterFunc(test.reset, func() { timer.Reset(10 * time.Second) })
				}
				if test.stop > 0 {
					time.AfterFunc(test.stop, timer.Stop)
				}
				time.Sleep(time.Hour) // of the bubble
				synctest.Wait()
				if test.want == 0 && len(at) > 0 || test.want > 0 && (len(at) != 1 || at[0] != test.want) {
					t.Errorf("went off after %v, want %v", at, test.want)
				}
			})
		})
	}
}

func TestATickThatCrossedAStopDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called := false
		timer := New(slices*time.Second, func() { called = true })
		time.Sleep((slices - 1) * time.Second) // of the bubble
		synctest.Wait()
		timer.Stop() // in the last slice
		time.Sleep(time.Minute)
		timer.tick()
		if called {
			t.Error("the function was called after Stop")
		}
	})
}

func TestATickThatCrossedAResetDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at time.Duration
		timer := New(slices*time.Second, func() { at = time.Since(start) })
		time.Sleep(time.Second) // of the bubble
		synctest.Wait()
		timer.Reset(slices * time.Second)
		timer.tick()
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := (1 + slices) * time.Second; at != want {
			t.Errorf("went off after %v, want %v", at, want)
		}
	})
}

// Stop could otherwise return while the function runs.
func TestTheFunctionIsCalledWithTheMutexHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called := false
		timers := make(chan *Timer, 1)
		timers <- New(time.Second, func() {
			called = true
			if mu := &(<-timers).mu; mu.TryLock() {
				t.Error("the mutex was free")
				mu.Unlock()
			}
		})
		time.Sleep(time.Hour) // of the bubble
		synctest.Wait()
		if !called {
			t.Error("the function was not called")
		}
	})
}
