package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"bizbatch/batch/private"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
)

// checkPrivateParams refuses private text in --param where the questions' is masked or
// refused.
func (c *runCmd) checkPrivateParams(params map[string]json.RawMessage, words []string) error {
	if c.Private == job.WarnPrivate {
		return nil
	}
	finder := private.NewFinder(words)
	for name, value := range params {
		m := private.Mask{Finder: finder}
		if m.Text(string(value)); m.Originals != nil {
			return exit.Unsent(exit.Usage(fmt.Errorf("--param %s holds what looks like %s", name, m.Kinds()[0].Name()), "leave it out, or send it with --private warn"))
		}
	}
	return nil
}

// privateWords returns the lines of the file of --private-words, but for empty
// ones and those that begin with #.
func (c *runCmd) privateWords() (words []string, err error) {
	if c.PrivateWords == "" {
		return nil, nil
	}
	lines, err := textLines(c.PrivateWords)
	if err != nil {
		return nil, exit.Unsent(exit.Usage(fmt.Errorf("--private-words: %w", err), "name a text file with a word or a phrase on each line"))
	}
	return slices.DeleteFunc(lines, func(line string) bool { return line[0] == '#' }), nil
}

// textLines returns the lines of a text file that are not empty, without the white
// space around them.
func textLines(path string) (lines []string, err error) {
	content, err := os.ReadFile(path)
	if err == nil && !utf8.Valid(content) {
		err = fmt.Errorf("%s is not UTF-8", path)
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(strings.TrimPrefix(string(content), "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
