package bizora

import (
	"strconv"
	"strings"
)

const hidden = "(the key)"

// hide replaces the key in s, also where some of its characters are written as
// JSON escapes: parts of an answer are kept as they were sent. A key of less
// than 8 characters is a placeholder, and may be a word.
func hide(key, s string) string {
	if len(key) < 8 {
		return s
	}
	if strings.Contains(s, key[len(key)-8:]) { // a longer word takes longer to look for
		s = strings.ReplaceAll(s, key, hidden)
	}
	if strings.Contains(s, `\u00`) || strings.ContainsAny(key, `"\/`) && strings.Contains(s, `\`) {
		return hideEscaped(key, s)
	}
	return s
}

// hideEscaped goes through JSON, or a part of it, character by character.
func hideEscaped(key, s string) string {
	var out strings.Builder
	for rest := s; rest != ""; {
		if n := beginsWith(rest, key); n > 0 {
			out.WriteString(hidden)
			rest = rest[n:]
			continue
		}
		_, n := character(rest)
		out.WriteString(rest[:n])
		rest = rest[n:]
	}
	return out.String()
}

// beginsWith is the length of the key, escaped or not, at the beginning of
// JSON; 0 where it is not there.
func beginsWith(json, key string) (n int) {
	for i := range len(key) {
		if n == len(json) {
			return 0
		}
		c, length := character(json[n:])
		if c != key[i] {
			return 0
		}
		n += length
	}
	return n
}

// character is the first byte of JSON, unescaped, and how long it is written. A
// character that no key can hold is 0.
func character(json string) (c byte, length int) {
	if json[0] != '\\' || len(json) == 1 {
		return json[0], 1
	}
	switch c := json[1]; c {
	case '"', '\\', '/':
		return c, 2
	case 'u':
		if len(json) >= 6 {
			if n, err := strconv.ParseUint(json[2:6], 16, 8); err == nil {
				return byte(n), 6
			}
		}
	}
	return 0, 2
}
