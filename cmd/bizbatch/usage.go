package main

import (
	"cmp"
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"bizbatch/internal/terminal"
)

// usages are the errors of kong that are written for programmers, and how they
// are told.
var usages = []struct {
	kong *regexp.Regexp
	told string
}{
	{regexp.MustCompile(`^expected "<(\w+)>.*$`), "$1 is missing"},
	{regexp.MustCompile(`^(--[\w-]+): expected \w+ value but got "EOL" .*$`), "$1 needs a value"},
	{regexp.MustCompile(`^(--[\w-]+): expected a valid \d+ bit int but got (.*)$`), "$1: $2 is not a whole number"},
	{regexp.MustCompile(`^(--[\w-]+): expected a float but got (".*?").*$`), "$1: $2 is not a number"},
	{regexp.MustCompile(`^(--[\w-]+): expected duration but got (".*?").*$`), "$1: $2 is not a duration, such as 90s, 15m or 5h"},
	{regexp.MustCompile(`^missing flags: (--[\w-]+)=.*$`), "$1 is missing"},
}

// enums matches what kong says of a flag or an argument that is one of a few
// words.
var enums = regexp.MustCompile(`^(--[\w-]+|<\w+>) must be one of (.*) but got (".*")$`)

// plainUsage returns the error of a wrong command line, in words for its user.
func plainUsage(err error) error {
	text := err.Error()
	for _, u := range usages {
		if u.kong.MatchString(text) {
			return errors.New(u.kong.ReplaceAllString(text, u.told))
		}
	}
	if m := enums.FindStringSubmatch(text); m != nil {
		var words []string
		for word := range strings.SplitSeq(m[2], ",") {
			if word = strings.Trim(word, `"`); word != "" { // the flag's default
				words = append(words, word)
			}
		}
		return errors.New(m[1] + " must be one of " + strings.Join(words, ", ") + ", not " + m[3])
	}
	return err
}

// helpFor names the help that tells more about a wrong command line, or the
// command that a question file alone wants.
func helpFor(app *kong.Application, args []string) string {
	first := cmp.Or(args...)
	if isCommand(app, first) {
		return "see bizbatch " + first + " --help"
	}
	if info, err := os.Stat(first); err == nil && info.Mode().IsRegular() {
		return "to ask its questions: bizbatch run " + terminal.QuoteFile(first)
	}
	return "see bizbatch --help"
}
