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

// isEdited reports a file that is not as bizbatch wrote it, by the digest of its
// content: that of no file that this checkpoint, or another one in its folder,
// wrote there. One that is overwritten by force may be anybody's, unless it is
// known to have been ours.
func isEdited(store *checkpoint.Store, out, content string, force bool) bool {
	if content == "" {
		return false // there is none
	}
	known, ours, err := store.Output(outputName(store, out))
	if err == nil && force && (!ours || known == "") && !oursByName(out) {
		return false
	}
	wrote := func(s *checkpoint.Store) bool {
		known, _, err := s.Output(outputName(s, out))
		return err == nil && slices.Contains(strings.Fields(known), content)
	}
	if wrote(store) {
		return false
	}
	for _, path := range neighbours(store.Path()) {
		other, err := checkpoint.View(path)
		if err != nil {
			continue // it tells nothing
		}
		found := wrote(other)
		_ = other.Close() // nothing was written
		if found {
			return false
		}
	}
	return true
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
