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

// The time that it takes grows as the answer does: that of one eight times as long
// is far from 64 times as long. The best of some tries counts, as the machine may
// be busy.
func TestTimeIsLinear(t *testing.T) {
	took := func(a *batch.Answer) time.Duration {
		began := time.Now()
		check.Of(a, "What is § 179?")
		return time.Since(began)
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
		const size, tries = 20_000, 100
		best, short, big := time.Hour, of(size), of(times*size)
		bestShort := best
		for range tries {
			bestShort, best = min(bestShort, took(short)), min(best, took(big))
			if best < 2*times*bestShort {
				break
			}
		}
		if best >= 2*times*bestShort {
			t.Errorf("%s: %v for an answer that is %d times as long as one of %v", name, best, times, bestShort)
		}
	}
}

// BenchmarkOf checks an answer as long as a recorded one, whose excerpts are of 3 KB,
// and one ten times as long with the same excerpts.
func BenchmarkOf(b *testing.B) {
	for name, paragraphs := range map[string]int{"an answer": 9, "one ten times as long": 90} {
		a := long(paragraphs)
		for _, s := range a.Sources {
			s["text"] = quote(strings.Repeat(s.Excerpt()+"\n", 3_000/len(s.Excerpt())))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(a.Text)))
			for b.Loop() {
				check.Of(a, "What is § 179?")
			}
		})
	}
}
