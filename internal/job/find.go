package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"

	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// View opens a checkpoint for reading. The path may also be that of
// the question file, whose checkpoint is beside it; then it is changed to the
// checkpoint's.
func View(path *string) (*checkpoint.Store, error) {
	store, err := checkpoint.View(*path)
	if errors.Is(err, checkpoint.ErrNotCheckpoint) || errors.Is(err, os.ErrNotExist) {
		for _, suffix := range []string{".bizbatch", ".sandbox.bizbatch"} {
			if _, missing := os.Stat(*path + suffix); missing == nil {
				*path += suffix
				store, err = checkpoint.View(*path)
				break
			}
		}
	}
	if isFolder(*path) {
		return nil, exit.Usage(fmt.Errorf("%s is a folder", *path), "name a checkpoint in it; bizbatch status, run in that folder without a name, lists them")
	}
	if errors.Is(err, checkpoint.ErrNotCheckpoint) && !strings.HasSuffix(*path, ".bizbatch") {
		return nil, exit.Usage(fmt.Errorf("%s has no checkpoint", *path), "run it first: bizbatch run "+terminal.QuoteFile(*path))
	}
	if err != nil {
		return nil, storeError(err, *path)
	}
	return store, nil
}

// isFolder reports whether there is a folder at path.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// didYouMean returns a hint that names the file in the folder of path whose
// name is nearly the same, and ends with suffix; empty where there is none.
func didYouMean(path, suffix string) string {
	const typos = 2
	entries, _ := os.ReadDir(filepath.Dir(path)) // a folder that cannot be read offers nothing
	name, best, least := filepath.Base(path), "", typos+1
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		if n := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(e.Name())); n < least {
			best, least = e.Name(), n
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + terminal.QuoteFile(filepath.Join(filepath.Dir(path), best)) + "?"
}
