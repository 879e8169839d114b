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
		"7d":                   time.Date(2026, 8, 26, 8, 0, 0, 0, zone),
		"today":                time.Date(2026, 9, 2, 0, 0, 0, 0, zone),
		"yesterday":            time.Date(2026, 9, 1, 0, 0, 0, 0, zone),
		"wednesday":            time.Date(2026, 9, 2, 0, 0, 0, 0, zone),
		"Today":                time.Date(2026, 9, 2, 0, 0, 0, 0, zone),
		"MONDAY":               time.Date(2026, 8, 31, 0, 0, 0, 0, zone),
		"monday":               time.Date(2026, 8, 31, 0, 0, 0, 0, zone),
		"thursday":             time.Date(2026, 8, 27, 0, 0, 0, 0, zone),
		"2026-09-01":           time.Date(2026, 9, 1, 0, 0, 0, 0, zone),
		"2026-09-01 18:30":     time.Date(2026, 9, 1, 18, 30, 0, 0, zone),
		"2026-09-01T18:30:15":  time.Date(2026, 9, 1, 18, 30, 15, 0, zone),
		"2026-09-01T18:30:15Z": time.Date(2026, 9, 1, 18, 30, 15, 0, time.UTC),
	} {
		if got, err := parseSince(s, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"tomorrow", "-1h", "0s", "0d", "-1d", "d", "2026-13-01", "18:30"} {
		if got, err := parseSince(s, now); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}
