package job

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

	"bizbatch/checkpoint"
	"bizbatch/internal/disk"
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

// neighbours returns the other checkpoints in a checkpoint's folder.
func neighbours(path string) (others []string) {
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir) // what cannot be listed holds nothing for us
	for _, f := range files {
		other := filepath.Join(dir, f.Name())
		if strings.HasSuffix(f.Name(), ".bizbatch") && !disk.SameFile(other, path) {
			others = append(others, other)
		}
	}
	return others
}

// openedBy names the other programs that have a checkpoint open, where the
// system tells (Linux, and only of those that this user may look at): one of
// them may have locked it.
func openedBy(path string) (lines []string) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil
	}
	files := checkpoint.Files(real)
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*") // of a sound pattern
	seen := map[string]bool{strconv.Itoa(os.Getpid()): true}
	for _, fd := range open {
		pid := strings.Split(fd, "/")[2]
		target, err := os.Readlink(fd)
		if err != nil || seen[pid] || !slices.Contains(files, target) {
			continue
		}
		seen[pid] = true
		name, _ := os.ReadFile("/proc/" + pid + "/comm") // it may have ended
		lines = append(lines, fmt.Sprintf("process %s (%s) has it open", pid, strings.TrimSpace(string(name))))
	}
	return lines
}
