package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"
)

// Count is a number and its noun.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Enumerate lists the first few: "4, 7 and 12 more".
func Enumerate(words []string) string {
	const most = 10
	s := strings.Join(words[:min(most, len(words))], ", ")
	if more := len(words) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
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

// OneLine is a text with a space for each run of white space and of characters
// that a terminal obeys.
func OneLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Cut is a text as far as it has room, in columns of a terminal.
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
