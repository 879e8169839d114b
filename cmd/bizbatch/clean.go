package main

import (
	"strconv"
	"strings"
	"unicode"
)

// clean makes text safe to print on a terminal, in one line: control
// characters, those that break lines and those that change the direction of
// what follows become spaces. Names of files and text from the network may
// hold them.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, s)
}

// quote writes a word as a shell takes it.
func quote(word string) string {
	switch {
	case strings.ContainsFunc(word, unicode.IsControl): // such as a line break in a template
		word = strconv.Quote(word)
		word = strings.ReplaceAll(word[1:len(word)-1], `\"`, `"`)
		return "$'" + strings.ReplaceAll(word, "'", `\'`) + "'"
	case word == "" || strings.ContainsFunc(word, isSpecial):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// isSpecial reports a character that may mean something to a shell.
func isSpecial(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./=:,@%+", r)
}

// quoteFile writes a file's name as an argument that no flag can be taken for.
func quoteFile(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return quote(path)
}

// quoteID writes a row's id as the last argument.
func quoteID(id string) string {
	if strings.HasPrefix(id, "-") {
		return "-- " + quote(id)
	}
	return quote(id)
}

// commandLine is the command as it was typed, to be typed again.
func commandLine(args []string) string {
	words := []string{"bizbatch"}
	for _, a := range args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}
