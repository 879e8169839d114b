package main

import (
	"strings"
	"unicode"
)

// clean makes text safe to print on a terminal: control characters, and those
// that change the direction of what follows, become spaces. Names of files and
// text from the network may hold them.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsControl(r):
			return ' '
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return ' '
		}
		return r
	}, s)
}

// quote writes a word as a shell takes it.
func quote(word string) string {
	plain := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./=:,@%+", r))
	}) < 0
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// commandLine is the command as it was typed, to be typed again.
func commandLine(args []string) string {
	words := []string{"bizbatch"}
	for _, a := range args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}
