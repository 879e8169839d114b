package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseParams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flags []string
		want  map[string]json.RawMessage // nil: refused
	}{
		{"JSON is taken as JSON", []string{"a=0.2", "b=false", `c={"d":[1]}`, "e=null"}, map[string]json.RawMessage{
			"a": json.RawMessage("0.2"), "b": json.RawMessage("false"), "c": json.RawMessage(`{"d":[1]}`), "e": json.RawMessage("null")}},
		{"anything else is text", []string{"note=a=b", "empty=", "quoted=\"x"}, map[string]json.RawMessage{
			"note": json.RawMessage(`"a=b"`), "empty": json.RawMessage(`""`), "quoted": json.RawMessage(`"\"x"`)}},
		{"the last of a name counts", []string{"a=1", "a=2"}, map[string]json.RawMessage{"a": json.RawMessage("2")}},
		{"a flag without a value is refused", []string{"a"}, nil},
		{"a value without a name is refused", []string{"=1"}, nil},
		{"an object that is not closed is refused", []string{`o={"a":`}, nil},
		{"a list that is not closed is refused", []string{"x=[1,2"}, nil},
		{"what the request itself decides is refused", []string{"stream=false"}, nil},
		{"and so is what only the client decides", []string{`stream_options={"include_usage":true}`}, nil},
	} {
		got, err := parseParams(tt.flags)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestParseUntil(t *testing.T) {
	for _, tt := range []struct{ name, zone, until, now, want string }{
		{"later today", "America/New_York", "18:30", "2026-11-24T10:00:00-05:00", "2026-11-24T18:30:00-05:00"},
		{"across midnight", "America/New_York", "06:00", "2026-11-24T22:00:00-05:00", "2026-11-25T06:00:00-05:00"},
		{"across a new year", "America/New_York", "06:00", "2026-12-31T23:00:00-05:00", "2027-01-01T06:00:00-05:00"},
		{"hours ago: it is over", "America/New_York", "06:00", "2026-11-24T09:00:00-05:00", "2026-11-24T06:00:00-05:00"},
		{"this very minute is over", "America/New_York", "22:00", "2026-11-24T22:00:00-05:00", "2026-11-24T22:00:00-05:00"},
		{"yesterday evening is over", "America/New_York", "23:00", "2026-11-24T08:00:00-05:00", "2026-11-23T23:00:00-05:00"},
		{"just less than 12 hours ago is over", "America/New_York", "06:00", "2026-11-24T17:59:59-05:00", "2026-11-24T06:00:00-05:00"},
		{"12 hours ago is to come", "America/New_York", "06:00", "2026-11-24T18:00:00-05:00", "2026-11-25T06:00:00-05:00"},
		{"the night in which clocks go forward is an hour shorter", "America/New_York", "06:00", "2026-03-07T22:00:00-05:00", "2026-03-08T06:00:00-04:00"},
		{"the night in which they go back is an hour longer", "America/New_York", "06:00", "2026-10-31T22:00:00-04:00", "2026-11-01T06:00:00-05:00"},
		{"the morning after they went forward is over", "America/New_York", "06:00", "2026-03-08T09:00:00-04:00", "2026-03-08T06:00:00-04:00"},
		{"the morning after they went back is over", "America/New_York", "00:30", "2026-11-01T09:00:00-05:00", "2026-11-01T00:30:00-04:00"},
		{"12 hours count as they pass, not by the clock", "America/New_York", "00:30", "2026-11-01T11:30:00-05:00", "2026-11-02T00:30:00-05:00"},
		{"a time that they skip, west of Greenwich", "America/New_York", "02:30", "2026-03-08T01:15:00-05:00", "2026-03-08T03:30:00-04:00"},
		{"and east of it", "Europe/Berlin", "02:30", "2026-03-29T01:15:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"a time that they skipped is over", "America/New_York", "02:30", "2026-03-08T04:00:00-04:00", "2026-03-08T03:30:00-04:00"},
		{"none", "America/New_York", "", "2026-11-24T22:00:00-05:00", "0001-01-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseUntil(tt.until, now.In(zone))
		if err != nil || got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	for _, wrong := range []string{"25:00", "6", "6pm", "06:00:00", "-1:00", "12:60"} {
		if got, err := parseUntil(wrong, time.Now()); err == nil {
			t.Errorf("%q is taken as %v", wrong, got)
		}
	}
}

// At every moment of the days around a change of the clocks, the end is no more
// than half a day away, give or take the hour that they change by.
func TestUntilIsNear(t *testing.T) {
	for _, zone := range []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range []time.Time{
			time.Date(2026, 3, 7, 0, 0, 0, 0, loc), time.Date(2026, 3, 28, 0, 0, 0, 0, loc), time.Date(2026, 4, 4, 0, 0, 0, 0, loc),
			time.Date(2026, 10, 3, 0, 0, 0, 0, loc), time.Date(2026, 10, 24, 0, 0, 0, 0, loc), time.Date(2026, 10, 31, 0, 0, 0, 0, loc),
		} {
			for minutes := 0; minutes < 72*60; minutes += 15 {
				now := day.Add(time.Duration(minutes) * time.Minute)
				for _, until := range []string{"00:00", "01:15", "02:15", "03:00", "12:00", "23:45"} {
					end, err := parseUntil(until, now)
					if away := end.Sub(now); err != nil || away > 13*time.Hour || away <= -12*time.Hour {
						t.Errorf("%s at %v: %v, %v", until, now, end, err)
					}
				}
			}
		}
	}
}

func TestCheckZone(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	etcUTC, err := time.LoadLocation("Etc/UTC")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tz    string
		local *time.Location // that package time makes of it
		ok    bool
	}{
		{"", time.UTC, true}, {"UTC", time.UTC, true}, {":UTC", time.UTC, true}, {"Etc/UTC", etcUTC, true},
		{"America/New_York", newYork, true}, {":America/New_York", newYork, true}, {"/usr/share/zoneinfo/America/New_York", newYork, true},
		{"America/NewYork", time.UTC, false}, {":America/NewYork", time.UTC, false}, {"/no/such/file", time.UTC, false},
		{"EST5EDT,M3.2.0,M11.1.0", time.UTC, false},
	} {
		if err := checkZone(tt.tz, tt.local); (err == nil) != tt.ok {
			t.Errorf("TZ=%s, taken as %v: %v", tt.tz, tt.local, err)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	for _, seed := range []string{"a=1", "a=b=c", "=", "a={", "a=\x00", "é=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, flag string) {
		params, err := parseParams([]string{flag})
		for name, value := range params {
			if err != nil || !json.Valid(value) {
				t.Errorf("%q gives %s = %s, %v", flag, name, value, err)
			}
		}
	})
}
