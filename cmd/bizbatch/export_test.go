package main

import (
	"testing"
	"time"
)

func TestParseSince(t *testing.T) {
	zone := time.FixedZone("UTC-5", -5*3600)
	now := time.Date(2026, 9, 2, 8, 0, 0, 0, zone)
	for s, want := range map[string]time.Time{
		"":                     {},
		"24h":                  now.Add(-24 * time.Hour),
		"90m":                  now.Add(-90 * time.Minute),
		"2026-09-01":           time.Date(2026, 9, 1, 0, 0, 0, 0, zone),
		"2026-09-01 18:30":     time.Date(2026, 9, 1, 18, 30, 0, 0, zone),
		"2026-09-01T18:30:15":  time.Date(2026, 9, 1, 18, 30, 15, 0, zone),
		"2026-09-01T18:30:15Z": time.Date(2026, 9, 1, 18, 30, 15, 0, time.UTC),
	} {
		if got, err := parseSince(s, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"yesterday", "-1h", "0s", "2026-13-01", "18:30"} {
		if got, err := parseSince(s, now); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}
