package main

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "12h": 12 * time.Hour, "2w": 14 * day, "1d": day, "36500d": 36500 * day,
		"": 0, "d": 0, "90": 0, "0d": 0, "-1d": 0, "1.5d": 0, "90 d": 0, "3m": 0, "1y": 0, "36501d": 0, "99999999999999999999d": 0, "90dd": 0, "90é": 0,
	} {
		var a age
		if err := a.UnmarshalText([]byte(text)); time.Duration(a) != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(a), err, want)
		}
	}
}
