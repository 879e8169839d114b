package main

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // for New York wherever the test runs

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
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, until, now, want string }{
		{"later today", "18:30", "2026-11-24T10:00:00-05:00", "2026-11-24T18:30:00-05:00"},
		{"across midnight", "06:00", "2026-11-24T22:00:00-05:00", "2026-11-25T06:00:00-05:00"},
		{"this very minute is tomorrow", "22:00", "2026-11-24T22:00:00-05:00", "2026-11-25T22:00:00-05:00"},
		{"across a new year", "06:00", "2026-12-31T23:00:00-05:00", "2027-01-01T06:00:00-05:00"},
		{"the night in which clocks go forward is an hour shorter", "06:00", "2026-03-07T22:00:00-05:00", "2026-03-08T06:00:00-04:00"},
		{"the night in which they go back is an hour longer", "06:00", "2026-10-31T22:00:00-04:00", "2026-11-01T06:00:00-05:00"},
		{"none", "", "2026-11-24T22:00:00-05:00", "0001-01-01T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseUntil(tt.until, now.In(newYork))
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
