package terminal

import (
	"cmp"
	"fmt"
	"time"
	"unicode/utf8"

	"bizbatch/batch"
)

// text is what stands beside the bar, what matters most first. Where there is
// no room for a part of it, it is left out.
func (w *Progress) text(now time.Time, room int) string {
	p := w.last
	parts := []string{w.waiting(now)}
	if left := w.timeLeft(now); left > 0 {
		parts = append(parts, roughly(left)+" left")
	}
	parts = append(parts, fmt.Sprintf("%s, %s to come", p.Spent, w.toCome()), fmt.Sprintf("%d in flight", p.InFlight))
	if p.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", p.Failed))
	}
	if perMinute := w.rate.perMinute(now); perMinute > 0 {
		parts = append(parts, fmt.Sprintf("%.*f a minute", places(perMinute), perMinute))
	}
	text, used := "", 0
	for _, part := range parts {
		n := utf8.RuneCountInString(part)
		switch {
		case part == "":
		case text == "":
			text, used = part, n
		case used+3+n <= room:
			text, used = text+" · "+part, used+3+n
		}
	}
	if runes := []rune(text); len(runes) > room {
		text = string(runes[:max(0, room)])
	}
	return text
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
	left := w.rate.left(now, w.last.Total-w.last.Answered-w.last.Failed)
	if left > 0 {
		left += max(0, w.last.PausedUntil.Sub(now))
	}
	return left
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
