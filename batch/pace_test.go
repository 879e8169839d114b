package batch

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A bucket is a service that lets rate requests a second through, burst at
// once.
type bucket struct {
	rate, burst, tokens float64
	last                time.Time
	others              time.Time // others take everything in the half minute before
}

// take says whether a request gets through, and if not when the next would.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	if wait := b.others.Sub(now); wait > 0 && wait < 30*time.Second {
		return 2 * time.Second, false
	}
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	return time.Duration(math.Ceil((1-b.tokens)/b.rate)) * time.Second, false
}

type flight struct {
	sent, back time.Time
	wait       time.Duration // of a 429; 0: answered
}

type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].back.Before(f[j].back) }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any          { old := *f; x := old[len(old)-1]; *f = old[:len(old)-1]; return x }

// simulate runs a pacer against a bucket in virtual time, and returns, for the
// time after the warm-up, the share of the permitted requests that got through
// and the share of the sent that were throttled.
//
// Every request arrives late, by a random time up to jitter.
func simulate(p *pacer, b *bucket, workers int, latency, roundTrip, jitter, warmUp, total time.Duration) (used, throttled float64) {
	t0 := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	b.last = t0
	if !b.others.IsZero() {
		b.others = t0.Add(warmUp)
	}
	now, end := t0, t0.Add(total)
	random := rand.New(rand.NewPCG(1, 2))
	var arrival time.Time
	var inFlight flights
	var ok, refused int
	for now.Before(end) {
		if len(inFlight) < workers && !p.ready().After(now) {
			p.started(now)
			arrival = later(arrival, now.Add(roundTrip/2+time.Duration(random.Float64()*float64(jitter))))
			wait, through := b.take(arrival)
			f := flight{sent: now, back: now.Add(latency), wait: wait}
			if !through {
				f.back = now.Add(roundTrip)
			}
			heap.Push(&inFlight, f)
			if now.Sub(t0) > warmUp {
				if through {
					ok++
				} else {
					refused++
				}
			}
			continue
		}
		if len(inFlight) > 0 && (len(inFlight) == workers || inFlight[0].back.Before(p.ready())) {
			f := heap.Pop(&inFlight).(flight)
			now = later(now, f.back)
			if f.wait > 0 {
				p.throttled(now, f.sent, f.wait, false)
			} else {
				p.answered()
			}
			continue
		}
		now = later(now, p.ready())
	}
	permitted := b.rate * (total - warmUp).Seconds()
	permitted = min(permitted, float64(workers)/latency.Seconds()*(total-warmUp).Seconds())
	return float64(ok) / permitted, float64(refused) / float64(ok+refused)
}

func TestPacerFindsTheLimit(t *testing.T) {
	for _, rate := range []float64{5, 10, 20, 50} {
		for _, burst := range []float64{1, 10} {
			for _, latency := range []time.Duration{200 * time.Millisecond, 4 * time.Second} {
				for _, rtt := range []time.Duration{time.Millisecond, 100 * time.Millisecond} {
					jitter := 200 * time.Microsecond
					name := fmt.Sprintf("%v a second, burst %v, answers of %v, round trip %v", rate, burst, latency, rtt)
					t.Run(name, func(t *testing.T) {
						p := &pacer{maxPause: time.Minute}
						used, throttled := simulate(p, &bucket{rate: rate, burst: burst, tokens: burst}, 64, latency, rtt, jitter, time.Minute, 10*time.Minute)
						t.Logf("%5.1f %% of the permitted rate, %4.1f %% throttled", 100*used, 100*throttled)
						if used < 0.95 || throttled > 0.05 {
							t.Errorf("%.1f %% of the permitted rate (want 95), %.1f %% throttled (want 5 at most)", 100*used, 100*throttled)
						}
					})
				}
			}
		}
	}
}

// Another run may have used up what the account allows when this one begins.
func TestPacerRecoversFromA429AtTheStart(t *testing.T) {
	for _, rate := range []float64{0.1, 1, 5, 50} {
		for _, workers := range []int{1, 8, 64} {
			t.Run(fmt.Sprintf("%v a second, %d workers", rate, workers), func(t *testing.T) {
				p := &pacer{maxPause: time.Minute}
				used, _ := simulate(p, &bucket{rate: rate, burst: 1}, workers, 200*time.Millisecond, time.Millisecond, 0, 0, 5*time.Minute)
				t.Logf("%5.1f %% of the permitted rate", 100*used)
				if used < 0.7 {
					t.Errorf("%.1f %% of the permitted rate in the first minutes, want 70", 100*used)
				}
			})
		}
	}
}

// Others may use up all that the account allows, for a while.
func TestPacerRecoversWhenOthersLeave(t *testing.T) {
	for _, workers := range []int{1, 32} {
		p := &pacer{maxPause: time.Minute}
		b := &bucket{rate: 10, burst: 1, tokens: 1, others: time.Unix(1, 0)}
		used, _ := simulate(p, b, workers, 200*time.Millisecond, time.Millisecond, 0, 2*time.Minute, 5*time.Minute)
		t.Logf("%d workers: %5.1f %% of the permitted rate", workers, 100*used)
		if used < 0.8 {
			t.Errorf("%d workers: %.1f %% of the permitted rate in the minutes after, want 80", workers, 100*used)
		}
	}
}
