package job

import (
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

func TestPlanLine(t *testing.T) {
	for _, tt := range []struct {
		name string
		plan batch.Plan
		want string
	}{
		{"a first run", batch.Plan{Estimate: 174 * batch.Cent, Plan: checkpoint.Plan{Rows: 2, Pending: map[string]int{"fast": 1, "deep": 1}}},
			"2 questions · 2 to ask (fast 1, deep 1) · about $1.74"},
		{"everything there can be", batch.Plan{Estimate: 24 * batch.Cent, Plan: checkpoint.Plan{
			Rows: 10, Skipped: 1, Duplicates: 2, Edited: 1, Answered: 4, Failed: 2, Pending: map[string]int{"fast": 1}}},
			"9 questions · 1 skipped · 2 duplicates · 1 edited since the last run · 4 already answered · 2 failed before (--retry-failed asks again) · 1 to ask (fast 1) · about $0.24"},
		{"nothing left", batch.Plan{Plan: checkpoint.Plan{Rows: 1, Answered: 1}},
			"1 question · 1 already answered · nothing to ask"},
	} {
		if got := planLine(tt.plan); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestUntilLine(t *testing.T) {
	now := time.Date(2026, 11, 24, 22, 0, 0, 0, time.FixedZone("EST", -5*3600))
	for _, tt := range []struct {
		name string
		in   time.Duration
		want string
	}{
		{"tonight", 8 * time.Hour, "until Wed 06:00 EST"},
		{"within a week", 6 * 24 * time.Hour, "until Mon 22:00 EST"},
		{"in a week", 7 * 24 * time.Hour, "until Tue 1 Dec 22:00 EST"},
		{"this morning", -16 * time.Hour, "until Tue 06:00 EST, which has passed: nothing is sent"},
	} {
		if got := untilLine(now.Add(tt.in), now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
