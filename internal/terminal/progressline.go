package terminal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bizbatch/batch"
)

// A part is something that stands beside the bar. Where there is no room for all
// parts, those of a lower rank are left out.
type part struct {
	rank int // 1 is the highest
	text string
}

// text is what stands beside the bar: what was spent and what failed even where
// there is little room.
func (w *Progress) text(now time.Time, room int) string {
	p := w.last
	money := part{1, p.Spent.String()}
	parts := []part{{3, w.waiting(now)}, {4, ""}, {5, Short(now.Sub(w.rate.begun).Truncate(time.Second)) + " elapsed"}, money, {7, fmt.Sprintf("%d in flight", p.InFlight)}, {2, ""}, {8, ""}}
	if left := w.timeLeft(now); left > 0 {
		parts[1].text = roughly(left) + " left"
	}
	if p.Failed > 0 {
		parts[5].text = fmt.Sprintf("%d failed", p.Failed)
	}
	if perMinute := w.rate.perMinute(w.clock(now)); perMinute > 0 {
		parts[6].text = fmt.Sprintf("%.*f a minute", places(perMinute), perMinute)
	}
	whole := slices.Clone(parts)
	whole[3].text = fmt.Sprintf("%s, %s to come", p.Spent, w.toCome())
	const needed = 4 // ranks that go before what is to come
	if fitting := fit(whole, room, needed); fitting != "" {
		return fitting
	}
	return fit(parts, room, 0)
}

// fit joins the parts that there is room for, by rank. It returns "" where the
// first needed ranks do not fit; where needed is 0 and not even the first part fits,
// it is cut.
func fit(parts []part, room, needed int) string {
	ranked := slices.SortedFunc(slices.Values(parts), func(a, b part) int { return a.rank - b.rank })
	const gap = 3 // columns between two parts
	used := -gap
	out := map[int]bool{}
	for _, part := range ranked {
		if part.text == "" {
			continue
		}
		n := gap + utf8.RuneCountInString(part.text)
		if used+n > room {
			if part.rank <= needed {
				return ""
			}
			if used < 0 {
				return string([]rune(part.text)[:max(0, room)])
			}
			out[part.rank] = true
			continue
		}
		used += n
	}
	var kept []string
	for _, part := range parts {
		if part.text != "" && !out[part.rank] {
			kept = append(kept, part.text)
		}
	}
	return strings.Join(kept, " · ")
}

// places are the decimal places that a number is worth.
func places(n float64) int {
	if n < 10 {
		return 1
	}
	return 0
}

// waiting is what everything waits for; empty: nothing.
func (w *Progress) waiting(now time.Time) string {
	if w.note == "" && w.last.PausedUntil.After(now) {
		return "paused until " + w.last.PausedUntil.Format(time.TimeOnly)
	}
	return w.note
}

// timeLeft is about how long the rest takes; 0: not known.
func (w *Progress) timeLeft(now time.Time) time.Duration {
	if w.note != "" {
		return 0 // that depends on others
	}
	left := w.rate.left(w.clock(now), w.last.Total-w.last.Answered-w.last.Failed)
	if left > 0 {
		left += max(0, w.last.PausedUntil.Sub(now))
	}
	return left
}

// clock is the time by which the rate goes. It stands still during a pause.
func (w *Progress) clock(now time.Time) time.Time {
	if w.last.PausedUntil.After(now) && !w.paused.IsZero() {
		return w.paused
	}
	return now
}

// toCome is about what the rest costs: the estimate, without what is spent and
// what the failed questions would have cost on average.
func (w *Progress) toCome() batch.Money {
	p := w.last
	if p.Answered+p.Failed >= p.Total {
		return 0
	}
	return max(0, w.estimate-p.Spent-w.estimate*batch.Money(p.Failed)/batch.Money(p.Total))
}

// barWidth is that of the bar where there is room; its package makes it
// smaller where there is not. A line shorter than narrow has no room for it.
const (
	barWidth = 24
	narrow   = 80
)

// room is how many characters the text beside the bar may have.
func (w *Progress) room() int {
	const around = len("  99% [] () ") + 1 // and the last column, where lines break
	width := cmp.Or(columns(w.printer.err), narrow)
	room := width - around - len(fmt.Sprintf("%d/%d", w.last.Answered+w.last.Failed, w.last.Total))
	if width >= narrow {
		room -= barWidth / 2
	}
	return room
}
