package pace

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the service does, and however clocks are set, the pace is a number, and a run that
// was not told to wait sends again.
func TestThePaceIsANumber(t *testing.T) {
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	rapid.Check(t, func(rt *rapid.T) {
		now := time.Now()
		b := New(32, 15*time.Minute, nil, now)
		for range rapid.IntRange(1, 30).Draw(rt, "stretches") {
			refused := rapid.Bool().Draw(rt, "refused")
			wait := seconds(rapid.SampledFrom([]float64{0, 0, 0, 1, 30}).Draw(rt, "wait"))
			takes := seconds(rapid.Float64Range(0.01, 2).Draw(rt, "takes"))
			now = now.Add(seconds(rapid.SampledFrom([]float64{0, 0, 0, -5, -200}).Draw(rt, "set")))
			for range rapid.IntRange(1, 30).Draw(rt, "requests") {
				others := rapid.IntRange(0, 8).Draw(rt, "others")
				at, _ := b.Next(others)
				if ahead := at.Sub(now); b.Until.Before(now) && ahead > 1001*time.Hour {
					rt.Fatalf("the next is sent in %v", ahead)
				}
				now = later(now, at)
				sent := now
				b.Sent(sent, others)
				now = now.Add(takes)
				b.Heard(Reply{Sent: sent, At: now, Others: others, Refused: refused, Wait: wait})
				for _, pace := range []float64{b.Lo, b.Hi, b.Pace} {
					if math.IsNaN(pace) || math.IsInf(pace, 0) || pace < 0 {
						rt.Fatalf("lo %v, hi %v, pace %v", b.Lo, b.Hi, b.Pace)
					}
				}
			}
		}
	})
}
