package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bizbatch/batch"
)

// A standing is how a run stands, as it is told.
type standing struct {
	last                batch.Progress
	rate                rate
	estimate            batch.Money   // of everything that this run set out to ask
	paused, pausedUntil time.Time     // the pause that is on, or was the last
	told                time.Duration // the last pause in the log,
	toldAt              time.Time     // when it was told,
	untold              int           // and how many pauses were not since
	note                string        // what it is waiting for; the time first, where there is little room
}

// longest reports whether a pause is longer than all that were told within an
// interval. A fast account may ask for ten short ones a second.
func (s *standing) longest(pause, interval time.Duration) bool {
	now := time.Now()
	if pause <= s.told && now.Sub(s.toldAt) < interval {
		s.untold++
		return false
	}
	s.told, s.toldAt = pause, now
	return true
}

// A part is something that stands beside the bar. Where there is no room for all
// parts, those of a lower rank are left out.
type part struct {
	rank int // 1 is the highest
	text string
}

// text returns what stands beside the bar: what was spent and what failed even where
// there is little room.
func (s *standing) text(now time.Time, room int) string {
	p := s.last
	money := part{1, p.Spent.String()}
	parts := []part{{3, s.waiting(now)}, {4, ""}, {5, Short(now.Sub(s.rate.begun).Truncate(time.Second)) + " elapsed"}, money, {7, fmt.Sprintf("%d in flight", p.InFlight)}, {2, ""}, {8, ""}}
	if left := s.timeLeft(now); left > 0 {
		parts[1].text = roughly(left) + " left"
	}
	if p.Failed > 0 {
		parts[5].text = fmt.Sprintf("%d failed", p.Failed)
	}
	if perMinute := s.rate.perMinute(s.clock(now)); perMinute > 0 {
		parts[6].text = fmt.Sprintf("%.*f a minute", places(perMinute), perMinute)
	}
	whole := slices.Clone(parts)
	whole[3].text = fmt.Sprintf("%s, %s to come", p.Spent, s.toCome())
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

// places returns the decimal places that a number is worth.
func places(n float64) int {
	if n < 10 {
		return 1
	}
	return 0
}

// waiting returns what everything waits for; empty: nothing.
func (s *standing) waiting(now time.Time) string {
	if s.note == "" && s.last.PausedUntil.After(now) {
		return "paused until " + s.last.PausedUntil.Format(time.TimeOnly)
	}
	return s.note
}

// timeLeft returns about how long the rest takes; 0: not known.
func (s *standing) timeLeft(now time.Time) time.Duration {
	if s.note != "" {
		return 0 // that depends on others
	}
	left := s.rate.left(s.clock(now), s.last.Total-s.last.Answered-s.last.Failed)
	if left > 0 {
		left += max(0, s.last.PausedUntil.Sub(now))
	}
	return left
}

// clock returns the time by which the rate goes. It stands still during a pause.
func (s *standing) clock(now time.Time) time.Time {
	if s.last.PausedUntil.After(now) && !s.paused.IsZero() {
		return s.paused
	}
	return now
}

// toCome returns about what the rest costs: the estimate, without what is spent and
// what the failed questions would have cost on average.
func (s *standing) toCome() batch.Money {
	p := s.last
	if p.Answered+p.Failed >= p.Total {
		return 0
	}
	return max(0, s.estimate-p.Spent-s.estimate*batch.Money(p.Failed)/batch.Money(p.Total))
}

// barWidth is that of the bar where there is room; its package makes it
// smaller where there is not. A line shorter than narrow has no room for it.
const (
	barWidth = 24
	narrow   = 80
)

// room returns how many characters the text beside the bar may have on a line of the
// width.
func (s *standing) room(width int) int {
	const around = len("  99% [] () ") + 1 // and the last column, where lines break
	room := width - around - len(fmt.Sprintf("%d/%d", s.last.Answered+s.last.Failed, s.last.Total))
	if width >= narrow {
		room -= barWidth / 2
	}
	return room
}
