package terminal

import (
	"os"
	"strconv"
	"strings"
	"unicode"
)

// Quote writes a word as a shell takes it.
func Quote(word string) string {
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

// isSpecial reports whether a character may mean something to a shell.
func isSpecial(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./=:,@%+", r)
}

// QuoteFile writes a file's name as an argument that no flag can be taken for.
func QuoteFile(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return Quote(path)
}

// QuoteID writes a row's id as the last argument.
func QuoteID(id string) string {
	if strings.HasPrefix(id, "-") {
		return "-- " + Quote(id)
	}
	return Quote(id)
}

// CommandLine returns the command as it was typed, to be typed again.
func CommandLine(args []string) string {
	words := []string{"bizbatch"}
	for _, a := range withoutHeaders(args) {
		words = append(words, typed(a))
	}
	return strings.Join(words, " ")
}

// typed returns an argument as it was written: the shell made a name of <(pass show
// bizora) that means nothing any more, and systemd one of its own credentials.
func typed(arg string) string {
	for _, prefix := range []string{"", "--api-key-file=", "--private-words="} {
		path, ok := strings.CutPrefix(arg, prefix)
		switch name, credential := Credential(path); {
		case !ok:
		case IsPipe(path):
			return prefix + "<(…)"
		case credential:
			return prefix + "${CREDENTIALS_DIRECTORY}/" + Quote(name)
		}
	}
	return Quote(arg)
}

// IsPipe reports whether path is that of a pipe that a shell made for this process.
func IsPipe(path string) bool {
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// Credential returns the name of a credential that systemd passed to this process,
// if the path is that of one.
func Credential(path string) (name string, ok bool) {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	name, ok = strings.CutPrefix(path, folder+"/")
	return name, ok && folder != ""
}

// withoutHeaders returns a command line as it may be shown: values of headers that
// it holds are left out.
func withoutHeaders(args []string) []string {
	shown := append([]string{}, args...)
	for i := range shown {
		prefix, given, ok := strings.Cut(shown[i], "--header=")
		if !ok || prefix != "" {
			prefix, given, ok = "", shown[i], i > 0 && shown[i-1] == "--header"
		} else {
			prefix = "--header="
		}
		name, value, _ := strings.Cut(given, ":")
		if ok && !strings.HasPrefix(strings.TrimSpace(value), "@") {
			shown[i] = prefix + name + ": …"
		}
	}
	return shown
}
