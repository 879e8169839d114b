package job

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bizbatch/checkpoint"
)

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
