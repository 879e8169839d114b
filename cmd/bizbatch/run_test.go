package main

import (
	"testing"
	"time"
)

// The earlier of --until and --max-duration ends a run.
func TestTheEarlierEndCounts(t *testing.T) {
	now := time.Date(2026, 11, 24, 22, 0, 0, 0, time.Local)
	six := time.Date(2026, 11, 25, 6, 0, 0, 0, time.Local)
	for _, tt := range []struct {
		name string
		cmd  runCmd
		end  time.Time
		over bool
	}{
		{"neither", runCmd{}, time.Time{}, false},
		{"a time of day", runCmd{Until: "06:00"}, six, false},
		{"a duration", runCmd{MaxDuration: time.Hour}, now.Add(time.Hour), false},
		{"a duration that ends earlier", runCmd{Until: "06:00", MaxDuration: time.Hour}, now.Add(time.Hour), false},
		{"a duration that ends later", runCmd{Until: "06:00", MaxDuration: 10 * time.Hour}, six, false},
		{"a time of day that is over", runCmd{Until: "20:00", MaxDuration: time.Hour}, now.Add(-2 * time.Hour), true},
		{"the shortest duration", runCmd{MaxDuration: 1}, now.Add(1), false},
	} {
		if end, reopens, err := tt.cmd.window(now); err != nil || !end.Equal(tt.end) || reopens.IsZero() == tt.over {
			t.Errorf("%s: until %v, again %v, %v; want %v, %v", tt.name, end, reopens, err, tt.end, tt.over)
		}
	}
}
