package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/check"
	"bizbatch/checkpoint"
	"bizbatch/internal/prose"
)

// modesIn returns the ask modes in the order in which they are told, Bizora's
// cheapest first. One without a name is not told.
func modesIn[K ~string, V any](by map[K]V) (modes []K) {
	for _, mode := range bizora.AskModes.Modes {
		if _, ok := by[K(mode.Name)]; ok {
			modes = append(modes, K(mode.Name))
		}
	}
	return modes
}

// ByMode lists counts by ask mode: " (fast 38, deep 4)".
func ByMode(counts map[string]int) string {
	var parts []string
	for _, mode := range modesIn(counts) {
		if n := counts[mode]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", mode, n))
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Spent returns an amount, and what of it went to each ask mode if there are
// several: "$2.22 (fast $0.72, deep $1.50)".
func Spent(sum batch.Money, by map[batch.AskMode]batch.Money) string {
	var parts []string
	for _, mode := range modesIn(by) {
		if m := by[mode]; m > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", mode, m))
		}
	}
	if len(parts) < 2 {
		return sum.String()
	}
	return fmt.Sprintf("%s (%s)", sum, strings.Join(parts, ", "))
}

// Reasons lists the commonest causes of failures, each with an example:
// "3: 400 invalid_request_error, such as question Q7: the question is too vague".
func Reasons(groups []checkpoint.FailureGroup) (list []string) {
	const most, longest = 5, 100
	for _, g := range groups[:min(most, len(groups))] {
		line := fmt.Sprintf("%d: %s, such as question %s", g.Count, g.Reason, g.RowID)
		example := []rune(strings.TrimLeft(strings.TrimPrefix(g.Error, g.Reason), ":, "))
		if len(example) > longest {
			example = append(example[:longest], '…')
		}
		if len(example) > 0 {
			line += ": " + string(example)
		}
		list = append(list, line)
	}
	if more := len(groups) - most; more > 0 {
		list = append(list, fmt.Sprintf("and for %d other reasons", more))
	}
	return list
}

// Ending says of how many answers that they did not end as they should.
func Ending(status batch.Status, n int) string {
	switch {
	case status == batch.Truncated:
		return prose.Count(n, "answer") + " cut at the model's length limit (status truncated)"
	case status == batch.Refused:
		return prose.Count(n, "answer") + " refused by the service's content filter (status refused)"
	case status == batch.EndedUnclear:
		return prose.Count(n, "answer") + " ended with a finish reason that is not known (status unclear)"
	case n == 1:
		return "1 answer is empty (status empty)"
	}
	return fmt.Sprintf("%d answers are empty (status empty)", n)
}

// ToLookAt says in how many answers there is something to look at, and what.
func ToLookAt(n, answered int, by map[string]int) string {
	return fmt.Sprintf("%d of %s to look at (column checks): %s", n, prose.Count(answered, "answer"), check.Tally(by))
}

// Reused says where answers were taken over from.
func Reused(r checkpoint.Reused) string {
	return fmt.Sprintf("%s taken over from %s", prose.Count(r.Answers, "answer"), r.Checkpoint)
}

func RowIDs(list []checkpoint.Flight) string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.RowID)
	}
	return prose.Enumerate(ids)
}

// Short writes 15m0s as 15m.
func Short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// roughly writes a time that is only estimated: 40s, 12m, 3h20m.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return Short(max(d.Round(5*time.Second), 5*time.Second))
	case d < time.Hour:
		return Short(d.Round(time.Minute))
	}
	return Short(d.Round(10 * time.Minute))
}

// Cut returns a text as far as it has room, in columns of a terminal.
func Cut(s string, width int) string {
	if len(s) <= width {
		return s
	}
	var b strings.Builder
	used, state := 0, -1
	for rest := s; rest != ""; {
		var cluster string
		var n int
		cluster, rest, n, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += n; used > width || used == width && rest != "" {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		b.WriteString(cluster)
	}
	return s
}
