package report

import (
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

func TestFiguresTellWhereTimeWent(t *testing.T) {
	start := time.Date(2026, 9, 1, 12, 0, 0, 0, time.Local)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	outcomes := []checkpoint.Outcome{ // by the time at which they began
		{State: checkpoint.Answered, Cost: 3, Started: at(0), Finished: at(10)},
		{State: checkpoint.Answered, Cost: 4, Started: at(2), Finished: at(4)},
		{State: checkpoint.Failed, Started: at(8), Finished: at(14)},
		{State: checkpoint.Answered, Cost: 5, Started: at(20), Finished: at(21)},
	}
	h := &batch.History{
		Runs: []batch.RunHistory{
			{Started: at(0), Ended: at(30), Summary: batch.Summary{PausedSeconds: 4}},
			{Started: at(60)}, // it ended without a word
		},
		Outcomes: func(yield func(checkpoint.Outcome, error) bool) {
			for _, o := range outcomes {
				if !yield(o, nil) {
					return
				}
			}
		},
	}
	f, err := figuresOf(h)
	if err != nil {
		t.Fatal(err)
	}
	if f.busy != 15*time.Second || f.paused != 4*time.Second || f.idle != 11*time.Second {
		t.Errorf("busy %v, paused %v, idle %v", f.busy, f.paused, f.idle)
	}
	if day := start.Format(time.DateOnly); f.byDay[day] != 12 || len(f.byDay) != 1 {
		t.Errorf("money %v", f.byDay)
	}
	if f.quantile(0.5) != 2 || f.quantile(1) != 10 {
		t.Errorf("half %v, slowest %v", f.quantile(0.5), f.quantile(1))
	}
	counts := f.answeredBy(3, at(0).UnixMilli(), at(21).UnixMilli())
	if want := [4]int{0, 1, 2, 3}; [4]int(counts) != want {
		t.Errorf("progress %v, want %v", counts, want)
	}
	bars, width := f.histogram(5)
	if width != 2 || [5]int(bars) != [5]int{1, 1, 0, 0, 1} {
		t.Errorf("histogram %v of steps of %v s", bars, width)
	}
}

func TestStepsAreNice(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 0.03: 0.05, 1: 1, 1.1: 2, 2.2: 2.5, 3: 5, 7: 10, 99: 100, 101: 200} {
		if got := niceStep(x); got < want*0.999 || got > want*1.001 {
			t.Errorf("%v: %v, want %v", x, got, want)
		}
	}
}
