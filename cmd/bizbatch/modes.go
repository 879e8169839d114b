package main

import (
	"fmt"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
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

// byMode lists counts by ask mode: " (fast 38, deep 4)".
func byMode(counts map[string]int) string {
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

// spent is an amount, and what of it went to each ask mode if there are
// several: "$2.22 (fast $0.72, deep $1.50)".
func spent(sum batch.Money, by map[batch.AskMode]batch.Money) string {
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
