package terminal

import (
	"fmt"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/batch/check"
	"bizbatch/checkpoint"
)

// modesIn are the ask modes in the order in which they are told, Bizora's cheapest
// first. One without a name is not told.
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

// Spent is an amount, and what of it went to each ask mode if there are
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
		example := []rune(strings.TrimLeft(strings.TrimPrefix(g.Error, g.Reason), ": "))
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
		return Count(n, "answer") + " cut at the model's length limit (status truncated)"
	case status == batch.Refused:
		return Count(n, "answer") + " refused by the service's content filter (status refused)"
	case status == batch.EndedUnclear:
		return Count(n, "answer") + " ended with a finish reason that is not known (status unclear)"
	case n == 1:
		return "1 answer is empty (status empty)"
	}
	return fmt.Sprintf("%d answers are empty (status empty)", n)
}

// ToLookAt says in how many answers there is something to look at, and what.
func ToLookAt(n, answered int, by map[string]int) string {
	return fmt.Sprintf("%d of %s to look at (column checks): %s", n, Count(answered, "answer"), check.Tally(by))
}

// Reused says where answers were taken over from.
func Reused(r checkpoint.Reused) string {
	return fmt.Sprintf("%s taken over from %s", Count(r.Answers, "answer"), r.Checkpoint)
}

func RowIDs(list []checkpoint.Flight) string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.RowID)
	}
	return Enumerate(ids)
}
