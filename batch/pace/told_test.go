package pace

import (
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
			{0, Limits{60, 29, 31 * time.Second}, 1, 0},
			{0, Limits{60, 28, 32 * time.Second}, 1, 0},
			{10 * time.Second, Limits{60, 10, 50 * time.Second}, 1, 0},
		},
		"a bucket that is more than half full": {
			{0, Limits{60, 59, time.Second}, 2, 0},
			{0, Limits{60, 31, 29 * time.Second}, 2, 0},
			{0, Limits{60, 30, 30 * time.Second}, 1, 0},
		},
		"a fast bucket": {
			{0, Limits{10, 4, 1200 * time.Millisecond}, 5, 0},
			{0, Limits{10, 3, 1400 * time.Millisecond}, 5, 0},
		},
		"a bucket that is raised": {
			{0, Limits{2, 1, 2 * time.Second}, 0.5, 0},
			{10 * time.Second, Limits{2, 0, 3 * time.Second}, 0.5, 0}, // it may be between one and two
			{20 * time.Second, Limits{2, 1, time.Second}, 1, 0},
		},
		"a window": {
			{0, Limits{20, 8, 40 * time.Second}, 12.0 / 40, 0}, // one alone does not tell
			{0, Limits{20, 7, 40 * time.Second}, 8.0 / 40, 0},
			{20 * time.Second, Limits{20, 3, 20 * time.Second}, 4.0 / 20, 0},
			{30 * time.Second, Limits{20, 0, 10 * time.Second}, 2, 40 * time.Second},
			{41 * time.Second, Limits{20, 19, 60 * time.Second}, 20.0 / 60, 0},
		},
		"nothing": {{0, Limits{}, 0, 0}, {0, Limits{20, 21, time.Second}, 0, 0}, {0, Limits{20, 20, time.Second}, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var p told
			for i, s := range all {
				pace, until := p.pace(Reply{At: begin.Add(s.at), Limits: s.l})
				if s.until > 0 && !until.Equal(begin.Add(s.until)) || s.until == 0 && !until.IsZero() || pace != s.pace {
					t.Errorf("%d: %v until %v, want %v until %v", i, pace, until.Sub(begin), s.pace, s.until)
				}
			}
		})
	}
}

// What the service says of its limits is not believed after it refused three requests.
func TestLimitsAreBelievedUntilTheyWereRefusedThrice(t *testing.T) {
	var told told
	told.pace(Reply{At: time.Now(), Limits: Limits{2, 1, 2 * time.Second}})
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
