package job

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"

	"bizbatch/internal/terminal"
)

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

// neighbours are the other checkpoints in a checkpoint's folder.
func neighbours(path string) (others []string) {
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir) // what cannot be listed holds nothing for us
	for _, f := range files {
		other := filepath.Join(dir, f.Name())
		if strings.HasSuffix(f.Name(), ".bizbatch") && !sameFile(other, path) {
			others = append(others, other)
		}
	}
	return others
}

// sameFile reports whether two names are those of one file, which need not
// exist.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB && a != "" && b != ""
}
