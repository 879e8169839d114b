package diff_test

import (
	"strings"
	"testing"
	"time"

	"bizbatch/batch/diff"
)

// The time that it takes grows as the answers do: that of two eight times as long is
// far from 64 times as long. The best of some tries counts, as the machine may be busy.
func TestTimeIsLinear(t *testing.T) {
	for name, of := range map[string]func(n int) (old, new string){
		"prose": func(n int) (string, string) {
			return strings.Repeat(prose, n/len(prose)), strings.Repeat(prose, n/len(prose)) + "$7."
		},
		"numbers": func(n int) (string, string) { return strings.Repeat("1 a 22 ", n/7), strings.Repeat("1 a 23 ", n/7) },
		"acts":    func(n int) (string, string) { return strings.Repeat("Act ", n/4), strings.Repeat("v. Act ", n/7) },
		"nots": func(n int) (string, string) {
			return strings.Repeat("not a. B ", n/9), strings.Repeat("not c. D ", n/9)
		},
		"words": func(n int) (string, string) {
			return strings.Repeat("five hundred ", n/13), strings.Repeat("one ", n/4)
		},
		"months": func(n int) (string, string) { return strings.Repeat("May 1 ", n/6), strings.Repeat("May 2, ", n/7) },
	} {
		took := func(n int) time.Duration {
			old, new := of(n)
			began := time.Now()
			diff.Compare(diff.Answer{Text: old}, diff.Answer{Text: new})
			diff.Words(old, new)
			return time.Since(began)
		}
		const size, times, tries = 20_000, 8, 40
		best, bestShort := time.Hour, time.Hour
		for range tries {
			bestShort, best = min(bestShort, took(size)), min(best, took(times*size))
			if best < 3*times*bestShort {
				break
			}
		}
		if best >= 3*times*bestShort {
			t.Errorf("%s: %v for answers that are %d times as long as those of %v", name, best, times, bestShort)
		}
	}
}

const prose = "For 2024, the deduction under § 179(b)(1) is limited to $1,220,000. It does not apply to land. See Rev. Proc. 2023-34 and Form 4562.\n\n"

// BenchmarkCompare compares an answer of 6 KB with one that says the same in other words
// and has one figure changed.
func BenchmarkCompare(b *testing.B) {
	var old strings.Builder
	for _, text := range answers(b) {
		old.WriteString(text)
	}
	was := old.String()
	is := strings.NewReplacer("deduction", "write-off", "is limited to", "is capped at", "§ ", "section ", "$1,220,000", "$1,250,000", "taxpayer", "filer").Replace(was)
	b.SetBytes(int64(len(was)))
	for b.Loop() {
		if diff.Compare(diff.Answer{Text: was}, diff.Answer{Text: is}).Class != diff.Changed {
			b.Fatal("nothing changed")
		}
	}
}
