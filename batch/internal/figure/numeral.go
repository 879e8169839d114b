package figure

import (
	"math"
	"strings"
)

// A numeral is a number as it is written.
type numeral struct {
	len     int
	value   int64 // in ten-thousandths; -1: it is too large or too exact to tell
	grouped bool  // it has commas
}

// numberAt reads the numeral with which s begins, such as 1,220,000 or 0.9 or .5.
func numberAt(s string) (n numeral) {
	digits := func(most int) (end int) {
		for end = n.len; end < len(s) && end-n.len < most && isDigit(s[end]); end++ {
			n.add(s[end])
		}
		return end
	}
	n.len = digits(len(s))
	for n.len > 0 && n.len+4 <= len(s) && s[n.len] == ',' && isGroup(s[n.len+1:]) {
		n.grouped = true
		n.len++
		n.len = digits(3)
	}
	decimals := 0
	if n.len+1 < len(s) && s[n.len] == '.' && isDigit(s[n.len+1]) {
		n.len++
		from := n.len
		n.len = digits(len(s))
		decimals = n.len - from
	}
	for ; decimals < 4; decimals++ {
		n.add('0')
	}
	if decimals > 4 {
		n.value = -1
	}
	return n
}

// isGroup reports whether s begins with three digits, and no more.
func isGroup(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

func (n *numeral) add(digit byte) {
	if n.value < 0 || n.value > (math.MaxInt64-9)/10 {
		n.value = -1
		return
	}
	n.value = n.value*10 + int64(digit-'0')
}

// times returns the values that the numeral can have: none, if it cannot be told.
func (n numeral) times(factor int64) []int64 {
	if n.value < 0 || n.value > math.MaxInt64/factor {
		return nil
	}
	return []int64{n.value * factor}
}

func (n numeral) hundredth() []int64 {
	if n.value < 0 || n.value%100 != 0 {
		return nil
	}
	return []int64{n.value / 100}
}

// scales are the words that multiply a number. The short ones stand directly behind
// a number of dollars.
var scales = []struct {
	word   string
	factor int64
	short  bool
}{
	{" thousand", 1_000, false}, {" million", 1_000_000, false}, {" billion", 1_000_000_000, false}, {" trillion", 1_000_000_000_000, false},
	{"-thousand", 1_000, false}, {"-million", 1_000_000, false}, {"-billion", 1_000_000_000, false}, {"-trillion", 1_000_000_000_000, false},
	{"k", 1_000, true}, {"mm", 1_000_000, true}, {"m", 1_000_000, true}, {"bn", 1_000_000_000, true}, {"b", 1_000_000_000, true},
}

// scaleOf returns the word with which s begins that multiplies the number before it.
func scaleOf(s string, dollar bool) (factor int64, length int) {
	for _, scale := range scales {
		if scale.short && !dollar {
			break
		}
		if n := unitLen(s, scale.word); n > 0 {
			return scale.factor, n
		}
	}
	return 1, 0
}

// unitLen returns the length of the one of the units with which s begins, in any
// case, if it ends there as a word does.
func unitLen(s string, units ...string) int {
	for _, unit := range units {
		if n := len(unit); len(s) >= n && strings.EqualFold(s[:n], unit) && (len(s) == n || !isLetter(unit[n-1]) || !isLetter(s[n]) && !isDigit(s[n])) {
			return n
		}
	}
	return 0
}

// rangeTo returns the values of a number whose scale follows the next one: $1-2
// million.
func rangeTo(rest string, n numeral) []int64 {
	rest, joined := joiner(rest, "-", " - ", " to ", " and ", " or ")
	rest = strings.TrimPrefix(rest, "$")
	if !joined || rest == "" || !isDigit(rest[0]) {
		return nil
	}
	factor, _ := scaleOf(rest[numberAt(rest).len:], true)
	if factor == 1 {
		return nil
	}
	return n.times(factor)
}

// percentFollows reports whether a number is the first of a range of percentages,
// such as 10-20%.
func percentFollows(rest string) bool {
	rest, joined := joiner(rest, "-", " - ", " to ")
	if !joined || rest == "" || !isDigit(rest[0]) {
		return false
	}
	return unitLen(rest[numberAt(rest).len:], "%", " %", " percent", "-percent", " per cent") > 0
}

// joiner takes from s the one of the words with which it begins.
func joiner(s string, words ...string) (rest string, ok bool) {
	for _, word := range words {
		if rest, ok = strings.CutPrefix(s, word); ok {
			return rest, true
		}
	}
	return s, false
}
