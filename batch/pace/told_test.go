package pace

import (
	"math"
	"testing"
	"time"
)

func TestWhatLimitsSayOfThePace(t *testing.T) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	type said struct {
		at    time.Duration
		l     Limits
		pace  float64
		until time.Duration
	}
	for name, all := range map[string][]said{
		"a bucket": {
			{0, Limits{40, 9, 31 * time.Second}, 1, 0},
			{0, Limits{40, 8, 32 * time.Second}, 1, 0},
			{10 * time.Second, Limits{40, 20, 20 * time.Second}, 1, 0},
		},
		"a bucket that is more than half full": {
			{0, Limits{20, 19, 1250 * time.Millisecond}, 1.6, 0},
			{0, Limits{20, 11, 11250 * time.Millisecond}, 1.6, 0},
			{0, Limits{20, 10, 12500 * time.Millisecond}, 0.8, 0},
		},
		"a bucket in which many remain": {
			{0, Limits{14400, 14399, 6500 * time.Millisecond}, 0, 0},
			{0, Limits{14400, 21, 90000 * time.Second}, 0, 0},
		},
		"a window of a day": {
			{0, Limits{1000, 998, 40000 * time.Second}, 0, 0},
			{0, Limits{1000, 2, 40000 * time.Second}, 0, 0},
			{0, Limits{1000, 0, 40000 * time.Second}, 0, 0},
		},
		"a fast bucket": {
			{0, Limits{10, 4, 1200 * time.Millisecond}, 5, 0},
			{0, Limits{10, 3, 1400 * time.Millisecond}, 5, 0},
		},
		"a fast bucket in whole seconds": {
			{0, Limits{10, 9, time.Second}, 0, 0}, // or 200 ms
			{0, Limits{10, 5, time.Second}, 0, 0},
			{0, Limits{10, 0, 2 * time.Second}, 0, 0},
		},
		"a bucket that is raised": {
			{0, Limits{2, 1, 1600 * time.Millisecond}, 0.625, 0},
			{10 * time.Second, Limits{2, 0, 2400 * time.Millisecond}, 0.625, 0}, // it may be between one and two
			{20 * time.Second, Limits{2, 1, 800 * time.Millisecond}, 1.25, 0},
		},
		"a window": {
			{0, Limits{20, 8, 40 * time.Second}, 12.0 / 40, 0}, // a few do not tell
			{0, Limits{20, 7, 40 * time.Second}, 12.0 / 40, 0},
			{20 * time.Second, Limits{20, 3, 20 * time.Second}, 4.0 / 20, 0},
			{30 * time.Second, Limits{20, 0, 10 * time.Second}, 20.0 / 40, 40 * time.Second},
			{41 * time.Second, Limits{20, 19, 60 * time.Second}, 20.0 / 60, 0},
		},
		"a window that slides": {
			{0, Limits{20, 19, 60 * time.Second}, 2.0 / 60, 0},
			{0, Limits{20, 18, 60 * time.Second}, 2.0 / 60, 0},
			{time.Second, Limits{20, 17, 60 * time.Second}, 18.0 / 60, 0},
			{4 * time.Second, Limits{20, 16, 60 * time.Second}, 20.0 / 60 / below, 0}, // its end moves on
			{60 * time.Second, Limits{20, 0, 60 * time.Second}, 20.0 / 60 / below, 0}, // there will soon be more
		},
		"a window that slides, by a guess": {
			{0, Limits{10, 9, 8 * time.Second}, 2.0 / 8, 0},
			{0, Limits{10, 6, 8 * time.Second}, 7.0 / 8, 0},
			{4 * time.Second, Limits{10, 3, 4 * time.Second}, 4.0 / 4, 0},
			{8 * time.Second, Limits{10, 3, 10 * time.Second}, 1 / below, 0}, // it has not begun anew
		},
		"a window that slides, and has more before its end": {
			{0, Limits{10, 9, 40 * time.Second}, 2.0 / 40, 0},
			{0, Limits{10, 3, 40 * time.Second}, 4.0 / 40, 0},
			{20 * time.Second, Limits{10, 3, 20 * time.Second}, 10.0 / 40 / below, 0},
		},
		"nothing": {{0, Limits{}, 0, 0}, {0, Limits{20, 21, time.Second}, 0, 0}, {0, Limits{20, 20, time.Second}, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var p told
			for i, s := range all {
				pace, until := p.pace(Reply{Sent: begin.Add(s.at - time.Millisecond), At: begin.Add(s.at), Limits: s.l}, 5*time.Minute)
				if s.until > 0 && !until.Equal(begin.Add(s.until)) || s.until == 0 && !until.IsZero() || math.Abs(pace-s.pace) > 1e-9 {
					t.Errorf("%d: %v until %v, want %v until %v", i, pace, until.Sub(begin), s.pace, s.until)
				}
			}
		})
	}
}

// What the service says of its limits is not believed after it refused three requests.
func TestLimitsAreBelievedUntilTheyWereRefusedThrice(t *testing.T) {
	var told told
	told.pace(Reply{At: time.Now(), Limits: Limits{2, 1, 2 * time.Second}}, time.Minute)
	for i := range 3 {
		if told.refuted() {
			t.Errorf("refuted by %d requests", i)
		}
		told.refused()
	}
	if !told.refuted() {
		t.Error("believed after three refusals")
	}
}
