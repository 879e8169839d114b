package figure

import "strings"

// sectionAt reads the number of a section with which s begins, such as 168(k)(1),
// 280A, 1400Z-2(a) or, of regulations, 1.263(a)-3(k).
func sectionAt(s string) (base, path string, length int) {
	n := run(s, isDigit, 6)
	n += run(s[n:], isLetter, 3)
	dashes := n > 0 && !isDigit(s[n-1])
	if n > 0 && len(s) > n+1 && s[n] == '.' && isDigit(s[n+1]) {
		n++
		n += run(s[n:], isDigit, 6)
		n += run(s[n:], isLetter, 2)
		dashes = true
	}
	base = s[:n]
	n += subdivisions(s[n:])
	if dashes && len(s) > n+1 && s[n] == '-' && isDigit(s[n+1]) {
		n++
		n += run(s[n:], isDigit, 4)
		n += run(s[n:], isLetter, 2)
		n += subdivisions(s[n:])
	}
	return strings.ToLower(base), strings.ToLower(s[len(base):n]), n
}

// subdivisions returns the length of what s begins with of (a)(1)(B) and so on.
func subdivisions(s string) (length int) {
	for strings.HasPrefix(s[length:], "(") {
		inner := run(s[length+1:], isAlphanumeric, 5)
		if inner == 0 || !strings.HasPrefix(s[length+1+inner:], ")") {
			break
		}
		length += inner + 2
	}
	return length
}

// formLen returns the length of the name of a form with which s begins: 4562, W-2,
// 1099-NEC, W-8BEN-E; 0: there is none.
func formLen(s string) int {
	isCapital := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	n := run(s, isCapital, 3)
	if n > 0 && strings.HasPrefix(s[n:], "-") {
		n++
	}
	digits := run(s[n:], isDigit, 5)
	if digits == 0 {
		return 0
	}
	n += digits
	n += run(s[n:], isCapital, 4)
	for strings.HasPrefix(s[n:], "-") {
		part := run(s[n+1:], func(c byte) bool { return isCapital(c) || isDigit(c) }, 4)
		if part == 0 {
			break
		}
		n += 1 + part
	}
	return n
}

// run returns how many bytes s begins with that are of a kind, at most so many.
func run(s string, of func(byte) bool, most int) (n int) {
	for n < len(s) && n < most && of(s[n]) {
		n++
	}
	return n
}

func isAlphanumeric(c byte) bool { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isLetter(c byte) bool       { return 'a' <= c|0x20 && c|0x20 <= 'z' }
