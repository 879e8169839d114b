package main

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text safe to print on a terminal, in one line: control
// characters, those that break lines and those that change the direction of
// what follows become spaces. Names of files and text from the network may
// hold them.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if isObeyed(r) {
			return ' '
		}
		return r
	}, s)
}

// isObeyed reports a character that a terminal does not show but obeys.
func isObeyed(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// A jsonWriter escapes in JSON the characters that a terminal obeys, as far as
// JSON itself leaves them as they are. To programs it says the same.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	b := make([]byte, 0, len(p))
	for _, r := range string(p) {
		if r > '~' && isObeyed(r) {
			b = fmt.Appendf(b, `\u%04x`, r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	if _, err := j.w.Write(b); err != nil {
		return 0, err
	}
	return len(p), nil
}

// jsonLog logs in JSON.
func jsonLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(jsonWriter{w}, nil)) }

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
	for _, a := range withoutHeaders(args) {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}
