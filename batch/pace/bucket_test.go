package pace

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A bucket is what an account has left, and how it is filled.
type bucket struct {
	rate, size, tokens float64
	last               time.Time
}

// take reports whether the account lets a request in.
func (b *bucket) take(now time.Time) bool {
	b.tokens = min(b.size, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// ask has a trace know of a request and of what the bucket did with it, and returns when
// there may be the next: at once, or exactly when the bucket has one.
func (b *bucket) ask(tr *trace, sent, arrives time.Time) time.Time {
	tr.Sent = append(tr.Sent, sent)
	if b.take(arrives) {
		return sent
	}
	wait := max(1, time.Duration((1-b.tokens)/b.rate*float64(time.Second)))
	tr.refused(sent, wait)
	return sent.Add(wait)
}

// What a bucket did is explained by that bucket, whatever it was asked for: the pace
// that it has is among those that are left.
func TestATraceIsExplainedByItsBucket(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := math.Exp(rapid.Float64Range(math.Log(0.05), math.Log(50)).Draw(rt, "rate"))
		size := float64(rapid.IntRange(1, 10).Draw(rt, "size"))
		now := time.Now()
		b := &bucket{rate: rate, size: size, tokens: size, last: now}
		var tr trace
		seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		for range rapid.IntRange(1, 12).Draw(rt, "changes of the pace") {
			gap := seconds(rapid.Float64Range(0.3, 3).Draw(rt, "distance") / rate)
			for range rapid.IntRange(1, 20).Draw(rt, "requests") {
				now = now.Add(gap)
				if next := b.ask(&tr, now, now); next.After(now) {
					now = next
					break
				}
			}
		}
		tr.settle(now)
		spans := len(tr.Spans)
		if lo, hi, _ := tr.explain(); lo > rate || hi < rate || len(tr.Spans) != spans {
			rt.Fatalf("between %v and %v a second, want %v among them; %+v", lo, hi, rate, tr.Spans)
		}
	})
}

// A limit that was lowered is explained once what was before is forgotten.
func TestATraceForgetsWhatNoBucketExplains(t *testing.T) {
	now := time.Now()
	var tr trace
	b := &bucket{rate: 1, size: 1, tokens: 1, last: now}
	for _, rate := range []float64{1, 0.25} {
		b.rate = rate
		for range 40 {
			now = now.Add(time.Second)
			now = b.ask(&tr, now, now)
		}
	}
	if lo, hi, _ := tr.explain(); lo > 0.25 || hi < 0.25 || hi > 0.4 {
		t.Errorf("between %v and %v a second, want 0.25", lo, hi)
	}
}

// What others left of a limit was little; once they have left, there is more. That is no
// slow bucket that saves up very many.
func TestWhatOthersLeftIsForgotten(t *testing.T) {
	now := time.Now()
	tr := trace{Size: 2, Cut: true}
	send := func(n int, gap time.Duration) {
		for range n {
			now = now.Add(gap)
			tr.in(now)
		}
	}
	for range 2 {
		send(1, 15*time.Second)
		tr.refused(now.Add(10*time.Second), 0)
	}
	send(5, 25*time.Second)
	send(7, 6*time.Second)
	send(7, 2*time.Second)
	send(20, time.Second)
	send(3, 300*time.Millisecond) // an account that gives one a second, and saves up three
	tr.refused(now.Add(300*time.Millisecond), 0)
	if lo, hi, _ := tr.explain(); lo < 0.6 || lo > 1.1 {
		t.Errorf("between %v and %v a second, want 1; %+v", lo, hi, tr.Spans)
	}
}

// A request that was late on its way, so that the next was refused, lowers the pace
// hardly: most requests hold it.
func TestALateRequestSaysLittle(t *testing.T) {
	now := time.Now()
	var tr trace
	b := &bucket{rate: 20, size: 1, tokens: 1, last: now}
	for i := range 200 {
		now = now.Add(51 * time.Millisecond)
		arrives := now
		if i == 100 {
			arrives = arrives.Add(15 * time.Millisecond)
		}
		now = b.ask(&tr, now, arrives)
	}
	tr.settle(now)
	if lo, hi, _ := tr.explain(); lo < 19 || lo > 20 || hi < 20 {
		t.Errorf("between %v and %v a second, want 20; %+v", lo, hi, tr.Spans)
	}
}

// Of two requests that are sent at once, the first may be refused and the second let in.
func TestTwoRequestsAtOnceArriveInAnyOrder(t *testing.T) {
	now := time.Now()
	tr := trace{Sent: []time.Time{now, now.Add(time.Millisecond)}}
	tr.refused(now, time.Second)
	tr.settle(now.Add(time.Second))
	if s := tr.Spans; len(s) != 1 || s[0].In != 1 || s[0].Refused == 0 {
		t.Errorf("%+v, want one span that ends with the refusal", s)
	}
	if lo, hi, size := tr.explain(); lo > 1.1 || hi < 1 || size < 1 {
		t.Errorf("between %v and %v a second, saving up %v: want 1 a second", lo, hi, size)
	}
}

// Of two that are refused, the later may be heard of first.
func TestARefusalThatIsHeardLateIsNotLetIn(t *testing.T) {
	now := time.Now()
	sent := []time.Time{now, now.Add(time.Millisecond), now.Add(10 * time.Millisecond)}
	tr := trace{Sent: slices.Clone(sent)}
	tr.refused(sent[2], time.Second)
	tr.refusedToo(sent[1])
	if lo, hi, size := tr.explain(); lo > 1.1 || hi < 20 || size != 1 {
		t.Errorf("between %v and %v a second, saving up %v: want 1 to 20 and more, and 1; %+v", lo, hi, size, tr.Spans)
	}
}

// Where the service asks for a wait of a few milliseconds, what is sent after it is not
// sent at once with what was refused.
func TestARequestAfterAShortWaitIsNotSentAtOnce(t *testing.T) {
	now := time.Now()
	tr := trace{Sent: []time.Time{now, now.Add(5 * time.Millisecond)}}
	tr.refused(now, 2*time.Millisecond)
	tr.settle(now.Add(time.Second))
	if s := tr.Spans; len(s) != 2 || s[1].In != 1 {
		t.Errorf("%+v, want a span of its own for the second", s)
	}
}
