package job

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// A keptFile is an output that somebody edited, and where it is now.
type keptFile struct {
	Output string `json:"output"`
	As     string `json:"as"`
	// Unknown says that it is not known what bizbatch wrote there last: an older
	// version did, or a checkpoint that is gone.
	Unknown bool `json:"unknown,omitempty"`
}

// wroteThat reports whether bizbatch wrote a content to an output, from this
// checkpoint or another one in its folder, by its digest.
func wroteThat(store batch.Checkpoint, out, content string) bool {
	wrote := func(s batch.Checkpoint) bool {
		known, _, err := s.Output(out)
		return err == nil && slices.Contains(strings.Fields(known), content)
	}
	if wrote(store) {
		return true
	}
	return slices.ContainsFunc(neighbours(store.Path()), func(path string) bool {
		other, err := checkpoint.Peek(path)
		if err != nil {
			return false // it tells nothing
		}
		defer other.Close()
		return wrote(other)
	})
}

// keep gives a file another name: questions.answers.csv becomes
// questions.answers.edited-2026-11-25-153000.csv, beside the file that a link
// leads to.
func keep(out string, now time.Time) (kept string, err error) {
	if real, err := filepath.EvalSymlinks(out); err == nil {
		out = real
	}
	folder, name := filepath.Split(out)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for mark, n := ".edited-"+now.Format("2006-01-02-150405"), 2; ; n++ {
		kept = folder + shorten(stem, longestName-len(mark)-len(ext)) + mark + ext
		_, err := os.Lstat(kept)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if err != nil {
			if os.Link(out, kept) == nil { // the file has both names until the new one takes its own
				return kept, nil
			}
			return kept, os.Rename(out, kept) // where there are no links
		}
		mark = fmt.Sprintf(".edited-%s-%d", now.Format("2006-01-02-150405"), n)
	}
}

// longestName is how long a file's name may be on most systems, in bytes.
const longestName = 255

// shorten cuts a text to so many bytes, in whole characters.
func shorten(s string, most int) string {
	for len(s) > max(most, 0) {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// unnoted says what follows from a note that could not be made.
func unnoted(out string) string {
	return fmt.Sprintf("the checkpoint could not note what is in %s: the next command that writes it asks for --force, or keeps a copy of it", out)
}

// line says what became of an edited file.
func (k keptFile) line() string {
	if k.Unknown {
		return fmt.Sprintf("it is not known whether somebody edited %s: what was there is now in %s", k.Output, k.As)
	}
	return fmt.Sprintf("%s was not as bizbatch wrote it: what was there is now in %s", k.Output, k.As)
}
