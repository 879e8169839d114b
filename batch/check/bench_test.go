package check_test

import (
	"strings"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// long is an answer of n paragraphs.
func long(n int) *batch.Answer {
	const paragraph = "For 2024, “the aggregate cost which may be taken into account” under § 179(b)(1) is $1,000,000 {1}, " +
		"and “no amount of any kind at all” is over $7,000,000 or 51% {2}. See Form 4562.{2}\n\n"
	return answer(strings.Repeat(paragraph, n), code, notice)
}

// The time that it takes grows as the answer does.
func TestTimeIsLinear(t *testing.T) {
	took := func(a *batch.Answer) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			check.Of(a, "What is § 179?")
			best = min(best, time.Since(began))
		}
		return best
	}
	const times = 8
	for name, of := range map[string]func(n int) *batch.Answer{
		"prose":        func(n int) *batch.Answer { return long(n / 200) },
		"brackets":     func(n int) *batch.Answer { return answer("{1}"+strings.Repeat("[", n), code) },
		"links":        func(n int) *batch.Answer { return answer("{1}"+strings.Repeat("](", n/2), code) },
		"quotes":       func(n int) *batch.Answer { return answer("{1}"+strings.Repeat(`"a `, n/3), code) },
		"open quotes":  func(n int) *batch.Answer { return answer("{1}"+strings.Repeat("“", n/3), code) },
		"fences":       func(n int) *batch.Answer { return answer("{1}"+strings.Repeat("```\n~~~~\n", n/9), code) },
		"full stops":   func(n int) *batch.Answer { return answer("{1}"+strings.Repeat(".", n), code) },
		"stops, cited": func(n int) *batch.Answer { return answer(strings.Repeat(". {1}", n/40), code) },
		"digits":       func(n int) *batch.Answer { return answer("{1} $"+strings.Repeat("1", n), code) },
		"letters":      func(n int) *batch.Answer { return answer("{1} "+strings.Repeat("a.", n/2), code) },
		"dollars":      func(n int) *batch.Answer { return answer(strings.Repeat("$1-", n/3)+"{1}", code) },
	} {
		const size = 100_000
		if short, big := took(of(size)), took(of(times*size)); big > 4*times*short+time.Millisecond {
			t.Errorf("%s: %v for an answer that is %d times as long as one of %v", name, big, times, short)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	for name, paragraphs := range map[string]int{"an answer": 12, "ten of them": 120} {
		a := long(paragraphs)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(a.Text)))
			for b.Loop() {
				check.Of(a, "What is § 179?")
			}
		})
	}
}
