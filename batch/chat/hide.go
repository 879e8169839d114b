package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// placeholder stands where the key stood.
const placeholder = "(the key)"

// hideAll replaces every secret in s.
func hideAll(secrets []string, s string) string {
	for _, secret := range secrets {
		s = hide(secret, s)
	}
	return s
}

// hide replaces the key in s, also where some of its characters are written as
// JSON escapes, or as escapes of JSON in a string of JSON: parts of an answer are
// kept as they were sent. A key of less than 8 characters is a placeholder, and
// may be a word.
func hide(key, s string) string {
	if len(key) < 8 {
		return s
	}
	if strings.Contains(s, key[len(key)-8:]) { // a longer word takes longer to look for
		s = strings.ReplaceAll(s, key, placeholder)
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
			out.WriteString(placeholder)
			rest = rest[n:]
			continue
		}
		_, n := character(rest)
		out.WriteString(rest[:n])
		rest = rest[n:]
	}
	return out.String()
}

// beginsWith returns the length of the key, escaped or not, at the beginning of
// JSON, or 0.
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

// character returns the first byte of JSON, unescaped, and how long it is written. A
// character that is not ASCII is a backslash and what follows it.
func character(json string) (c byte, length int) {
	n := backslashes(json)
	rest := json[n:]
	switch {
	case n == 0:
		return json[0], 1
	case rest == "":
	case rest[0] == '"' || rest[0] == '/':
		return rest[0], n + 1
	case rest[0] == 'u' && len(rest) >= 5:
		c, err := strconv.ParseUint(rest[1:5], 16, 16)
		if err == nil && c < utf8.RuneSelf {
			return byte(c), n + 5
		}
	}
	return '\\', n
}

// backslashes returns how long the backslashes at the beginning of JSON are. A
// string may hold JSON of its own, and so on: there each of them is written as
// two, or as an escape.
func backslashes(json string) (n int) {
	const escape = "u005c"
	for n < len(json) {
		switch {
		case json[n] == '\\':
			n++
		case n > 0 && len(json) >= n+len(escape) && strings.EqualFold(json[n:n+len(escape)], escape):
			n += len(escape)
		default:
			return n
		}
	}
	return n
}
