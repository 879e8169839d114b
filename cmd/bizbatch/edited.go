package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bizbatch/checkpoint"
)

// A keptFile is an output that somebody edited, and where it is now.
type keptFile struct {
	Output string `json:"output"`
	As     string `json:"as"`
}

// wroteThat reports a content that bizbatch wrote to an output, from this
// checkpoint or another one in its folder, by its digest.
func wroteThat(store *checkpoint.Store, out, content string) bool {
	wrote := func(s *checkpoint.Store) bool {
		known, _, err := s.Output(s.Rel(out))
		return err == nil && slices.Contains(strings.Fields(known), content)
	}
	if wrote(store) {
		return true
	}
	return slices.ContainsFunc(neighbours(store.Path()), func(path string) bool {
		other, err := checkpoint.View(path)
		if err != nil {
			return false // it tells nothing
		}
		defer other.Close()
		return wrote(other)
	})
}

// forced reports a file of others that is overwritten by force.
func forced(store *checkpoint.Store, out string, force bool) bool {
	known, _, err := store.Output(store.Rel(out))
	return force && err == nil && known == "" && !oursByName(out)
}

// keep gives a file another name: questions.answers.csv becomes
// questions.answers.edited-2026-11-25-153000.csv, beside the file that a link
// leads to.
func keep(out string, now time.Time) (kept string, err error) {
	if real, err := filepath.EvalSymlinks(out); err == nil {
		out = real
	}
	ext := filepath.Ext(out)
	name := strings.TrimSuffix(out, ext) + ".edited-" + now.Format("2006-01-02-150405")
	kept = name + ext
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			if err := os.Link(out, kept); err == nil { // until the new file has the name
				return kept, nil
			}
			return kept, os.Rename(out, kept) // where there are no links
		}
		kept = fmt.Sprintf("%s-%d%s", name, n, ext)
	}
}

// line says what became of an edited file.
func (k keptFile) line() string {
	return fmt.Sprintf("%s was not as bizbatch wrote it: what was there is now in %s", k.Output, k.As)
}
