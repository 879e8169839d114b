package terminal

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	begun := time.Now()
	at := func(s float64) time.Time { return begun.Add(time.Duration(s * float64(time.Second))) }
	// every ends a question every so many seconds, from one second to another.
	every := func(r *rate, step, from, to float64) {
		for s := from + step; s <= to; s += step {
			r.ended(at(s))
		}
	}
	for _, tt := range []struct {
		name     string
		before   float64
		happens  func(*rate)
		seconds  float64
		min, max float64
	}{
		{"nothing has happened", 0, func(*rate) {}, 30, 0, 0},
		{"nothing has happened, but there was a run before", 12, func(*rate) {}, 1, 11, 12},
		{"six a minute", 0, func(r *rate) { every(r, 10, 0, 60) }, 60, 6, 6},
		{"six a minute for an hour", 0, func(r *rate) { every(r, 10, 0, 3600) }, 3600, 5.8, 6.2},
		{"only the last minutes count", 0, func(r *rate) { every(r, 0.1, 0, 600); every(r, 10, 600, 800) }, 800, 5.8, 6.2},
		{"nothing any more", 0, func(r *rate) { every(r, 1, 0, 60) }, 300, 0, 0},
		{"the run before is soon forgotten", 60, func(r *rate) { every(r, 10, 0, 600) }, 600, 5.8, 6.2},
		{"a process that was stopped for a day", 0, func(r *rate) { every(r, 1, 0, 60); every(r, 10, 86400, 86580) }, 86580, 5.8, 6.2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rate{begun: begun, before: tt.before}
			tt.happens(&r)
			if got := r.perMinute(at(tt.seconds)); got < tt.min || got > tt.max {
				t.Errorf("%.2f a minute, want %v to %v", got, tt.min, tt.max)
			}
		})
	}
}

func TestTimeLeft(t *testing.T) {
	now := time.Now()
	r := rate{begun: now, before: 6}
	if got := r.left(now, 30); got != 5*time.Minute {
		t.Errorf("30 questions at 6 a minute: %s, want 5m", got)
	}
	for d, want := range map[time.Duration]string{
		300 * time.Millisecond: "5s", 42 * time.Second: "40s", 90 * time.Second: "2m", 47*time.Minute + 20*time.Second: "47m",
		59*time.Minute + 50*time.Second: "1h", 3*time.Hour + 17*time.Minute: "3h20m",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
